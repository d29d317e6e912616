"""Comments through the gate: masked, without author, and only from enough people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import InitVar, asdict, dataclass
from typing import Any

from adoption.metrics.comments import RawComment, RawComments
from adoption.metrics.figures import Selection
from adoption.metrics.taxonomy import barrier_titles
from adoption.period import Period, week_name
from adoption.privacy.floors import Floors
from adoption.privacy.gate import release
from adoption.privacy.masking import Masker
from adoption.privacy.released import GATE_KEY, Cell, State, check_key

CONFIDENCE = ((0.9, "very likely"), (0.75, "likely"), (0.0, "possible"))
LONGEST = 4000
CONFIRMED = "confirmed by a reviewer"


@dataclass(frozen=True, slots=True)
class ReleasedComment:
    """One comment as it may be seen.

    Attributes:
        text: the masked text.
        evidence: spans of ``text`` (start, end, weight) that decided.
        barrier: the code of the main barrier; ``barrier_title`` says it in words.
        kind: ``objection`` or ``obstacle``.
        intensity: 1 to 3.
        confidence: how sure the flag is, in words.
        community: its name, or ``None`` where the community is too small to be named.
        week: the ISO week in which it was written.

    """

    text: str
    evidence: tuple[tuple[int, int, float], ...]
    barrier: str
    barrier_title: str
    kind: str | None
    intensity: int | None
    confidence: str
    community: str | None
    week: str
    key: InitVar[object]

    def __post_init__(self, key: object) -> None:
        check_key(key)


@dataclass(frozen=True, slots=True)
class ReleasedComments:
    """Comments of a selection; empty with a ``note`` where too few people stand behind them."""

    period: Period
    selection: Selection
    barrier: str | None
    snapshot: int
    state: State
    note: str
    comments: tuple[ReleasedComment, ...]
    key: InitVar[object]

    def __post_init__(self, key: object) -> None:
        check_key(key)

    def __iter__(self) -> Iterator[ReleasedComment]:
        return iter(self.comments)

    def __len__(self) -> int:
        return len(self.comments)

    def as_dict(self) -> dict[str, Any]:
        """JSON."""
        result = asdict(self)
        result["period"] = str(self.period)
        result["selection"] = self.selection.as_dict()
        return result


def release_comments(
    raw: RawComments,
    masker: Masker,
    floors: Floors = Floors(),  # noqa: B008 - frozen
) -> ReleasedComments:
    """Mask comments and let them through, if enough people wrote and no one or two wrote most.

    Args:
        raw: what :func:`adoption.metrics.flagged_comments` gave.
        masker: made from the identities of all networks.
        floors: the floors of this installation.

    """
    cell = _behind(raw, floors)
    named = {row.key for row in release(raw.communities, floors).rows if row.shown}
    comments = (_masked(comment, masker, named) for comment in raw.comments)
    return ReleasedComments(
        period=raw.behind.period,
        selection=raw.behind.selection,
        barrier=raw.barrier,
        snapshot=raw.behind.snapshot,
        state=cell.state,
        note=cell.note,
        comments=tuple(comments) if cell.shown else (),
        key=GATE_KEY,
    )


def _behind(raw: RawComments, floors: Floors) -> Cell:
    """The figure that says whether these comments may be seen."""
    released = release(raw.behind, floors)
    if raw.barrier is None:
        return released.total
    for row in released.rows:
        if row.key == raw.barrier:
            return row
    return Cell(raw.barrier, raw.barrier, State.NOT_AVAILABLE, note="No such comments.")


def _masked(comment: RawComment, masker: Masker, named: set[str]) -> ReleasedComment:
    text = shortened(comment.text)
    masked = masker.mask(text)
    return ReleasedComment(
        text=masked.text,
        evidence=tuple(
            (*masked.span(start, end), weight)
            for start, end, weight in comment.evidence
            if end <= len(text)
        ),
        barrier=comment.barrier,
        barrier_title=barrier_titles().get(comment.barrier, comment.barrier),
        kind=comment.kind,
        intensity=comment.intensity,
        confidence=_confidence(comment),
        community=comment.community if comment.community_key in named else None,
        week=week_name(comment.week),
        key=GATE_KEY,
    )


def shortened(text: str) -> str:
    """The first :data:`LONGEST` characters of a comment, cut between words."""
    if len(text) <= LONGEST:
        return text
    return text[:LONGEST].rpartition(" ")[0] + " …"


def _confidence(comment: RawComment) -> str:
    if comment.reviewed:
        return CONFIRMED
    probability = comment.probability or 0.0
    return next(words for floor, words in CONFIDENCE if probability >= floor)
