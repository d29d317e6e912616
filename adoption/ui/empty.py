"""Designed states for when there is nothing to show: each says why and what to do next."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from adoption.privacy import Released
from adoption.ui import parts


def no_data() -> None:
    """The first visit: nothing has been read yet."""
    with st.container(border=True):
        st.subheader("Nothing has been read yet", anchor=False)
        st.markdown(
            "Go to **Connectors** to import an export of your network (Viva Engage, Slack, "
            "Mattermost, or a table) or to connect one. To look around first, run "
            "`adoption demo`: it makes a sample hospital network."
        )
        st.page_link(
            Path(__file__).parent / "pages" / "connectors.py",
            label="Open connectors",
            icon=":material/cable:",
        )


def nothing_to_draw(figures: Released) -> None:
    """A chart without a single point: say why."""
    notes = [cell.note for cell in (figures.total, *figures.rows) if cell.note]
    st.caption(notes[0] if notes else "There is nothing to show for this choice.")
    parts.left_out(figures)
