"""What is printed for people: wide enough for its tables, also when it goes into a file."""

from __future__ import annotations

import sys

import click
from rich.console import Console

PLAIN_WIDTH = 140


def examples(*lines: str) -> str:
    """The end of a command's help: how it is called, line by line as written."""
    return "\b\n" + "\n".join(("Examples:", *(f"  {line}" for line in lines)))


def console(*, stderr: bool = False) -> Console:
    """A console of the terminal's width, or a wide one where there is no terminal."""
    stream = sys.stderr if stderr else sys.stdout
    return Console(stderr=stderr, width=None if stream.isatty() else PLAIN_WIDTH, highlight=False)


def say(text: str) -> None:
    """One line for the person at the terminal, beside what a script reads."""
    click.echo(text, err=True)
