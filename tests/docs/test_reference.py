"""The reference pages name what exists: every command, option, setting, variable and exit code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import click
import pytest

import adoption
from adoption import errors
from adoption.cli import main
from adoption.connections import Connection
from adoption.connector import connector_types
from adoption.secrets import Keeper, variable_name
from adoption.settings import HOME_VARIABLE

DOCS = Path(adoption.__file__).resolve().parent.parent / "docs"
CLI = (DOCS / "cli.md").read_text("utf-8")
ERRORS = (DOCS / "errors.md").read_text("utf-8")


def commands(group: click.Group, path: str = "adoption") -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, with the words that call it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
        elif command is not None:
            yield f"{path} {name}", command


COMMANDS = dict(commands(main))


def section(words: str) -> str:
    """What the reference says about a command."""
    found = re.search(rf"^#+ `{re.escape(words)}`\n(.*?)(?=^#|\Z)", CLI, re.DOTALL | re.MULTILINE)
    assert found, f"docs/cli.md has no section on {words}"
    return found[1]


@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_has_a_section_with_an_example(words: str) -> None:
    assert f"\n{words}" in section(words)


@pytest.mark.parametrize("words", COMMANDS)
def test_every_option_and_argument_is_in_the_section_of_its_command(words: str) -> None:
    text = section(words)
    for parameter in COMMANDS[words].params:
        names = parameter.opts if isinstance(parameter, click.Option) else [_shown(parameter)]
        assert any(f"`{name}" in text for name in names), names


def test_no_section_is_about_a_command_that_is_gone() -> None:
    described = set(re.findall(r"^#+ `(adoption [a-z -]+)`$", CLI, re.MULTILINE))
    assert described == set(COMMANDS)


def test_no_option_is_described_that_is_gone() -> None:
    known = {"--help", "--version", "--home"}
    known |= {
        name for c in COMMANDS.values() for p in c.params for name in (*p.opts, *p.secondary_opts)
    }
    assert set(re.findall(r"`(--[a-z-]+)", CLI)) <= known


def test_every_exit_code_is_explained_with_its_error() -> None:
    for name, kind in vars(errors).items():
        if isinstance(kind, type) and issubclass(kind, errors.AdoptionError):
            assert f"`{name}`" in ERRORS
            assert re.search(rf"^\| {kind.exit_code} \|", ERRORS, re.MULTILINE), name


def test_no_exit_code_is_explained_that_is_gone() -> None:
    known = {
        kind.exit_code
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.AdoptionError)
    }
    described = {int(code) for code in re.findall(r"^\| (\d+) \|", ERRORS, re.MULTILINE)}
    assert described == known | {0, 141}


def test_every_setting_of_a_connection_is_explained() -> None:
    for item in fields(Connection):
        if item.name != "network":
            assert f"`{item.name}`" in CLI


def test_the_variables_and_the_keepers_of_secrets_are_named() -> None:
    assert f"`{HOME_VARIABLE}`" in CLI
    assert variable_name("mattermost", "token") in CLI
    assert all(f"`{keeper.value}`" in CLI for keeper in Keeper)


def test_every_connector_is_named_somewhere() -> None:
    pages = "\n".join(page.read_text("utf-8") for page in DOCS.rglob("*.md"))
    for name in connector_types():
        assert f"`{name}`" in pages, name


def test_links_between_pages_lead_somewhere() -> None:
    for page in DOCS.rglob("*.md"):
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def _shown(argument: click.Parameter) -> str:
    return (argument.name or "").rstrip("_").upper()
