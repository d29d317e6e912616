"""The command line: parse, call the service, print. No figure is computed here."""

from adoption.cli.main import main

__all__ = ["main"]
