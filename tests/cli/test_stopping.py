"""Ctrl-C: what was committed stays, nothing is half done, and the same command finishes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest

from adoption.errors import InterruptedRunError, SettingsError, SourceError
from adoption.schedule import interval_seconds, repeat
from adoption.stopping import stoppable
from tests.cli.conftest import Adoption
from tests.service.rows import contents
from tests.service.talk import ORDINARY, write_talk

MANY = 30_000


def wait_for(process: subprocess.Popen[str], words: str) -> str:
    """Read what a process says until these words come."""
    assert process.stderr is not None
    said = ""
    for line in process.stderr:
        said += line
        if words in line:
            return said
    raise AssertionError(f"{words!r} never came: {said}")


def test_an_import_that_is_stopped_keeps_whole_pages_and_finishes_later(
    cli: Adoption, tmp_path: Path
) -> None:
    many = write_talk(tmp_path / "many.csv", [ORDINARY] * MANY, authors=50)
    cli.fine("init")
    process = cli.start("import", many)
    wait_for(process, "messages: ")
    process.send_signal(signal.SIGINT)
    _, said = process.communicate()
    assert process.returncode == 130, said
    assert "Run the same command again" in said
    assert "Traceback" not in said
    rows = contents(cli.home).rows["table"]
    assert 0 < rows.messages < MANY
    cli.fine("import", many)
    assert contents(cli.home).rows["table"].messages == MANY


def test_flagging_that_is_stopped_at_once_shows_nothing_half_done(unflagged: Path) -> None:
    cli = Adoption(unflagged)
    waiting = contents(unflagged).unflagged
    process = cli.start("flag", "--profile", "lite")
    wait_for(process, "flag: 0 of")
    for _ in range(2):
        process.send_signal(signal.SIGINT)
        time.sleep(0.1)
    _, said = process.communicate()
    assert process.returncode == 130, said
    assert "Traceback" not in said
    left = contents(unflagged).unflagged
    assert 0 < left <= waiting
    cli.fine("flag", "--profile", "lite")
    assert contents(unflagged).unflagged == 0


def test_a_pipe_passes_lines_on_while_it_is_open(cli: Adoption) -> None:
    process = cli.start("flag", "--file", "-", "--out", "-")
    given = "".join(json.dumps({"id": n, "text": ORDINARY}) + "\n" for n in range(3))
    out, said = process.communicate(given)
    assert process.returncode == 0, said
    assert [json.loads(line)["id"] for line in out.splitlines()] == ["0", "1", "2"]


def test_a_reader_that_goes_away_is_no_error(home: Path) -> None:
    with Adoption(home).start("metrics") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""


def test_sync_that_repeats_ends_at_ctrl_c(cli: Adoption, tmp_path: Path) -> None:
    talk = write_talk(tmp_path / "talk.csv")
    cli.fine("connect", "add", "table", "--network", "talk", "--set", f"path={talk}")
    process = cli.start("sync", "--every", "1h", "--no-flag")
    wait_for(process, "talk: finished")
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate()
    assert process.returncode == 130, said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("text", "seconds"), [("60s", 60), ("15m", 900), ("2 H", 7200), ("1d", 86400)]
)
def test_times_of_repeating_are_read(text: str, seconds: int) -> None:
    assert interval_seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "5", "59s", "0m", "-1h", "soon", "15 minutes"])
def test_times_too_short_or_none_are_refused(text: str) -> None:
    with pytest.raises(SettingsError) as caught:
        interval_seconds(text)
    assert "15m" in caught.value.next_step


def test_repeating_survives_what_may_pass_and_ends_when_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    rounds: list[str] = []
    waits: list[float] = []

    def action() -> None:
        rounds.append("round")
        if len(rounds) == 1:
            raise SourceError("The server is down", where="chat", next_step="Wait")
        if len(rounds) == 3:
            raise InterruptedRunError("Stopped")

    with pytest.raises(InterruptedRunError):
        repeat(action, 900, wait=waits.append)
    assert len(rounds) == 3
    assert waits == [900, 900]
    assert "The server is down" in caplog.text


def signalled(*signals: int, said: list[str] | None = None) -> list[bool]:
    """Answers to "was I told to stop?" before and after signals, until an exception ends it."""
    answers: list[bool] = []
    said = [] if said is None else said
    with stoppable(said.append) as stopped:
        answers.append(stopped())
        for number in signals:
            os.kill(os.getpid(), number)
            time.sleep(0.01)
    return answers


def test_the_first_signal_asks_and_the_second_insists() -> None:
    assert signalled() == [False]
    for number in (signal.SIGINT, signal.SIGTERM):
        with pytest.raises(InterruptedRunError) as caught:
            signalled(number)
        assert "Run the same command again" in caught.value.next_step
    said: list[str] = []
    with pytest.raises(InterruptedRunError):
        signalled(signal.SIGINT, said=said)
    assert said == ["Stopping at the next safe point; Ctrl-C again ends at once."]
    with pytest.raises(KeyboardInterrupt):
        signalled(signal.SIGINT, signal.SIGINT)


def test_outside_the_main_thread_nothing_is_caught() -> None:
    answers: list[bool] = []
    said: list[str] = []

    def work() -> None:
        with stoppable(said.append) as stopped:
            answers.append(stopped())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert answers == [False]
