"""Who may write in a given week, and drawing one of them."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import accumulate
from random import Random

from adoption.demo.communities import LEADER
from adoption.demo.people import BY_KEY, DEPARTMENTS, Person, Wheel


class Speakers:
    """Those who may write in a given week, drawn by their rate."""

    def __init__(self, people: Sequence[Person]) -> None:
        self._by_department = {
            department.key: [p for p in people if p.department == department.key and p.speaks_from]
            for department in DEPARTMENTS
        }
        self._present: dict[str, list[Person]] = {}
        self._edges: dict[str, list[float]] = {}
        self._departments = Wheel({"": 1.0})
        self.leaders: list[Person] = []

    def refresh(self, day: date) -> None:
        """Take stock of who writes on ``day``."""
        self.leaders = []
        for key, people in self._by_department.items():
            present = [
                p
                for p in people
                if p.speaks_from is not None
                and p.speaks_from <= day
                and (p.employed_to is None or p.employed_to > day + timedelta(days=7))
            ]
            self._present[key] = present
            self._edges[key] = list(accumulate(p.rate for p in present))
            self.leaders += [p for p in present if p.leader]
        weights = {key: self.weight(key) for key in self._present}
        self._departments = Wheel(weights if any(weights.values()) else {"": 1.0})

    def weight(self, department: str) -> float:
        """The sum of the rates of those present."""
        edges = self._edges[department]
        return edges[-1] if edges else 0.0

    def one(self, department: str, random: Random) -> Person | None:
        """Somebody of a department (of any department for ``""``); ``None`` if nobody is there."""
        key = department or self._departments.draw(random)
        edges = self._edges.get(key)
        if not edges:
            return None
        return self._present[key][bisect(edges, random.random() * edges[-1])]

    def by(self, role: str | None, department: str, random: Random) -> Person | None:
        """The writer of a post: a leader or a member of a named department where asked for."""
        if role == LEADER and self.leaders:
            return random.choice(self.leaders)
        named = self.one(role, random) if role in BY_KEY else None
        return named or self.one(department, random)
