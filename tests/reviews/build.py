"""Stores with messages and verdicts whose truth the test knows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path

from adoption.privacy import Masker
from adoption.reviews import RANDOM, ReviewDesk
from adoption.store import Review, ScoreRow, Store
from adoption.store.records import now
from tests.store.build import MONDAY, community, message, put, put_scores, score_row

NOBODY = Masker()
FLAGGED = score_row("")
PASSED = FLAGGED._replace(
    stance="neutral",
    pushback=0.02,
    barrier=None,
    barriers="[]",
    kind=None,
    intensity=None,
    flag="pass",
)
DOUBTFUL = PASSED._replace(pushback=0.5, flag="review")


def fill(
    store: Store, verdicts: Mapping[str, ScoreRow], *, people: int = 40, days: int = 0
) -> None:
    """Messages by ``people`` authors, ``days`` days apart, with the verdicts of model ``v1``."""
    rows = [
        message(
            number,
            f"Comment {number}",
            author_id=f"person{place % people}",
            created_at=MONDAY + timedelta(days=days * place),
        )
        for place, number in enumerate(verdicts)
    ]
    put(store, [community("ward"), *rows])
    put_scores(
        store,
        [
            verdict._replace(message_id=number, created_at=row.created_at, scored_at=MONDAY)
            for (number, verdict), row in zip(verdicts.items(), rows, strict=True)
        ],
    )


def crowd(store: Store, people: int = 25) -> None:
    """So many people who each wrote something elsewhere, which nobody judged."""
    rows = [message(f"crowd{n}", community_id="hall", author_id=f"crowd{n}") for n in range(people)]
    put(store, [community("hall"), *rows])


def word(number: str, verdict: str, reason: str = RANDOM) -> Review:
    """A reviewer's word on a message of :func:`fill`."""
    return Review("net", number, verdict, None, "reviewer", now(), reason)


def whole_queue(desk: ReviewDesk) -> dict[str, list[str]]:
    """The ids of all messages in the queue, by stream, in order."""
    found: dict[str, list[str]] = {}
    items = desk.queue(100_000, NOBODY)
    judged = desk.find([item.key for item in items])
    for item in items:
        found.setdefault(item.reason, []).append(judged[item.key].message_id)
    return found


def numbers(count: int, start: int = 0) -> list[str]:
    """Message ids."""
    return [f"m{number:04d}" for number in range(start, start + count)]


def mixed(count: int) -> dict[str, ScoreRow]:
    """Verdicts of which one in ten is a flag and one in ten in doubt."""
    kinds = (FLAGGED, DOUBTFUL, *(PASSED,) * 8)
    return {number: kinds[place % 10] for place, number in enumerate(numbers(count))}


def write_lines(path: Path, lines: Iterable[str], encoding: str = "utf-8") -> Path:
    """A file of these lines."""
    path.write_text("".join(f"{line}\n" for line in lines), encoding=encoding)
    return path
