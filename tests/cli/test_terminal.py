"""On a terminal: bars for progress and questions for what is missing."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.cli.conftest import COMMAND, Adoption
from tests.service.talk import ORDINARY, write_talk

pty = pytest.importorskip("pty", reason="pseudo-terminals exist on POSIX only")


def on_a_terminal(
    home: Path, *arguments: object, answers: Mapping[str, str] | None = None
) -> tuple[int, str]:
    """Run a command on a pseudo-terminal, answering its questions; its exit code and output."""
    ours, theirs = pty.openpty()
    words = [str(COMMAND), "--home", str(home), *(str(argument) for argument in arguments)]
    process = subprocess.Popen(
        words,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "120"},
    )
    os.close(theirs)
    shown = b""
    open_questions = dict(answers or {})
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:
            break
        if not part:
            break
        shown += part
        for question, answer in list(open_questions.items()):
            if f"{question}: ".encode() in shown:
                del open_questions[question]
                time.sleep(0.2)
                os.write(ours, f"{answer}\n".encode())
    os.close(ours)
    return process.wait(), shown.decode("utf-8", "replace")


def test_progress_is_a_bar(cli: Adoption, tmp_path: Path) -> None:
    cli.fine("init")
    code, shown = on_a_terminal(cli.home, "import", write_talk(tmp_path / "t.csv", [ORDINARY] * 50))
    assert code == 0, shown
    assert "messages" in shown
    assert "━" in shown
    assert "\x1b[" in shown


def test_what_is_missing_is_asked_for_and_secrets_do_not_show(cli: Adoption) -> None:
    answers = {
        "Address of the server": "http://127.0.0.1:9",
        "Access token": "s3cret-token",
        "(keyring, environment, file)": "file",
    }
    command = ("connect", "add", "mattermost", "--network", "chat", "--no-test")
    code, shown = on_a_terminal(cli.home, *command, answers=answers)
    assert code == 0, shown
    assert "s3cret" not in shown
    assert "Connected chat" in shown
    assert "s3cret-token" in (cli.home / "secrets.json").read_text("utf-8")
    written = (cli.home / "config" / "connections.toml").read_text("utf-8")
    assert "s3cret-token" not in written
