"""A connector and a detector that do as a test tells them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from adoption.connector import Capability, Checkpoint, Connector, Health, Page, Source, Stream
from adoption.model import Message, Person, Row
from adoption.sentiment import Comment, Verdict

PEOPLE = Stream("people", Person, ("id",))
MESSAGES = Stream("messages", Message, ("id",))


def page(rows: Sequence[Row], at: int = 0, **more: object) -> Page:
    """A page whose checkpoint is a number."""
    return Page(rows, Checkpoint(1, {"at": at}), **more)  # type: ignore[arg-type]


class Scripted(Connector):
    """Gives what ``script`` yields for a stream and checkpoint."""

    name = "scripted"
    title = "Scripted network"
    source = Source.FILE
    summary = "For tests."
    settings = ()
    streams = (PEOPLE, MESSAGES)
    gives = frozenset(Capability)
    lacks: ClassVar[Mapping[Capability, str]] = {}

    def __init__(self, script: Callable[[str, Checkpoint | None], Iterator[Page]]) -> None:
        super().__init__({})
        self.script = script
        self.closed = 0

    def check(self) -> Health:
        return Health(True, "Well")

    def read(self, stream: Stream, since: Checkpoint | None) -> Iterator[Page]:
        return self.script(stream.name, since)

    def close(self) -> None:
        self.closed += 1


@dataclass
class Sent:
    """Requests and waits so far."""

    requests: int = 0
    wait_seconds: float = 0.0


class Metered(Scripted):
    """A scripted connector that asks a server."""

    def __init__(self, script: Callable[[str, Checkpoint | None], Iterator[Page]]) -> None:
        super().__init__(script)
        self.traffic = Sent()


class Waiting(Scripted):
    """A scripted connector that can be woken from a wait."""

    def __init__(self, script: Callable[[str, Checkpoint | None], Iterator[Page]]) -> None:
        super().__init__(script)
        self.woken = threading.Event()

    def cancel(self) -> None:
        """Wake it."""
        self.woken.set()


class ByWords:
    """Flags what says "email"; what says "quoi" is French, and it sees the parent and the community."""

    profile = "test"

    def __init__(self, version: str = "words-1") -> None:
        self.version = version
        self.seen: list[Comment] = []

    def judge(self, comments: Sequence[Comment]) -> list[Verdict]:
        self.seen += comments
        return [self._verdict(comment.text) for comment in comments]

    def _verdict(self, text: str) -> Verdict:
        known, hit = "quoi" not in text, "email" in text
        return Verdict(
            state="scored" if known else "unsupported_language",
            stance=("pushback" if hit else "neutral") if known else None,
            pushback=(0.9 if hit else 0.1) if known else None,
            barrier="existing_channel" if hit else None,
            barriers=(("existing_channel", 0.9),) if hit else (),
            kind="objection" if hit else None,
            intensity=2 if hit else None,
            polarity=0.0,
            subjectivity=0.5,
            language="en" if known else "fr",
            evidence=(),
            target="named",
            flag="flag" if hit else "pass",
            model=self.version,
        )
