"""The flagged comments of a selection, before the privacy gate has masked them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import ibis

from adoption.metrics.compute import Lacks, compute
from adoption.metrics.figures import Figures, Selection
from adoption.metrics.frames import Frames, Tables, records
from adoption.metrics.memory import Cache
from adoption.period import Period

REPEATS = 3
"""Equal texts are shown once; so many times as many rows are looked at to fill the list."""


@dataclass(frozen=True, slots=True)
class RawComment:
    """One flagged comment as it was written.

    ``evidence`` are character spans of ``text`` with the weight they had; ``probability`` is the
    calibrated probability of pushback.
    """

    text: str
    evidence: tuple[tuple[int, int, float], ...]
    barrier: str
    kind: str | None
    intensity: int | None
    probability: float | None
    target: str | None
    reviewed: bool
    community_key: str
    community: str | None
    week: date


@dataclass(frozen=True, slots=True)
class RawComments:
    """Comments with the figures that say how many people stand behind them.

    ``behind`` are the selection's barriers, ``communities`` the same by community.
    """

    barrier: str | None
    behind: Figures
    communities: Figures
    comments: tuple[RawComment, ...]


def flagged_comments(
    snapshot: Tables,
    period: Period,
    selection: Selection = Selection(),  # noqa: B008 - frozen
    barrier: str | None = None,
    limit: int = 50,
    *,
    lacks: Lacks | None = None,
    cache: Cache | None = None,
) -> RawComments:
    """The surest flagged comments of a period, reviewed ones first.

    Args:
        snapshot: the published data to read.
        period: whole ISO weeks.
        selection: what to limit it to.
        barrier: only comments whose main barrier this is.
        limit: how many at most.
        lacks: what the connectors of the networks lack, as for :func:`compute`.
        cache: where figures are kept.

    """
    return RawComments(
        barrier=barrier,
        behind=compute(snapshot, "barriers", period, selection, lacks=lacks, cache=cache),
        communities=compute(
            snapshot, "barriers", period, selection, "community", lacks=lacks, cache=cache
        ),
        comments=tuple(_comments(snapshot, period, selection, barrier, limit)),
    )


def _comments(
    snapshot: Tables, period: Period, selection: Selection, barrier: str | None, limit: int
) -> Iterator[RawComment]:
    verdicts = Frames(snapshot, period, selection).verdicts()
    verdicts = verdicts.filter(verdicts.state == "scored", verdicts.flag == "flag")
    if barrier is not None:
        verdicts = verdicts.filter(verdicts.barrier == barrier)
    surest = verdicts.order_by(
        [ibis.desc("reviewed"), ibis.desc("pushback"), "network", "message_id"]
    ).limit(limit * REPEATS)
    texts = snapshot.table("messages").select("network", "message_id", "text", "month")
    scores = snapshot.table("scores").select("network", "message_id", "model", "evidence")
    names = snapshot.table("communities").select("network", "community_id", "name")
    found = (
        surest.join(texts, ["network", "message_id", "month"])
        .left_join(scores, ["network", "message_id", "model"], rname="{name}_of_score")
        .left_join(names, ["network", "community_id"], rname="{name}_of_community")
        .order_by([ibis.desc("reviewed"), ibis.desc("pushback"), "network", "message_id"])
    )
    seen: set[str] = set()
    for row in records(found):
        if row["text"] in seen or len(seen) == limit:
            continue
        seen.add(row["text"])
        yield RawComment(
            text=row["text"],
            evidence=_spans(row["evidence"]),
            barrier=row["barrier"],
            kind=row["pushback_kind"],
            intensity=row["intensity"],
            probability=row["pushback"],
            target=row["target"],
            reviewed=bool(row["reviewed"]),
            community_key=f"{row['network']}/{row['community_id'] or ''}",
            community=row["name"],
            week=row["week"],
        )


def _spans(stored: str | None) -> tuple[tuple[int, int, float], ...]:
    spans = json.loads(stored) if stored else []
    return tuple((int(start), int(end), float(weight)) for start, end, weight in spans)
