"""Help that teaches: every command says what it does and shows how it is used."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from adoption.cli import main
from adoption.cli.main import EPILOG
from adoption.errors import AdoptionError

LONGEST_LINE = 100


def commands(group: click.Group = main, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command and group with the words that call it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield (*path, name)
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


def found(path: tuple[str, ...]) -> click.Command:
    """The command of these words."""
    command: click.Command = main
    for name in path:
        assert isinstance(command, click.Group)
        next_one = command.get_command(click.Context(command), name)
        assert next_one is not None
        command = next_one
    return command


ALL = sorted(commands())


def help_of(path: tuple[str, ...]) -> str:
    result = CliRunner().invoke(main, [*path, "--help"])
    assert result.exit_code == 0
    return result.output


def test_without_a_command_the_way_is_shown() -> None:
    words = CliRunner().invoke(main, []).output
    for step in ("demo", "init", "import export.zip", "flag", "dashboard", "report"):
        assert f"adoption {step}" in words
    assert EPILOG.strip().splitlines()[-1].strip() in words


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_command_says_what_it_does_and_shows_an_example(path: tuple[str, ...]) -> None:
    words = help_of(path)
    assert f"adoption {' '.join(path)}" in words.split("\n", 1)[1], "no example after the usage"
    assert found(path).short_help or found(path).help


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_option_is_explained(path: tuple[str, ...]) -> None:
    for parameter in found(path).params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_help_fits_a_terminal(path: tuple[str, ...]) -> None:
    assert max(len(line) for line in help_of(path).splitlines()) <= LONGEST_LINE


def test_the_help_names_every_exit_code() -> None:
    codes = {error.exit_code for error in AdoptionError.__subclasses__()}
    for code in codes:
        assert re.search(rf"\b{code} [a-z]", EPILOG), code


def test_the_version_is_told() -> None:
    assert CliRunner().invoke(main, ["--version"]).output.startswith("adoption, version ")


def test_an_unknown_command_is_a_mistake_in_the_command() -> None:
    assert CliRunner().invoke(main, ["fly"]).exit_code == 2
