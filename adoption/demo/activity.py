"""Who writes what, where and when: a stream of messages in the order of time.

Days are worked off one after the other and only conversations that are still going on are kept,
so memory does not grow with the number of messages.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from math import exp
from random import Random
from typing import NamedTuple

from adoption.demo.calendar import (
    OFFICE_EDGES,
    SHIFT_EDGES,
    Timeline,
    day_factor,
    summer_time,
)
from adoption.demo.communities import ABOUT, DIRECT, SWAPS, Place
from adoption.demo.effects import activity_factor, pushback_rates
from adoption.demo.people import BY_KEY, DEPARTMENTS, ROTA_BOT, Department, Person, Wheel
from adoption.demo.script import (
    NEUTRAL,
    REMINDER_TOPIC,
    Bag,
    Conversation,
    Label,
    Line,
    Script,
    Seed,
)
from adoption.demo.slots import Slots
from adoption.demo.speakers import Speakers

MESSAGES_PER_PERSON_AND_DAY = 0.083
OWN_PLACE_SHARE = 0.45
OWN_ANSWERS = 0.88
HOST_ANSWERS = 0.5
"""How often an answer comes from the department a community belongs to, or is looked after by."""
SEEDED_SIZE = 2.25
SEEDED_PUSHBACK = 1.25
"""Messages, and pushback among them, in a conversation about the network, on average."""
SECONDS_A_DAY = 86_400
REMINDER_TIME = 7 * 3_600
SUMMER_TIME = 3_600
"""A day of summer time begins this much before midnight UTC."""
FIRST_MESSAGE_ID = 9_311_000_000_000_000
"""Sixteen digits and above 2**53, so that a reader that goes through floats is found out."""


class Posted(NamedTuple):
    """One message as it goes into the export; ``at`` is in seconds since 1970, UTC.

    ``thread_id`` equals ``id`` for a post, ``parent_id`` is ``None`` then. ``recipient`` is set in
    direct messages only.
    """

    id: int
    at: int
    text: str
    label: Label
    author: Person
    place: Place
    thread_id: int
    parent_id: int | None
    title: str
    recipient: Person | None


class Pending:
    """A message whose time has not come yet."""

    __slots__ = ("at", "author", "id", "line", "parent", "slots", "starter")

    def __init__(
        self, at: int, line: Line, author: Person, parent: Pending | None, slots: Slots
    ) -> None:
        self.at = at
        self.line = line
        self.author = author
        self.parent = parent
        self.starter: Pending = self if parent is None else parent.starter
        self.slots = slots
        self.id = 0


class Activity:
    """The generator of messages; one instance makes one run."""

    def __init__(
        self,
        people: Sequence[Person],
        places: Mapping[str, Place],
        script: Script,
        timeline: Timeline,
        random: Random,
    ) -> None:
        self._speakers = Speakers(people)
        self._places = places
        self._timeline = timeline
        self._random = random
        self._heap: list[tuple[int, int, Pending, Place]] = []
        self._number = count()
        self._debts: dict[str, float] = {}
        self._last_id = FIRST_MESSAGE_ID
        self._talks = {topic: Bag(talks, random) for topic, talks in script.topics.items()}
        self._sizes = {
            topic: sum(_expected_size(talk) for talk in talks) / len(talks)
            for topic, talks in script.topics.items()
        }
        self._seeds = {barrier: Bag(seeds, random) for barrier, seeds in script.seeds.items()}
        self._early_seeds = {
            barrier: Bag(tuple(s for s in seeds if s.conversation.after is None), random)
            for barrier, seeds in script.seeds.items()
        }
        self._topics = {key: Wheel(place.topics) for key, place in places.items()}
        self._shift = Wheel({key: place.shift for key, place in places.items()})
        self._office = Wheel({key: place.office for key, place in places.items()})
        self._private = [key for key, place in places.items() if place.private and key != DIRECT]

    def days(self) -> Iterator[tuple[date, list[Posted]]]:
        """Every day with its messages, in the order they were sent."""
        for number in range(self._timeline.days):
            day = self._timeline.start + timedelta(days=number)
            if number % 7 == 0:
                self._speakers.refresh(day)
            midnight = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
            for department in DEPARTMENTS:
                self._open_conversations(day, midnight, department)
            if day.weekday() == 0 and day >= self._timeline.launch:
                self._remind(midnight + REMINDER_TIME)
            yield day, list(self._due(midnight + SECONDS_A_DAY - SUMMER_TIME))

    def _remind(self, at: int) -> None:
        """Let the rota bot post where shifts are swapped."""
        talk = self._talks[REMINDER_TOPIC].draw()
        slots = Slots(talk, at, self._random, ROTA_BOT, None)
        post = Pending(at, talk.lines[0], ROTA_BOT, None, slots)
        heappush(self._heap, (at, next(self._number), post, self._places[SWAPS]))

    def _open_conversations(self, day: date, midnight: int, department: Department) -> None:
        """Open a department's conversations of one day."""
        expected = (
            self._speakers.weight(department.key)
            * MESSAGES_PER_PERSON_AND_DAY
            * day_factor(day, clinical=department.clinical)
            * activity_factor(day, department.key, self._timeline)
        )
        if not expected:
            return
        rates = pushback_rates(day, department.key, self._timeline)
        seeds = self._owed(department.key, expected * sum(rates.values()) / SEEDED_PUSHBACK)
        peak = max(rates.values())
        bags = self._seeds if day >= self._timeline.incident else self._early_seeds
        for _ in range(seeds):
            seed = bags[Wheel(rates).draw(self._random)].draw()
            also = {barrier: 0.3 * rate / peak for barrier, rate in rates.items()}
            self._open_seeded(seed, also, day, midnight, department)
        ordinary = max(expected - seeds * SEEDED_SIZE, 0.0)
        budget = self._poisson(ordinary * 4) / 4
        while budget > 0:
            budget -= self._open_ordinary(day, midnight, department, budget)

    def _owed(self, department: str, more: float) -> int:
        """How many conversations are due, so that a department's sum stays close to what is expected.

        Single departments have a handful of them in a month; drawing each month by chance would
        drown the effects that the sample is to show.
        """
        owed = self._debts.setdefault(department, self._random.random()) + more
        self._debts[department] = owed % 1.0
        return int(owed)

    def _open_ordinary(
        self, day: date, midnight: int, department: Department, budget: float
    ) -> float:
        """Open one conversation about work; the number of messages it is expected to take."""
        place = self._choose_place(department)
        topic = self._topics[place.key].draw(self._random)
        size = self._sizes[topic]
        if self._random.random() * size > budget:
            return size
        talk = self._talks[topic].draw()
        author = self._speakers.by(talk.by, department.key, self._random)
        if author is not None:
            at = self._time(day, midnight, BY_KEY[author.department])
            self._plan(talk, place, author, at, self._some_branches(talk, {}), None, department)
        return size

    def _open_seeded(
        self,
        seed: Seed,
        also: Mapping[str, float],
        day: date,
        midnight: int,
        department: Department,
    ) -> None:
        """Open a conversation about the network in which ``department`` pushes back."""
        talk = seed.conversation
        place = self._places[talk.place or self._random.choice((ABOUT, department.key))]
        role = talk.by if seed.line else None
        author = self._speakers.by(role, department.key if not seed.line else "", self._random)
        if author is not None:
            at = self._time(day, midnight, BY_KEY[author.department])
            chosen = self._some_branches(talk, also, seed.line)
            self._plan(talk, place, author, at, chosen, seed.line, department)

    def _choose_place(self, department: Department) -> Place:
        draw = self._random.random()
        if draw < OWN_PLACE_SHARE:
            return self._places[department.key]
        if draw > 0.985:
            return self._places[self._random.choice(self._private)]
        if draw > 0.975:
            return self._places[DIRECT]
        wheel = self._shift if department.clinical else self._office
        return self._places[wheel.draw(self._random)]

    def _some_branches(
        self, talk: Conversation, also: Mapping[str, float], wanted: int | None = None
    ) -> list[int]:
        """Which lines after the post are said this time; ``wanted`` and what leads to it surely."""
        chosen: list[int] = []
        for branch in talk.branches:
            label = talk.lines[branch[0]].label
            chance = 0.6 if label.barrier is None else also.get(label.barrier, 0.0)
            sure = wanted if wanted in branch else -1
            if sure is None or (sure < 0 and self._random.random() > chance):
                continue
            for index in branch:
                if index > sure and index != branch[0] and self._random.random() > 0.75:
                    break
                chosen.append(index)
        return chosen

    def _plan(
        self,
        talk: Conversation,
        place: Place,
        author: Person,
        at: int,
        chosen: Sequence[int],
        forced: int | None,
        department: Department,
    ) -> None:
        """Put a post and the chosen replies on the heap, each at its time."""
        slots = Slots(talk, at, self._random, author, self._other_than(author, ""))
        post = Pending(at, talk.lines[0], author, None, slots)
        heappush(self._heap, (at, next(self._number), post, place))
        before = post
        for index in chosen:
            line = talk.lines[index]
            parent = post if line.turn == "answer" else before
            writer = self._answering(
                line, parent, place, slots, department if index == forced else None
            )
            if writer is None:
                continue
            before = Pending(self._later(parent.at), line, writer, parent, slots)
            heappush(self._heap, (before.at, next(self._number), before, place))

    def _answering(
        self,
        line: Line,
        parent: Pending,
        place: Place,
        slots: Slots,
        department: Department | None,
    ) -> Person | None:
        """Who says a reply; ``None`` if there is nobody."""
        if line.turn == "back":
            return parent.starter.author
        if place.key == DIRECT:
            return slots.other
        if place.private:
            leaders = self._speakers.leaders
            return self._random.choice(leaders) if leaders else None
        if department is not None:
            return self._other_than(parent.author, department.key)
        share = OWN_ANSWERS if place.home == place.key else HOST_ANSWERS
        hosts = line.label is NEUTRAL or place.home == place.key
        home = place.home if hosts and self._random.random() < share else ""
        return self._other_than(parent.author, home)

    def _other_than(self, person: Person, home: str) -> Person | None:
        """Somebody of a department, a leader, or anybody for ``""``, but not ``person``."""
        for _ in range(4):
            found = self._speakers.by(home, "", self._random)
            if found is not None and found is not person:
                return found
        return None

    def _time(self, day: date, midnight: int, department: Department) -> int:
        """A moment on ``day`` that suits people who work in shifts or in an office."""
        edges = SHIFT_EDGES if department.clinical else OFFICE_EDGES
        hour = bisect(edges, self._random.random() * edges[-1])
        local = midnight + hour * 3600 + int(self._random.random() * 3600)
        return local - SUMMER_TIME if summer_time(day) else local

    def _later(self, at: int) -> int:
        """When somebody answers: after 35 minutes in the middle, mostly not in the dead of night."""
        at += 40 + int(exp(self._random.gauss(7.65, 1.6)))
        hour = at % SECONDS_A_DAY // 3600
        if hour < 6 and self._random.random() < 0.75:
            at += (6 - hour) * 3600 + int(self._random.random() * 7200)
        return at

    def _poisson(self, mean: float) -> int:
        """A Poisson number: Knuth's product method, or the normal approximation for large means."""
        if mean > 30:
            return max(round(self._random.gauss(mean, mean**0.5)), 0)
        number = 0
        limit, product = exp(-mean), self._random.random()
        while product > limit:
            number += 1
            product *= self._random.random()
        return number

    def _due(self, before: int) -> Iterator[Posted]:
        """Send everything whose time has come."""
        heap = self._heap
        while heap and heap[0][0] < before:
            at, _, pending, place = heappop(heap)
            self._last_id += 1 + int(self._random.random() * 4_000_000)
            pending.id = self._last_id
            parent = pending.parent
            starter = pending.starter
            slots = pending.slots
            yield Posted(
                id=pending.id,
                at=at,
                text=slots.fill(pending.line, parent.author if parent else None),
                label=pending.line.label,
                author=pending.author,
                place=place,
                thread_id=starter.id,
                parent_id=parent.id if parent else None,
                title=slots.title if parent is None else "",
                recipient=_recipient(pending) if place.key == DIRECT else None,
            )


def _recipient(pending: Pending) -> Person | None:
    """The other side of a direct message."""
    opener = pending.starter.author
    return pending.slots.other if pending.author is opener else opener


def _expected_size(talk: Conversation) -> float:
    """How many messages a conversation about work takes on average (see ``_some_branches``)."""
    return 1 + sum(0.6 * sum(0.75**n for n in range(len(branch))) for branch in talk.branches)
