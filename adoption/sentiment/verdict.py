"""What goes into the detector and what comes out of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

SCORED = "scored"
UNSUPPORTED = "unsupported_language"
TOO_SHORT = "too_short"
UNDETERMINED = "undetermined"
STATES = (SCORED, UNSUPPORTED, TOO_SHORT, UNDETERMINED)

NEUTRAL = "neutral"
SUPPORT = "support"
PUSHBACK = "pushback"
STANCES = (NEUTRAL, SUPPORT, PUSHBACK)

KINDS = ("objection", "obstacle")
TARGETS = ("named", "context", "none")


class Comment(NamedTuple):
    """One message to judge.

    ``parent`` is the text it answers and ``community`` the name of the place it was posted in;
    both help to tell whether the network is meant.
    """

    text: str
    parent: str | None = None
    community: str | None = None
    id: str | None = None


class Evidence(NamedTuple):
    """Characters ``start`` to ``end`` of the text as posted, and how much they decided (0 to 1)."""

    start: int
    end: int
    weight: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement of one comment.

    Attributes:
        state: one of :data:`STATES`; only ``scored`` has a stance.
        stance: ``pushback``, ``support`` or ``neutral``; ``None`` unless scored.
        pushback: calibrated probability that the comment pushes back, 0 to 1.
        barrier: the main reason; for a comment that is only offered for review, the reason if it is
            pushback; ``None`` where ``flag`` is ``pass``.
        barriers: reasons with their probabilities, most likely first.
        kind: ``objection`` (won't) or ``obstacle`` (can't).
        intensity: 1 mild, 2 clear, 3 strong.
        polarity: TextBlob polarity, -1 to 1; shown, never decisive.
        subjectivity: TextBlob subjectivity, 0 to 1.
        language: ISO 639-1 code, ``und`` where it cannot be told.
        evidence: the spans of the text that decided.
        target: how it was known that the network is meant: ``named``, ``context`` or ``none``.
        flag: ``flag`` (counts), ``review`` (a person should look) or ``pass``.
        model: the version of everything that took part.

    """

    state: str
    stance: str | None
    pushback: float | None
    barrier: str | None
    barriers: tuple[tuple[str, float], ...]
    kind: str | None
    intensity: int | None
    polarity: float
    subjectivity: float
    language: str
    evidence: tuple[Evidence, ...]
    target: str
    flag: str
    model: str

    def as_row(self) -> dict[str, object]:
        """The verdict as plain JSON values, one key for each attribute."""
        return {
            "state": self.state,
            "stance": self.stance,
            "pushback": self.pushback,
            "barrier": self.barrier,
            "barriers": [{"barrier": code, "probability": p} for code, p in self.barriers],
            "kind": self.kind,
            "intensity": self.intensity,
            "polarity": self.polarity,
            "subjectivity": self.subjectivity,
            "language": self.language,
            "evidence": [
                {"start": e.start, "end": e.end, "weight": e.weight} for e in self.evidence
            ],
            "target": self.target,
            "flag": self.flag,
            "model": self.model,
        }


class Detector(Protocol):
    """Anything that judges comments: the shipped profiles and the model endpoint around them."""

    @property
    def version(self) -> str:
        """The version that every verdict carries."""

    @property
    def profile(self) -> str:
        """``full`` or ``lite``."""

    def judge(self, comments: Sequence[Comment]) -> list[Verdict]:
        """One verdict for each comment, in order; never raises on any text."""
