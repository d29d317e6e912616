"""A detector that flags every comment, where a test needs flags and not judgement."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from adoption.scoring import score
from adoption.sentiment import Comment, Verdict
from adoption.sentiment.verdict import Evidence
from adoption.service import never, quiet
from adoption.store import Store


class EverythingObjects:
    """Flags each comment as preferring another channel; its first three characters decided."""

    version = "everything-objects"
    profile = "test"

    def judge(self, comments: Sequence[Comment]) -> list[Verdict]:
        """One flag for each comment."""
        return [self._flag(comment) for comment in comments]

    def _flag(self, comment: Comment) -> Verdict:
        return Verdict(
            state="scored",
            stance="pushback",
            pushback=0.95,
            barrier="existing_channel",
            barriers=(("existing_channel", 0.9),),
            kind="objection",
            intensity=2,
            polarity=0.0,
            subjectivity=0.0,
            language="en",
            evidence=(Evidence(0, min(3, len(comment.text)), 0.9),),
            target="named",
            flag="flag",
            model=self.version,
        )


def flag_everything(home: Path) -> None:
    """Flag every message of a data folder."""
    with Store.open(home) as store:
        score(store, EverythingObjects(), progress=quiet, cancelled=never)
