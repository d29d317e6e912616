"""The adoption tracker: how an internal social network is adopted, and what people object to."""

__version__ = "0.1.0"
