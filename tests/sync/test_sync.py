"""Streams into the store: rows and checkpoint together, whatever happens on the way."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

import adoption.sync
from adoption.connector import Checkpoint, Page
from adoption.errors import AccessError, InterruptedRunError, SettingsError, SourceError, StoreError
from adoption.model import Person
from adoption.store import Counts, Store
from adoption.sync import RunResult, sync
from tests.store.build import ask, message
from tests.sync.conftest import NETWORK, Watched
from tests.sync.scripted import Metered, Scripted, Waiting, page


def never() -> bool:
    """Nobody cancels."""
    return False


def run(
    store: Store, connector: Scripted, progress: Watched | None = None, **more: bool
) -> RunResult:
    """Sync without cancelling."""
    return sync(store, NETWORK, connector, progress=progress or Watched(), cancelled=never, **more)


def three_pages(stream: str, since: Checkpoint | None) -> Iterator[Page]:
    """Three people, then three pages of two messages, from the checkpoint on."""
    if stream == "people":
        yield page([Person("ann", department="A"), Person("bob"), Person("cy")], 1)
        return
    for number in range(since.data["at"] if since else 0, 3):
        yield page(
            [message(f"{number}a"), message(f"{number}b")], number + 1, skipped=1, notes=["A note"]
        )


@pytest.fixture
def every_page_commits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make each page a batch of its own."""
    monkeypatch.setattr(adoption.sync, "BATCH_ROWS", 1)


def test_streams_are_read_in_order_and_the_run_is_recorded(store: Store, progress: Watched) -> None:
    connector = Scripted(three_pages)
    result = run(store, connector, progress)
    assert result.state == "finished"
    assert result.rows == {"people": Counts(3), "messages": Counts(6)}
    assert (result.skipped, result.notes) == (3, ("A note",))
    assert progress.told == [
        ("people", 3, None),
        ("messages", 2, None),
        ("messages", 4, None),
        ("messages", 6, None),
    ]
    (record,) = store.control.runs()
    assert (record.id, record.state, record.rows) == (result.run, "finished", result.rows)
    assert record.ended_at is not None
    assert connector.closed == 1
    assert store.control.checkpoint(NETWORK, "messages") == Checkpoint(1, {"at": 3})
    assert ask(store, "SELECT count(*) FROM messages") == [(6,)]


def test_small_pages_are_committed_together(store: Store) -> None:
    before = store.control.published()
    result = run(store, Scripted(three_pages))
    assert before is not None
    assert result.snapshot == before.id + 1


@pytest.mark.parametrize(
    ("limit", "value", "commits"),
    [("BATCH_ROWS", 4, 2), ("BATCH_CHARACTERS", 20, 2), ("BATCH_SECONDS", 0.0, 4)],
)
def test_a_batch_ends_by_rows_text_or_time(
    store: Store, monkeypatch: pytest.MonkeyPatch, limit: str, value: float, commits: int
) -> None:
    monkeypatch.setattr(adoption.sync, limit, value)
    before = store.control.published()
    assert before is not None
    assert run(store, Scripted(three_pages)).snapshot == before.id + commits


def test_progress_uses_the_measure_of_the_source(store: Store, progress: Watched) -> None:
    def script(stream: str, since: Checkpoint | None) -> Iterator[Page]:
        yield page([], done=500, total=1000)

    run(store, Scripted(script), progress)
    assert progress.told == [("people", 500, 1000), ("messages", 500, 1000)]


def test_the_next_run_goes_on_from_the_checkpoint_and_a_full_one_does_not(store: Store) -> None:
    run(store, Scripted(three_pages))
    again = run(store, Scripted(three_pages))
    assert again.rows == {"people": Counts(unchanged=3)}
    full = run(store, Scripted(three_pages), full=True)
    assert full.rows == {"people": Counts(unchanged=3), "messages": Counts(unchanged=6)}
    assert full.snapshot == again.snapshot


def test_a_stopped_run_keeps_what_was_read_and_can_be_resumed(store: Store) -> None:
    answers = iter([False, False, False, True])
    stopped = sync(
        store,
        NETWORK,
        Scripted(three_pages),
        progress=Watched(),
        cancelled=lambda: next(answers, True),
    )
    assert stopped.state == store.control.runs()[0].state == "stopped"
    assert ask(store, "SELECT count(*) FROM messages") == [(4,)]
    assert run(store, Scripted(three_pages)).rows["messages"] == Counts(2)


@pytest.mark.usefixtures("every_page_commits")
@pytest.mark.parametrize(
    "error", [SourceError("Line 3 is broken"), AccessError("The token expired")]
)
def test_a_failure_of_the_source_keeps_what_came_before(store: Store, error: SourceError) -> None:
    def script(stream: str, since: Checkpoint | None) -> Iterator[Page]:
        yield page([message("1")] if stream == "messages" else [], 1)
        if stream == "messages":
            raise error

    connector = Scripted(script)
    with pytest.raises(type(error)):
        run(store, connector)
    (record,) = store.control.runs()
    assert (record.state, record.error) == ("failed", str(error))
    assert record.ended_at is not None
    assert connector.closed == 1
    assert store.control.checkpoint(NETWORK, "messages") == Checkpoint(1, {"at": 1})
    assert ask(store, "SELECT message_id FROM messages") == [("1",)]


def test_pages_that_were_gathered_when_the_source_fails_are_committed(store: Store) -> None:
    def script(stream: str, since: Checkpoint | None) -> Iterator[Page]:
        yield page([message("1")], 1)
        raise SourceError("broken")

    with pytest.raises(SourceError):
        run(store, Scripted(script))
    assert ask(store, "SELECT message_id FROM messages") == [("1",)]


def test_a_bug_in_a_connector_is_a_source_error_without_its_text(store: Store) -> None:
    def script(stream: str, since: Checkpoint | None) -> Iterator[Page]:
        yield page([message("1")], 1)
        raise ValueError("secret words of a message")

    with pytest.raises(SourceError, match="Scripted network stopped with ValueError") as told:
        run(store, Scripted(script))
    (record,) = store.control.runs()
    assert record.state == "failed"
    assert "secret" not in record.error + str(told.value)


def test_rows_of_a_wrong_type_fail_the_run_and_leave_the_store_alone(store: Store) -> None:
    def script(stream: str, since: Checkpoint | None) -> Iterator[Page]:
        yield page([message("1", created_at="yesterday")], 1)

    with pytest.raises(SourceError):
        run(store, Scripted(script))
    assert store.control.runs()[0].state == "failed"
    assert ask(store, "SELECT count(*) FROM messages") == [(0,)]
    assert store.control.checkpoints() == []


@pytest.mark.usefixtures("every_page_commits")
def test_a_failure_of_the_store_fails_the_run(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def script(stream: str, since: Checkpoint | None) -> Iterator[Page]:
        (store.home / "lake" / "messages" / "_delta_log" / f"{0:020d}.json").write_text("torn")
        yield page([message("1")], 1)

    with pytest.raises(StoreError):
        run(store, Scripted(script))
    (record,) = store.control.runs()
    assert (record.state, "writing messages" in record.error) == ("failed", True)


def test_a_process_told_to_end_fails_the_run(store: Store) -> None:
    def script(stream: str, since: Checkpoint | None) -> Iterator[Page]:
        yield page([message("1")], 1)
        raise KeyboardInterrupt

    connector = Scripted(script)
    with pytest.raises(KeyboardInterrupt):
        run(store, connector)
    assert store.control.runs()[0].state == "failed"
    assert connector.closed == 1


def test_an_unknown_network_is_refused_and_the_connector_closed(store: Store) -> None:
    connector = Scripted(three_pages)
    with pytest.raises(SettingsError, match="no network called 'other'"):
        sync(store, "other", connector, progress=Watched(), cancelled=never)
    assert connector.closed == 1
    assert store.control.runs() == []


def test_a_second_sync_at_the_same_time_is_refused(store: Store) -> None:
    with store.writer("sync of viva"), pytest.raises(StoreError, match="sync of viva"):
        run(store, Scripted(three_pages))


def test_requests_and_waits_of_a_server_are_recorded(store: Store) -> None:
    def script(stream: str, since: Checkpoint | None) -> Iterator[Page]:
        connector.traffic.requests += 3
        connector.traffic.wait_seconds += 0.5
        yield page([], 1)

    connector = Metered(script)
    run(store, connector)
    (record,) = store.control.runs()
    assert (record.requests, record.wait_seconds) == (6, 1.0)


def test_a_stop_ends_a_wait_for_a_server(store: Store) -> None:
    def script(stream: str, since: Checkpoint | None) -> Iterator[Page]:
        yield page([message("1")], 1)
        waiting.set()
        assert connector.woken.wait(60), "the stop must reach the connector"
        raise InterruptedRunError("Stopped while waiting")

    waiting = threading.Event()
    connector = Waiting(script)
    stopped = sync(store, NETWORK, connector, progress=Watched(), cancelled=waiting.is_set)
    assert stopped.state == "stopped"
    assert ask(store, "SELECT message_id FROM messages") == [("1",)]


def test_a_connector_that_can_be_woken_need_not_be(store: Store) -> None:
    connector = Waiting(three_pages)
    assert run(store, connector).state == "finished"
    assert not connector.woken.is_set()


def test_an_interruption_that_nobody_asked_for_is_a_failure(store: Store) -> None:
    def script(stream: str, since: Checkpoint | None) -> Iterator[Page]:
        yield page([message("1")], 1)
        raise InterruptedRunError("Stopped")

    with pytest.raises(InterruptedRunError):
        run(store, Scripted(script))
    assert store.control.runs()[0].state == "failed"


def test_equal_notes_are_kept_once_and_not_without_end(store: Store) -> None:
    def script(stream: str, since: Checkpoint | None) -> Iterator[Page]:
        for number in range(300):
            yield page([], 1, notes=[f"Note {number}", "The same note"])

    notes = run(store, Scripted(script)).notes
    assert len(notes) == len(set(notes)) == adoption.sync.KEPT_NOTES
