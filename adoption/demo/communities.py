"""The communities of the sample network and what people talk about in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from adoption.demo.people import DEPARTMENTS, SILENT, Department

FIRST_GROUP_ID = 47_691_300_000
ABOUT = "about"
ALL_STAFF = "all_staff"
DIRECT = "direct"
LEADER = "leader"
SWAPS = "swaps"
INPATIENT = frozenset({"acute", "surgery", "critical", "maternity", "children"})


class Place(NamedTuple):
    """A community.

    ``id`` is empty for the all-company feed and for direct messages, as in a real export.
    ``topics`` weighs the body files used here; ``shift`` and ``office`` weigh how often staff of
    clinical and of office departments open a conversation here. ``home`` is who mostly answers: a
    department or ``leader``.
    """

    key: str
    id: str
    name: str
    topics: Mapping[str, float]
    shift: float
    office: float
    private: bool = False
    description: str = ""
    home: str = ""


_OPEN = (
    (ABOUT, "About this network", {"howto": 3, "praise": 4}, 2.2, 3.0),
    (SWAPS, "Shift swaps", {"swaps": 1}, 6.0, 0.0),
    ("thanks", "Thank you wall", {"thanks": 1}, 4.5, 4.0),
    ("it", "Ask IT", {"it": 1}, 4.0, 6.0),
    ("safety", "Patient safety", {"safety": 1}, 3.5, 1.5),
    ("infection", "Infection prevention", {"infection": 1}, 2.0, 0.4),
    ("learning", "Learning and education", {"learning": 1}, 3.0, 2.0),
    ("research", "Research and trials", {"research": 1}, 1.6, 1.0),
    ("union", "Staff side", {"union": 1}, 1.6, 1.4),
    ("volunteers", "Volunteers", {"volunteers": 1}, 0.8, 1.2),
    ("catering", "Food and catering", {"catering": 1}, 1.8, 2.2),
    ("travel", "Car parks and travel", {"travel": 1}, 2.6, 3.0),
    ("wellbeing", "Wellbeing", {"wellbeing": 1}, 2.2, 2.4),
    ("market", "Buy, sell and lend", {"market": 1}, 1.6, 2.0),
    ("starters", "New starters", {"starters": 1}, 1.8, 2.0),
    ("quality", "Quality improvement", {"quality": 1}, 1.8, 1.6),
    ("green", "Green Northfield", {"green": 1}, 0.9, 1.6),
    ("events", "Events and visits", {"events": 1}, 2.0, 3.0),
    ("executive", "Ask the executive team", {"executive": 1}, 1.4, 2.4),
    ("languages", "Languages and cultures", {"languages": 1}, 0.5, 0.2),
)
_ANSWERED_BY = {
    ABOUT: "digital",
    "it": "digital",
    "catering": "estates",
    "travel": "estates",
    "events": "corporate",
    "executive": LEADER,
}
_PRIVATE = (
    ("leaders", "Senior leaders", {"leaders": 1}),
    ("guardians", "Speak up guardians", {"guardians": 1}),
)


def make_places() -> dict[str, Place]:
    """All communities by key: one per department, the cross-cutting ones, two private ones."""
    ids = iter(range(FIRST_GROUP_ID, FIRST_GROUP_ID + 100_000, 1_789))
    places = {
        ALL_STAFF: Place(ALL_STAFF, "", "All Company", {"notices": 3, "events": 1}, 0.5, 3.0),
        DIRECT: Place(DIRECT, "", "", {"direct": 1}, 0.5, 1.0, private=True),
    }
    for key, name, topics, shift, office in _OPEN:
        about = f"Open to all staff: {name.lower()}"
        places[key] = Place(
            key,
            str(next(ids)),
            name,
            topics,
            shift,
            office,
            description=about,
            home=_ANSWERED_BY.get(key, ""),
        )
    for key, name, topics in _PRIVATE:
        places[key] = Place(key, str(next(ids)), name, topics, 0.0, 0.0, private=True)
    for department in DEPARTMENTS:
        places[department.key] = _home(department, str(next(ids)))
    return places


def _home(department: Department, group_id: str) -> Place:
    topics = {"thanks": 1.0}
    if department.key != SILENT:
        topics[department.key] = 6.0
    if department.key in INPATIENT:
        topics["ward"] = 5.0
    if department.clinical:
        topics["swaps"] = 1.0
    return Place(
        department.key,
        group_id,
        department.name,
        topics,
        0.0,
        0.0,
        description=f"News and talk of {department.name}",
        home="" if department.key == SILENT else department.key,
    )
