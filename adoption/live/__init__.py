"""What live connectors share: the base class and the memory of recent messages."""
