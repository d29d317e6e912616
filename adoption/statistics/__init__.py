"""Statistics on series of figures: intervals, control charts, effects, change points."""
