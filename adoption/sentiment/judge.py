"""An optional third opinion: a model endpoint that the organisation trusts judges what is uncertain.

Off by default. Any OpenAI-compatible chat endpoint will do (Azure OpenAI, a server on one's own
machines). Comments are masked before they are sent, each travels in a request of its own, answers
are checked against a schema, and whatever goes wrong the local verdict stands and the report says
how often and why.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from adoption.errors import AdoptionError, InterruptedRunError
from adoption.sentiment.judge_cache import JudgeCache, request_hash
from adoption.sentiment.judge_prompt import Label, instructions, read_answer, request_body
from adoption.sentiment.taxonomy import Taxonomy
from adoption.sentiment.verdict import PUSHBACK, SCORED, Comment, Detector, Verdict

_GIVE_UP_AFTER = 5
_TEXT_LIMIT = 2_000
_MANY = 16


class Poster(Protocol):
    """The part of :class:`adoption.http.HttpSession` that is needed."""

    def post_json(self, path: str, body: Any) -> Any:
        """Send a JSON body and return the decoded answer; raises :class:`AdoptionError`."""


@dataclass(frozen=True, slots=True)
class JudgeSettings:
    """How the endpoint is used.

    Attributes:
        model: name of the model or deployment.
        path: address below the session's base address.
        low, high: pushback probabilities between which the endpoint is asked.
        budget: most requests in the life of one judge; the rest keep their local verdict.
        parallel: requests under way at a time (the session holds the rate).
        input_price, output_price: cost of a million tokens, in the organisation's currency.

    """

    model: str
    path: str = "chat/completions"
    low: float = 0.15
    high: float = 0.85
    budget: int = 10_000
    parallel: int = 4
    input_price: float = 0.0
    output_price: float = 0.0


@dataclass(slots=True)
class JudgeReport:
    """What the endpoint did so far.

    Attributes:
        seen: comments that passed by.
        asked: requests sent.
        cached: answers that were known already.
        answered: answers that could be used.
        failed: reasons why an answer could not be used, with counts; the local verdict stands.
        input_tokens, output_tokens: as the endpoint counted them.

    """

    seen: int = 0
    asked: int = 0
    cached: int = 0
    answered: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    input_tokens: int = 0
    output_tokens: int = 0

    def cost_per_thousand(self, settings: JudgeSettings) -> float:
        """Cost of a thousand comments that passed by, at the prices of the settings."""
        spent = (
            self.input_tokens * settings.input_price + self.output_tokens * settings.output_price
        )
        return spent / 1e6 / max(self.seen, 1) * 1_000

    def as_text(self) -> str:
        """One line for a log or a terminal; never contains a comment."""
        line = (
            f"Of {self.seen} comments the model endpoint was asked about {self.asked}, "
            f"answered {self.answered}, and {self.cached} answers were known already."
        )
        reasons = "; ".join(f"{reason}: {count}" for reason, count in self.failed.most_common())
        return f"{line} The local verdict stands for the others ({reasons})." if reasons else line


class EndpointJudge:
    """A detector that asks an endpoint about the uncertain verdicts of another.

    Args:
        local: who judges first, and whenever the endpoint cannot.
        post: the session to the endpoint.
        taxonomy: for the instructions and the allowed barriers.
        mask: takes names, addresses, numbers and handles out of a text before it is sent.
        settings: model, band, budget, prices.
        cache: where answers are kept.

    """

    def __init__(
        self,
        local: Detector,
        post: Poster,
        taxonomy: Taxonomy,
        mask: Callable[[str], str],
        settings: JudgeSettings,
        cache: JudgeCache | None = None,
    ) -> None:
        self._local = local
        self._post = post
        self._taxonomy = taxonomy
        self._mask = mask
        self._settings = settings
        self._cache = cache or JudgeCache()
        self._in_a_row = 0
        self.report = JudgeReport()
        prompt = hashlib.sha256(instructions(taxonomy).encode()).hexdigest()[:8]
        self.version = f"{local.version}/judge-{settings.model}-{prompt}"
        self.profile = local.profile

    def judge(self, comments: Sequence[Comment]) -> list[Verdict]:
        """One verdict for each comment; uncertain ones by the endpoint where it answers."""
        verdicts = [replace(v, model=self.version) for v in self._local.judge(comments)]
        self.report.seen += len(comments)
        uncertain = [i for i, v in enumerate(verdicts) if self._is_uncertain(v)]
        bodies = {i: self._body(comments[i]) for i in uncertain}
        asked: dict[str, dict[str, Any]] = {}
        labels: dict[str, Label] = {}
        for body in bodies.values():
            key = request_hash(body)
            known = self._cache.get(key)
            if known is not None:
                labels[key] = known
                self.report.cached += 1
            else:
                asked[key] = body
        labels.update(self._ask(asked))
        for i, body in bodies.items():
            label = labels.get(request_hash(body))
            if label is not None:
                verdicts[i] = self._with(verdicts[i], label)
        return verdicts

    def _is_uncertain(self, verdict: Verdict) -> bool:
        p = verdict.pushback
        return (
            verdict.state == SCORED
            and p is not None
            and self._settings.low <= p <= self._settings.high
        )

    def _body(self, comment: Comment) -> dict[str, Any]:
        text, parent, community = (
            self._mask((part or "")[:_TEXT_LIMIT])
            for part in (comment.text, comment.parent, comment.community)
        )
        return request_body(self._settings.model, self._taxonomy, text, parent, community)

    def _ask(self, bodies: dict[str, dict[str, Any]]) -> dict[str, Label]:
        """Answers to requests by hash, in small parallel batches, within the budget."""
        labels: dict[str, Label] = {}
        waiting = list(bodies.items())
        with ThreadPoolExecutor(max_workers=max(1, self._settings.parallel)) as pool:
            while waiting:
                if self._in_a_row >= _GIVE_UP_AFTER:
                    self.report.failed["the endpoint kept failing"] += len(waiting)
                    break
                room = min(_MANY, self._settings.budget - self.report.asked)
                if room <= 0:
                    self.report.failed["the budget is spent"] += len(waiting)
                    break
                batch, waiting = waiting[:room], waiting[room:]
                self.report.asked += len(batch)
                answers = list(pool.map(self._one, [body for _, body in batch]))
                for (key, _), answer in zip(batch, answers, strict=True):
                    label = self._take(answer)
                    if label is not None:
                        labels[key] = label
                        self._cache.put(key, label)
        return labels

    def _one(self, body: dict[str, Any]) -> Any:
        """The decoded answer, or the error that came instead."""
        try:
            return self._post.post_json(self._settings.path, body)
        except InterruptedRunError:
            raise
        except AdoptionError as problem:
            return problem

    def _take(self, answer: Any) -> Label | None:
        if isinstance(answer, AdoptionError):
            self._in_a_row += 1
            self.report.failed[answer.what] += 1
            return None
        self._count_tokens(answer)
        try:
            label = read_answer(answer, self._taxonomy)
        except ValueError as problem:
            self._in_a_row += 1
            self.report.failed[str(problem)] += 1
            return None
        self._in_a_row = 0
        self.report.answered += 1
        return label

    def _count_tokens(self, answer: Any) -> None:
        usage = answer.get("usage") if isinstance(answer, dict) else None
        if isinstance(usage, dict):
            for name, attribute in (
                ("prompt_tokens", "input_tokens"),
                ("completion_tokens", "output_tokens"),
            ):
                value = usage.get(name)
                if isinstance(value, int) and not isinstance(value, bool) and value > 0:
                    setattr(self.report, attribute, getattr(self.report, attribute) + value)

    def _with(self, verdict: Verdict, label: Label) -> Verdict:
        """The local verdict with the endpoint's label; language, polarity and target stay."""
        sure = min(0.98, max(0.5, label.confidence / 100))
        if label.stance != PUSHBACK:
            return replace(
                verdict, stance=label.stance, pushback=round(1 - sure, 4), barrier=None, barriers=(),
                kind=None, intensity=None, evidence=(), flag="pass",
            )  # fmt: skip
        barrier = str(label.barrier)
        others = tuple((code, round(p * 0.2, 4)) for code, p in verdict.barriers if code != barrier)
        return replace(
            verdict,
            stance=PUSHBACK,
            pushback=round(sure, 4),
            barrier=barrier,
            barriers=((barrier, 0.8), *others),
            kind=label.kind or verdict.kind or "objection",
            intensity=label.intensity or verdict.intensity or 2,
            flag="flag" if verdict.target != "none" else "review",
        )
