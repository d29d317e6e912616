"""Filling the slots of a conversation: the same ward, day and name in all of its messages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

from adoption.demo.names import FIRST_NAMES
from adoption.demo.people import SITES, Person
from adoption.demo.script import Conversation, Line

WARDS = (
    "Ash ward",
    "Birch ward",
    "Cedar ward",
    "Hazel ward",
    "Juniper ward",
    "Larch ward",
    "Maple ward",
    "Rowan ward",
    "Willow ward",
    "Ward 3",
    "Ward 5",
    "Ward 8",
    "Ward 11",
    "Ward 14",
)
ROOMS = (
    "the Garden room",
    "seminar room 2",
    "seminar room 4",
    "the lecture theatre",
    "the education centre",
    "the boardroom",
    "the old chapel",
    "meeting room 1.12",
)
HOSPITALS = SITES[:3]
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
SLOT_NAMES = (
    "ward",
    "room",
    "site",
    "day",
    "day2",
    "date",
    "month",
    "lately",
    "time",
    "n",
    "ext",
    "first",
    "first2",
    "op",
    "prev",
    "at",
)
MENTION_SHARE = 0.07


class Slots:
    """The values of one conversation.

    ``SLOT_NAMES`` lists the slots. ``op`` is the first name of the writer of the post, ``prev`` of
    the person who is answered, ``at`` a mention ``[[user:ID]]`` of ``other``, some third person.
    ``lately`` is a month that has passed, ``month`` one that is to come.
    """

    __slots__ = ("_mentions", "_values", "other", "title")

    def __init__(
        self, talk: Conversation, at: int, random: Random, author: Person, other: Person | None
    ) -> None:
        self.other = other
        self._mentions = random.random()
        self._values = _values(at, random, author, other) if talk.has_slots else {}
        self.title = talk.title.format_map(self._values) if "{" in talk.title else talk.title

    def fill(self, line: Line, answered: Person | None) -> str:
        """The text as it was posted; some replies begin with a mention of who is answered."""
        text = line.text
        if line.has_slots:
            self._values["prev"] = answered.first if answered else ""
            text = text.format_map(self._values)
        if answered is not None and self._mentions < MENTION_SHARE:
            return f"[[user:{answered.user_id}]] {text}"
        return text


def _values(at: int, random: Random, author: Person, other: Person | None) -> dict[str, str]:
    when = datetime.fromtimestamp(at, UTC) + timedelta(days=random.randint(2, 16))
    first = random.randrange(len(DAYS) - 2)
    names = random.sample(FIRST_NAMES, 2)
    return {
        "ward": random.choice(WARDS),
        "room": random.choice(ROOMS),
        "site": random.choice(HOSPITALS),
        "day": DAYS[first],
        "day2": DAYS[first + random.randint(1, 2)],
        "date": f"{when.day} {MONTHS[when.month - 1]}",
        "month": MONTHS[when.month % 12],
        "lately": MONTHS[when.month - 3],
        "time": f"{random.randint(8, 18)}:{random.choice(('00', '15', '30', '45'))}",
        "n": str(random.randint(2, 9)),
        "ext": str(random.randint(2100, 7899)),
        "first": names[0],
        "first2": names[1],
        "op": author.first,
        "at": f"[[user:{other.user_id}]]" if other else random.choice(FIRST_NAMES),
    }
