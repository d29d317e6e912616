"""Gives each message a verdict: finds what has none, judges it in batches, commits each batch.

A message is judged again when its text changed or the detector's version did. Scores of earlier
versions stay; the version that figures show changes only when every message has a score of the new
one, so a trend never mixes two detectors.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from adoption.sentiment import Comment, Detector, Verdict
from adoption.store import ScoreRow, Snapshot, Store, Writer
from adoption.store.records import now
from adoption.sync import Progress

BATCH_MESSAGES = 2_000
STAGE = "flag"

_UNSCORED = """
FROM facts f JOIN messages m ON f.network = m.network AND f.message_id = m.message_id
LEFT JOIN (SELECT * FROM scores WHERE model = $1 AND month = $2) s
    ON s.network = f.network AND s.message_id = f.message_id
WHERE f.month = $2 AND m.month = $2
    AND ($3 OR s.text_hash IS NULL OR s.text_hash <> sha256(m.text)[:32])
"""
_WITH_CONTEXT = f"""
WITH waiting AS (
    SELECT f.network, f.message_id, f.created_at, f.parent_id, f.community_id, m.text {_UNSCORED}
)
SELECT w.network, w.message_id, w.created_at, w.text, answered.text, c.name
FROM waiting w
LEFT JOIN messages answered
    ON answered.network = w.network AND answered.message_id = w.parent_id
LEFT JOIN communities c ON c.network = w.network AND c.community_id = w.community_id
"""  # noqa: S608


class Pending(NamedTuple):
    """A message to judge, with the text it answers and the name of its community."""

    network: str
    message_id: str
    created_at: datetime
    text: str
    parent: str | None
    community: str | None


@dataclass(slots=True)
class ScoreResult:
    """What a scoring did.

    Attributes:
        model: version of the detector.
        state: ``finished`` or ``stopped``.
        scored: how many messages were judged.
        by_state: how many verdicts of each state.
        flagged: how many verdicts count as pushback.
        seconds: how long it took.
        snapshot: the snapshot that is published now.

    """

    model: str
    state: str = "finished"
    scored: int = 0
    by_state: Mapping[str, int] = field(default_factory=dict)
    flagged: int = 0
    seconds: float = 0.0
    snapshot: int = 0


def text_hash(text: str) -> str:
    """The first 32 hex characters of SHA-256 of the UTF-8 text: tells whether a text was judged."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def score(
    store: Store,
    detector: Detector,
    *,
    progress: Progress,
    cancelled: Callable[[], bool],
    everything: bool = False,
    wait_seconds: float = 0.0,
) -> ScoreResult:
    """Judge the messages that have no score of this detector's version yet.

    Args:
        store: where messages are read from and scores written to.
        detector: judges comments.
        progress: told after each batch.
        cancelled: asked after each batch; ``True`` stops. The next call goes on from there.
        everything: judge all messages again, also those with a score.
        wait_seconds: how long to wait while another process writes.

    Raises:
        StoreError: another process writes, or the data folder cannot be used.

    """
    started = now()
    result = ScoreResult(detector.version)
    states: Counter[str] = Counter()
    with store.writer("flagging", wait_seconds=wait_seconds) as writer:
        with store.snapshot() as snapshot:
            result.snapshot = snapshot.id
            work = Work(snapshot, detector.version, everything)
            total = work.count()
            progress(STAGE, 0, total, "")
            for batch in work.batches():
                verdicts = _judged(detector, batch)
                _write(store, writer, result, batch, verdicts)
                states.update(verdict.state for verdict in verdicts)
                progress(STAGE, result.scored, total, "")
                if cancelled():
                    result.state = "stopped"
                    break
        if result.state == "finished":
            result.snapshot = _show(store, writer, detector.version)
        writer.compact()
    result.by_state = dict(sorted(states.items()))
    result.seconds = (now() - started).total_seconds()
    return result


class Work:
    """What is to be judged in one snapshot, month by month so that memory stays bounded."""

    def __init__(self, snapshot: Snapshot, model: str, everything: bool) -> None:
        self._snapshot = snapshot
        self._model = model
        self._everything = everything
        months = snapshot.sql("SELECT DISTINCT month FROM facts ORDER BY month")
        self._months = [str(row[0]) for row in months]

    def count(self) -> int:
        """How many messages there are to judge."""
        query = f"SELECT count(*) {_UNSCORED}"
        return sum(int(self._snapshot.sql(query, self._values(m))[0][0]) for m in self._months)

    def batches(self) -> Iterator[list[Pending]]:
        """The messages to judge, at most :data:`BATCH_MESSAGES` at a time."""
        for month in self._months:
            for rows in self._snapshot.stream(
                _WITH_CONTEXT, self._values(month), rows=BATCH_MESSAGES
            ):
                yield [Pending(*row) for row in rows]

    def _values(self, month: str) -> tuple[str, str, bool]:
        return self._model, month, self._everything


def _judged(detector: Detector, batch: Sequence[Pending]) -> list[Verdict]:
    comments = [Comment(p.text, p.parent, p.community, p.message_id) for p in batch]
    return detector.judge(comments)


def _write(
    store: Store,
    writer: Writer,
    result: ScoreResult,
    batch: Sequence[Pending],
    verdicts: Sequence[Verdict],
) -> None:
    """Commit the verdicts of a batch; the first detector ever is shown at once."""
    at = now()
    rows = [_row(p, verdict, result.model, at) for p, verdict in zip(batch, verdicts, strict=True)]
    writer.write_scores(rows)
    first = store.control.current_model() is None
    result.snapshot = writer.commit(reason="flag", model=result.model if first else None)
    result.scored += len(rows)
    result.flagged += sum(verdict.flag == "flag" for verdict in verdicts)


def _show(store: Store, writer: Writer, model: str) -> int:
    """Let figures show this version from now on."""
    changed = store.control.current_model() != model
    return writer.commit(reason=f"show verdicts of {model}", model=model if changed else None)


def _row(pending: Pending, verdict: Verdict, model: str, at: datetime) -> ScoreRow:
    return ScoreRow(
        network=pending.network,
        message_id=pending.message_id,
        created_at=pending.created_at,
        model=model,
        text_hash=text_hash(pending.text),
        state=verdict.state,
        stance=verdict.stance,
        pushback=verdict.pushback,
        barrier=verdict.barrier,
        barriers=json.dumps([list(pair) for pair in verdict.barriers]),
        kind=verdict.kind,
        intensity=verdict.intensity,
        polarity=verdict.polarity,
        subjectivity=verdict.subjectivity,
        language=verdict.language,
        evidence=json.dumps([list(span) for span in verdict.evidence]),
        target=verdict.target,
        flag=verdict.flag,
        scored_at=at,
    )
