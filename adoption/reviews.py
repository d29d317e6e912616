"""People correct the detector: what they are asked, and what becomes of their answers.

The queue has three streams, taken in turn:

- random checks: a slice of all judged messages, drawn by chance; it says how often people push back;
- random flags: the flagged messages that are not in the slice, in random order. Pushback is rare, so
  the slice holds few of them; this stream says how many flags are right;
- uncertain ones: those the detector was least sure of; they teach it most and say nothing of others.

A keyed hash of its id decides whether a message belongs to the slice and when its turn comes, so
nothing about a message, and nobody, can influence that. No message is in two streams, and the first
two come in the order of the hash: however far people get, what they have answered is a fair sample
of all messages and of all flags.

A reviewer sees masked text without author, and communities only where enough people write.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, NamedTuple

from adoption.errors import SettingsError
from adoption.metrics.taxonomy import barrier_groups, barrier_titles
from adoption.privacy import Floors, Masker
from adoption.privacy.comments import CONFIDENCE, shortened
from adoption.sentiment import Comment
from adoption.sentiment.corrections import Correction
from adoption.store import Review, Store
from adoption.store.records import now

RANDOM = "random"
RANDOM_FLAG = "random flag"
UNCERTAIN = "uncertain"
REASONS: Mapping[str, str] = {
    RANDOM: "random check",
    RANDOM_FLAG: "random check of a flag",
    UNCERTAIN: "uncertain",
}
"""Why a message is in the queue, in words."""

CONFIRM = "confirm"
VERDICTS: Mapping[str, str] = {
    CONFIRM: CONFIRM,
    "pushback": "pushback",
    "support": "support",
    "neutral": "neutral",
    "not pushback": "neutral",
    "unsure": "undetermined",
    "undetermined": "undetermined",
}
"""What a reviewer may answer, and what is kept; ``confirm`` keeps what the detector said."""
ANSWERS = ("confirm", "pushback", "neutral", "support", "unsure")
"""The answers that reviewers are told of; the others are synonyms."""

RANDOM_SHARE = 0.05
SHARES = (0.05, 0.10)
DOUBT = 0.35
"""How near to even odds a probability must be for the message to be offered as uncertain."""
REMEMBERED = 20_000
REVIEWER = "reviewer"

_TARGETS = {
    "named": "it names the network",
    "context": "its context shows that the network is meant",
    "none": "nothing shows that the network is meant",
}

_DRAWN = """
WITH drawn AS (
    SELECT *, left(sha256($1 || '/' || network || '/' || message_id), 32) AS key FROM verdicts
    WHERE model_state = 'scored'
)
"""
_OPEN = """
large_enough AS (
    SELECT network FROM acts GROUP BY network HAVING count(DISTINCT person_id) >= $4
        AND count(DISTINCT person_id) FILTER (WHERE act <> 'reaction') >= $5
),
waiting AS (SELECT * FROM drawn WHERE NOT reviewed AND network IN (FROM large_enough)),
"""
_FIELDS = """
    q.key, q.network, q.message_id, q.model_flag, s.stance, s.pushback, s.barrier, s.target
FROM q JOIN scores s ON s.network = q.network AND s.message_id = q.message_id
    AND s.model = q.model AND s.month = q.month
"""
_QUEUE = f"""{_DRAWN}, {_OPEN}
by_chance AS (
    SELECT *, '{RANDOM}' AS reason, key AS place FROM waiting
    WHERE left(key, 16) < $2 ORDER BY key LIMIT $3
),
flags AS (
    SELECT *, '{RANDOM_FLAG}' AS reason, key AS place FROM waiting
    WHERE left(key, 16) >= $2 AND model_flag = 'flag' ORDER BY key LIMIT $3
),
in_doubt AS (
    SELECT *, '{UNCERTAIN}' AS reason,
        (CASE WHEN model_flag = 'pass' THEN '2' WHEN target = 'none' THEN '1' ELSE '0' END)
        || printf('%.6f', abs(model_pushback - 0.5)) || key AS place
    FROM waiting
    WHERE left(key, 16) >= $2 AND model_flag <> 'flag'
        AND (model_flag = 'review' OR abs(model_pushback - 0.5) < {DOUBT})
    ORDER BY place LIMIT $3
),
q AS (FROM by_chance UNION ALL FROM flags UNION ALL FROM in_doubt),
known_places AS (
    SELECT network, community_id FROM facts GROUP BY ALL HAVING count(DISTINCT person_id) >= $4
)
SELECT q.reason, m.text, parent.text, c.name, s.evidence, {_FIELDS}
    JOIN messages m ON m.network = q.network AND m.message_id = q.message_id AND m.month = q.month
    LEFT JOIN messages parent ON parent.network = q.network AND parent.message_id = q.parent_id
        AND parent.deleted_at IS NULL
    LEFT JOIN known_places k ON k.network = q.network AND k.community_id = q.community_id
    LEFT JOIN communities c ON c.network = k.network AND c.community_id = k.community_id
ORDER BY q.reason, q.place
"""  # noqa: S608 - constants of this module; values go through parameters
_BY_KEY = f"""{_DRAWN}, q AS (SELECT * FROM drawn WHERE key IN (SELECT unnest($2)))
SELECT {_FIELDS}
"""  # noqa: S608


_LESSONS = f"""
SELECT m.text, parent.text, c.name, r.verdict, r.barrier
FROM reviews r
JOIN facts f ON f.network = r.network AND f.message_id = r.message_id
JOIN messages m ON m.network = f.network AND m.message_id = f.message_id AND m.month = f.month
LEFT JOIN messages parent ON parent.network = f.network AND parent.message_id = f.parent_id
    AND parent.deleted_at IS NULL
LEFT JOIN communities c ON c.network = f.network AND c.community_id = f.community_id
WHERE r.reason <> '{RANDOM}'
ORDER BY f.created_at, f.network, f.message_id
"""  # noqa: S608


class Judged(NamedTuple):
    """A message as the detector judged it by itself, with the key that stands for it outside."""

    key: str
    network: str
    message_id: str
    flag: str
    stance: str | None
    pushback: float
    barrier: str | None
    target: str | None


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """One message as a reviewer sees it: masked, without author.

    Attributes:
        key: stands for the message; says nothing about it.
        reason: one of :data:`REASONS`.
        text: the masked text.
        parent: the masked text it answers, if any.
        community: its name, or ``None`` where too few people write there.
        evidence: spans of ``text`` (start, end, weight) that decided.
        flag: ``flag``, ``review`` or ``pass``: what the detector does with it.
        barrier: the code of the reason the detector gives, if any.
        opinion: what the detector thinks, in a sentence.

    """

    key: str
    reason: str
    text: str
    parent: str | None
    community: str | None
    evidence: tuple[tuple[int, int, float], ...]
    flag: str
    barrier: str | None
    opinion: str


class ReviewDesk:
    """Hands out the queue and takes the answers.

    Args:
        store: the data folder.
        share: how much of all judged messages the random slice holds, 0.05 to 0.10.
        floors: the privacy floors; a network with fewer people than the floor for pushback is not
            reviewed, and a community with fewer writers than that is not named.

    Raises:
        SettingsError: the share is out of range.

    """

    def __init__(
        self,
        store: Store,
        share: float = RANDOM_SHARE,
        floors: Floors = Floors(),  # noqa: B008 - frozen
    ) -> None:
        if not SHARES[0] <= share <= SHARES[1]:
            raise SettingsError(
                "The random slice for reviews must be 5 to 10 % of the messages",
                where="reviews.share",
                next_step="Set it to a share such as 0.05",
            )
        self._store = store
        self._floors = floors
        self._salt = store.pseudonyms.match_key("which messages are reviewed")
        self._threshold = f"{int(share * 2**64):016x}"
        self._known: dict[str, Judged] = {}

    def queue(self, limit: int, masker: Masker) -> list[ReviewItem]:
        """What to review next: messages of the three streams in turn, none that was reviewed.

        Args:
            limit: how many at most.
            masker: made from the identities of all networks.

        """
        floors = self._floors
        values = (
            self._salt,
            self._threshold,
            limit,
            floors.pushback_people,
            floors.pushback_authors,
        )
        with self._store.snapshot() as snapshot:
            rows = snapshot.sql(_QUEUE, values)
        self._forget_some()
        items: dict[str, list[ReviewItem]] = {reason: [] for reason in REASONS}
        for reason, text, parent, community, evidence, *rest in rows:
            judged = Judged(*rest)
            self._known[judged.key] = judged
            items[reason].append(_item(judged, reason, text, parent, community, evidence, masker))
        return list(_in_turn(list(items.values())))[:limit]

    def take(self, key: str, verdict: str, barrier: str | None = None) -> None:
        """Keep one answer; it counts at once.

        Args:
            key: of the item.
            verdict: one of :data:`VERDICTS`.
            barrier: the code of the reason, where the answer is pushback for another one.

        Raises:
            SettingsError: no such item, verdict or barrier, or pushback without a reason.

        """
        known = self._known.get(key)
        found = {key: known} if known else self.find([key])
        if key not in found:
            raise SettingsError(
                "There is no such comment", where=key, next_step="Take the queue again"
            )
        self._store.control.add_review(self.answer(found[key], verdict, barrier))

    def answer(self, judged: Judged, verdict: str, barrier: str | None) -> Review:
        """An answer as it is kept.

        Raises:
            SettingsError: no such verdict or barrier, or pushback without a reason; ``where`` is
                ``verdict`` or ``barrier``.

        """
        meant = VERDICTS.get(verdict)
        if meant is None:
            raise SettingsError(
                f"There is no verdict {verdict!r}",
                where="verdict",
                next_step=f"Use one of: {', '.join(ANSWERS)}",
            )
        if meant == CONFIRM:
            meant = "pushback" if judged.flag != "pass" else judged.stance or "neutral"
        code = _checked_barrier(meant, barrier, judged)
        stream = self._stream(judged)
        return Review(judged.network, judged.message_id, meant, code, REVIEWER, now(), stream)

    def keep(self, answers: Sequence[Review]) -> int:
        """Keep many answers, all or nothing; those already given count once.

        Returns:
            How many were new.

        """
        known = {(r.network, r.message_id): r for r in self._store.control.reviews()}
        new = [
            answer
            for answer in answers
            if (old := known.get((answer.network, answer.message_id))) is None
            or (old.verdict, old.barrier) != (answer.verdict, answer.barrier)
        ]
        if new:
            self._store.control.add_reviews(new)
        return len(new)

    def undo(self, key: str) -> None:
        """Take the newest answer on an item back."""
        for judged in self.find([key]).values():
            self._store.control.undo_review(judged.network, judged.message_id, REVIEWER)

    def find(self, keys: Sequence[str]) -> dict[str, Judged]:
        """The messages behind keys; keys that stand for none are left out."""
        with self._store.snapshot() as snapshot:
            rows = snapshot.sql(_BY_KEY, (self._salt, list(keys)))
        return {judged.key: judged for judged in (Judged(*row) for row in rows)}

    def lessons(self, masker: Masker) -> list[Correction]:
        """What reviewers said, for training the detector, with the texts masked.

        Random checks are left out: a detector that has learned from them cannot be tested on them,
        and the corrected pushback rate would be wrong.
        """
        with self._store.snapshot() as snapshot:
            rows = snapshot.sql(_LESSONS)
        return [
            Correction(
                Comment(
                    masker.mask(text).text, masker.mask(parent).text if parent else None, place
                ),
                verdict,
                barrier,
            )
            for text, parent, place, verdict, barrier in rows
        ]

    def _stream(self, judged: Judged) -> str:
        if judged.key[:16] < self._threshold:
            return RANDOM
        return RANDOM_FLAG if judged.flag == "flag" else UNCERTAIN

    def _forget_some(self) -> None:
        if len(self._known) > REMEMBERED:
            self._known.clear()


def _checked_barrier(verdict: str, barrier: str | None, judged: Judged) -> str | None:
    """The barrier to keep with a verdict: pushback always has one, everything else has none."""
    if verdict != "pushback":
        if barrier:
            raise SettingsError(
                "Only pushback has a reason",
                where="barrier",
                next_step="Leave the barrier empty, or answer pushback",
            )
        return None
    code = barrier or judged.barrier
    if code is None:
        raise SettingsError(
            "The detector gave no reason for this comment, so the reviewer must",
            where="barrier",
            next_step=f"Use one of: {', '.join(barrier_groups())}",
        )
    if code not in barrier_groups():
        raise SettingsError(
            f"There is no barrier {code!r}",
            where="barrier",
            next_step=f"Use one of: {', '.join(barrier_groups())}",
        )
    return code


def _item(
    judged: Judged,
    reason: str,
    text: str,
    parent: str | None,
    community: str | None,
    evidence: str | None,
    masker: Masker,
) -> ReviewItem:
    shown = shortened(text)
    masked = masker.mask(shown)
    spans: Iterable[Any] = json.loads(evidence) if evidence else ()
    return ReviewItem(
        key=judged.key,
        reason=reason,
        text=masked.text,
        parent=masker.mask(shortened(parent)).text if parent else None,
        community=community,
        evidence=tuple(
            (*masked.span(int(start), int(end)), float(weight))
            for start, end, weight in spans
            if end <= len(shown)
        ),
        flag=judged.flag,
        barrier=judged.barrier,
        opinion=opinion(judged),
    )


def opinion(judged: Judged) -> str:
    """What the detector thinks of a message, in a sentence."""
    title = barrier_titles().get(judged.barrier or "", judged.barrier or "")
    odds = f"{judged.pushback * 100:.0f} %"
    target = _TARGETS.get(judged.target or "none", "")
    if judged.flag == "flag":
        sure = next(words for floor, words in CONFIDENCE if judged.pushback >= floor)
        return f"Pushback, {sure} ({odds}): {title}. {target[0].upper()}{target[1:]}."
    if judged.flag == "review":
        why = f": {title}" if title else ""
        return f"It may push back ({odds}){why}. It counts only if you say so; {target}."
    side = "It speaks for the network" if judged.stance == "support" else "It does not push back"
    return f"{side} (pushback {odds})."


def _in_turn(streams: Sequence[Sequence[ReviewItem]]) -> Iterator[ReviewItem]:
    for items in zip_longest(*streams):
        yield from (item for item in items if item is not None)
