"""Running the command line: inside this process, and as a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from adoption.cli import main

COMMAND = Path(sys.executable).with_name("adoption")
"""The entry point that installing the product makes."""


class Adoption:
    """``adoption --home HOME ...`` with what it printed and how it ended."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def __call__(self, *arguments: object, stdin: str | bytes | None = None) -> Result:
        """Run a command inside this process; an unexpected error is raised here."""
        words = ["--home", str(self.home), *(str(argument) for argument in arguments)]
        result = CliRunner().invoke(main, words, input=stdin)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    def fine(self, *arguments: object, stdin: str | bytes | None = None) -> Result:
        """Run a command that has to succeed."""
        result = self(*arguments, stdin=stdin)
        assert result.exit_code == 0, result.output
        return result

    def json(self, *arguments: object) -> Any:
        """What a command prints with ``--json``."""
        return json.loads(self.fine(*arguments, "--json").stdout)

    def start(
        self, *arguments: object, env: Mapping[str, str] | None = None
    ) -> subprocess.Popen[str]:
        """Start a process of its own, which Ctrl-C reaches even where tests run in the background."""
        return subprocess.Popen(
            [str(COMMAND), "--home", str(self.home), *(str(argument) for argument in arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            env={**os.environ, **(env or {})},
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )


def refusal(result: Result, code: int, *words: str) -> str:
    """Check that a command ended with a clear message and its exit code; returns the message."""
    assert result.exit_code == code, result.output
    said: str = result.stderr
    assert "Traceback" not in said
    assert "adoption: " in said
    message = said[said.index("adoption: ") :]
    for word in words:
        assert word in message
    return message


@pytest.fixture
def cli(tmp_path: Path) -> Adoption:
    """The command line on a data folder that does not exist yet."""
    return Adoption(tmp_path / "home")


@pytest.fixture
def at() -> Callable[[Path], Adoption]:
    """The command line on a given data folder."""
    return Adoption
