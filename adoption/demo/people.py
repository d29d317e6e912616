"""The staff of Northfield Hospitals, an invented hospital trust.

Everybody here is drawn from a seeded generator; no name, address or place is taken from a real
organisation. Mail addresses end in ``.example``, which no one can own (RFC 2606).
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import accumulate
from random import Random
from typing import NamedTuple

from adoption.demo.calendar import Timeline
from adoption.demo.names import FIRST_NAMES, JOB_TITLES, LAST_NAMES

MAIL_DOMAIN = "northfield.example"
SITES = (
    "Northfield General",
    "St Hild's Hospital",
    "Millbrook Hospital",
    "Riverside Health Centre",
    "Harbour House",
)
LEADER_SHARE = 0.045
FIRST_USER_ID = 1_488_200_000_000


class Department(NamedTuple):
    """A department: its share of the staff, how talkative it is, and who works where.

    ``families`` and ``sites`` hold relative weights; ``clinical`` departments work in shifts.
    """

    key: str
    name: str
    share: float
    energy: float
    clinical: bool
    families: Mapping[str, float]
    sites: Sequence[float]


NURSING = {"Nursing and midwifery": 6, "Medical": 2, "Administrative and clerical": 1}
MIXED = {"Nursing and midwifery": 3, "Medical": 2, "Administrative and clerical": 2}
ALLIED = {"Allied health professions": 8, "Administrative and clerical": 1}
SCIENCE = {"Healthcare science": 8, "Administrative and clerical": 1}
OFFICE = {"Administrative and clerical": 8, "Digital and technical": 1}
HOSPITALS = (6, 3, 2, 0, 0)

DEPARTMENTS = (
    Department("emergency", "Emergency", 0.08, 1.25, True, NURSING, (7, 3, 0, 0, 0)),
    Department("acute", "Acute medicine", 0.12, 0.9, True, NURSING, HOSPITALS),
    Department("surgery", "Surgery", 0.10, 0.85, True, NURSING, HOSPITALS),
    Department("theatres", "Theatres and anaesthetics", 0.07, 0.9, True, NURSING, HOSPITALS),
    Department("critical", "Critical care", 0.05, 1.0, True, NURSING, (6, 3, 0, 0, 0)),
    Department("maternity", "Maternity", 0.06, 1.2, True, NURSING, (5, 5, 0, 1, 0)),
    Department("children", "Children's services", 0.06, 1.1, True, NURSING, (6, 0, 2, 2, 0)),
    Department("outpatients", "Outpatients", 0.05, 0.85, True, MIXED, (4, 3, 3, 2, 0)),
    Department("pharmacy", "Pharmacy", 0.04, 1.1, True, SCIENCE, HOSPITALS),
    Department("imaging", "Imaging", 0.05, 0.9, True, ALLIED, (5, 3, 2, 1, 0)),
    Department("pathology", "Pathology", 0.04, 0.0, True, SCIENCE, (8, 2, 0, 0, 0)),
    Department("therapies", "Therapies", 0.06, 1.4, True, ALLIED, (4, 3, 2, 3, 0)),
    Department("community", "Community nursing", 0.07, 1.0, True, NURSING, (0, 0, 2, 8, 0)),
    Department(
        "estates",
        "Estates and facilities",
        0.07,
        0.75,
        True,
        {"Estates and ancillary": 9, "Administrative and clerical": 1},
        HOSPITALS,
    ),
    Department(
        "digital",
        "Digital services",
        0.03,
        1.3,
        False,
        {"Digital and technical": 1},
        (3, 0, 0, 0, 7),
    ),
    Department("corporate", "Corporate services", 0.05, 1.3, False, OFFICE, (2, 1, 0, 0, 7)),
)
BY_KEY = {department.key: department for department in DEPARTMENTS}
PILOT = "therapies"
SILENT = "pathology"
EARLY = frozenset({"digital", "corporate"})


class Person(NamedTuple):
    """One employee.

    ``joined`` is the day of the first sign-in to the network, ``speaks_from`` the day from which
    the person may write; ``None`` means never. ``rate`` is how much this person writes, relative
    to a mean of about 1.
    """

    user_id: str
    name: str
    first: str
    email: str
    department: str
    site: str
    job_family: str
    job_title: str
    leader: bool
    employed_from: date
    employed_to: date | None
    joined: date | None
    speaks_from: date | None
    rate: float


ROTA_BOT = Person(
    user_id=str(FIRST_USER_ID - 1),
    name="Rota reminder",
    first="",
    email="",
    department="",
    site="",
    job_family="",
    job_title="",
    leader=False,
    employed_from=date.min,
    employed_to=None,
    joined=None,
    speaks_from=None,
    rate=0.0,
)
"""A program that posts; it is on no roster, and a real export marks its messages as a bot's."""


class Wheel:
    """Draws one of some options by weight; faster than ``random.choices`` for many single draws."""

    def __init__(self, weights: Mapping[str, float]) -> None:
        self._options = [option for option, weight in weights.items() if weight > 0]
        self._edges = list(accumulate(weights[option] for option in self._options))

    def draw(self, random: Random) -> str:
        """One option."""
        return self._options[bisect(self._edges, random.random() * self._edges[-1])]


def make_people(number: int, timeline: Timeline, random: Random) -> list[Person]:
    """``number`` employees, those who join and leave during the time included."""
    departments = Wheel({department.key: department.share for department in DEPARTMENTS})
    families = {d.key: Wheel(d.families) for d in DEPARTMENTS}
    sites = {d.key: Wheel(dict(zip(SITES, d.sites, strict=True))) for d in DEPARTMENTS}
    taken: dict[str, int] = {}
    people = []
    user_id = FIRST_USER_ID
    for _ in range(number):
        user_id += random.randint(11, 997)
        key = departments.draw(random)
        family = families[key].draw(random)
        first, last = random.choice(FIRST_NAMES), random.choice(LAST_NAMES)
        leader = random.random() < LEADER_SHARE
        employed_from, employed_to = _employment(timeline, random)
        joined = _first_sign_in(key, leader, employed_from, employed_to, timeline, random)
        people.append(
            Person(
                user_id=str(user_id),
                name=f"{first} {last}",
                first=first,
                email=_mail(first, last, taken),
                department=key,
                site=sites[key].draw(random),
                job_family=family,
                job_title=random.choice(JOB_TITLES[family]),
                leader=leader,
                employed_from=employed_from,
                employed_to=employed_to,
                joined=joined,
                speaks_from=_first_word(key, joined, leader, random),
                rate=_rate(key, leader, random),
            )
        )
    return people


def _mail(first: str, last: str, taken: dict[str, int]) -> str:
    """A mail address nobody else has; namesakes get a number."""
    local = f"{first}.{last}".lower().replace("'", "").replace(" ", "")
    taken[local] = taken.get(local, 0) + 1
    suffix = "" if taken[local] == 1 else str(taken[local])
    return f"{local}{suffix}@{MAIL_DOMAIN}"


def _employment(timeline: Timeline, random: Random) -> tuple[date, date | None]:
    """First and last day of employment: one in seven joins later, about 10 % leave in a year."""
    days = timeline.days
    if random.random() < 0.14:
        begins = timeline.start + timedelta(days=random.randrange(days))
    else:
        begins = timeline.start - timedelta(days=int(random.expovariate(1 / 1700)) + 1)
    if random.random() < 0.10 * days / 365:
        first = max(begins + timedelta(days=45), timeline.start)
        left = (timeline.until - first).days
        if left > 1:
            return begins, first + timedelta(days=random.randrange(left))
    return begins, None


def _first_sign_in(
    department: str,
    leader: bool,
    employed_from: date,
    employed_to: date | None,
    timeline: Timeline,
    random: Random,
) -> date | None:
    """The pilot department signs in at the start, the others from the launch on, 8 % never."""
    if random.random() < 0.08:
        return None
    if department == PILOT:
        opened, spread = timeline.start, 14.0
    elif department in EARLY and random.random() < (0.5 if leader else 0.12):
        opened, spread = timeline.start, 30.0
    else:
        opened, spread = timeline.launch, random.choice((4.0, 12.0, 60.0))
    day = max(opened, employed_from + timedelta(days=random.randint(2, 15)))
    day += timedelta(days=int(random.expovariate(1 / spread)))
    gone = employed_to is not None and day >= employed_to
    return None if gone or day > timeline.until else day


def _first_word(department: str, joined: date | None, leader: bool, random: Random) -> date | None:
    """Many only read: 27 % of those who signed in never write, leaders seldom stay silent."""
    if joined is None or department == SILENT or random.random() < (0.1 if leader else 0.27):
        return None
    return joined + timedelta(days=int(random.expovariate(1 / 28)))


def _rate(department: str, leader: bool, random: Random) -> float:
    """A skewed rate, as in real networks: a few write much, most write little."""
    energy = BY_KEY[department].energy * (1.7 if leader else 1.0)
    return energy * random.lognormvariate(-0.5, 1.0)
