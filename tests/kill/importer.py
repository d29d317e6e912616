"""What the kill test kills: a real importer that syncs, compacts and flags, page after page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path
from typing import ClassVar

import adoption.scoring
import adoption.store.writer
import adoption.sync
from adoption.connector import Capability, Checkpoint, Connector, Health, Page, Source, Stream
from adoption.model import (
    ActivityCount,
    AuthorKind,
    Community,
    CommunityKind,
    Message,
    MessageKind,
    Person,
    Reaction,
    Row,
)
from adoption.scoring import score
from adoption.sentiment import Comment, Verdict
from adoption.store import Network, Store
from adoption.sync import sync

NETWORK = "pages"
PAGES = 500
PAGE_ROWS = 12
START = datetime(2025, 1, 15, tzinfo=UTC)


def page_rows(number: int) -> list[Row]:
    """Page ``number``: new messages of one moment, and edits and deletions on an earlier page."""
    at = START + timedelta(hours=11 * number)
    rows: list[Row] = []
    if number % 5 == 0:
        rows.append(Community(f"page-{number}", f"Page {number}", CommunityKind.COMMUNITY))
        rows.append(Person(f"u{number % 37}", department=f"D{number % 3}", valid_from=at))
        rows.append(ActivityCount(f"u{number % 37}", at, "read", number))
    for place in range(PAGE_ROWS):
        rows.append(_message(number, place, f"page {number} message {place}"))
        rows.append(Reaction(f"{number}-{place}", at, f"u{place}", "like", at))
    if number >= 20:
        earlier = number - 20
        rows.append(_message(earlier, 0, f"edited by page {number}")._replace(edited_at=at))
        rows.append(_message(earlier, 1, "")._replace(deleted_at=at))
        rows.append(
            Reaction(f"{earlier}-0", START, "u0", "like", removed_at=at)._replace(
                message_at=START + timedelta(hours=11 * earlier)
            )
        )
    return rows


def _message(page: int, place: int, text: str) -> Message:
    return Message(
        f"{page}-{place}",
        f"page-{page}",
        f"{page}-0",
        f"{page}-0" if place else None,
        f"u{(page + place) % 37}",
        AuthorKind.PERSON,
        MessageKind.REPLY if place else MessageKind.POST,
        START + timedelta(hours=11 * page, seconds=place),
        text,
    )


class Pages(Connector):
    """Gives the pages after its checkpoint."""

    name = "pages"
    title = "Pages"
    source = Source.FILE
    summary = "Numbered pages."
    settings = ()
    streams = (Stream("everything", Message, ("id",)),)
    gives = frozenset(Capability)
    lacks: ClassVar[dict[Capability, str]] = {}

    def check(self) -> Health:
        return Health(True, "Well")

    def read(self, stream: Stream, since: Checkpoint | None) -> Iterator[Page]:
        first = int(since.data["next"]) if since else 0
        for number in range(first, PAGES):
            yield Page(page_rows(number), Checkpoint(1, {"next": number + 1}))


class EveryThird:
    """A detector that flags texts by their length."""

    version = "every-third"
    profile = "test"

    def judge(self, comments: Sequence[Comment]) -> list[Verdict]:
        return [self._verdict(len(comment.text) % 3 == 0) for comment in comments]

    def _verdict(self, hit: bool) -> Verdict:
        return Verdict(
            state="scored",
            stance="pushback" if hit else "neutral",
            pushback=0.9 if hit else 0.1,
            barrier="existing_channel" if hit else None,
            barriers=(("existing_channel", 0.9),),
            kind="objection" if hit else None,
            intensity=2 if hit else None,
            polarity=0.0,
            subjectivity=0.0,
            language="en",
            evidence=(),
            target="named",
            flag="flag" if hit else "pass",
            model=self.version,
        )


def quiet(stage: str, done: int, total: int | None, note: str = "") -> None:
    """No progress."""


def run_until_killed(home: Path, begun: Connection, flag_first: bool) -> None:
    """Say that work begins, then sync a few pages, flag, compact; each page a commit of its own.

    Some lives flag first, so that not only a sync finds what a dead sync left.
    """
    adoption.sync.BATCH_SECONDS = 0.0
    adoption.store.writer.SMALL_FILES = 1
    adoption.store.writer.CACHE_SECONDS = 0.0
    adoption.scoring.BATCH_MESSAGES = 50
    with Store.open(home) as store:
        begun.send("begun")
        for turn in count():
            if turn or not flag_first:
                sync_pages(store, 2 + turn % 5, full=store_is_complete(store))
            score(store, EveryThird(), progress=quiet, cancelled=lambda: False)


def sync_pages(store: Store, pages: int, *, full: bool = False) -> None:
    """Sync at most this many pages."""
    left = iter(range(pages - 1))
    sync(
        store,
        NETWORK,
        Pages({}),
        progress=quiet,
        cancelled=lambda: next(left, None) is None,
        full=full,
    )


def store_is_complete(store: Store) -> bool:
    """Whether all pages are in, so that only reading them again is left to do."""
    point = store.control.checkpoint(NETWORK, "everything")
    return point is not None and point.data["next"] == PAGES


def create(home: Path) -> None:
    """Make an empty store that knows the network."""
    with Store.open(home, create=True) as store:
        store.control.put_network(Network(NETWORK, "pages"))


def run_to_the_end(home: Path) -> None:
    """Sync and flag everything that is left."""
    with Store.open(home) as store:
        sync_pages(store, PAGES + 1)
        score(store, EveryThird(), progress=quiet, cancelled=lambda: False)
