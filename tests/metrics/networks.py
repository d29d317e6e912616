"""Small invented networks as pandas frames, and a snapshot that serves them through DuckDB."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import duckdb
import ibis
import pandas as pd
import pyarrow as pa

from adoption.period import Period, monday

FIRST = date(2026, 1, 5)
DEPARTMENTS = ("Pharmacy", "Theatres", "Estates", None)
LOCATIONS = ("North", "South", None)
JOBS = ("Nursing", "Admin")
BARRIERS = ("existing_channel", "legal_risk", "skills", "imposed")
STATES = ("scored", "scored", "scored", "scored", "too_short", "unsupported_language")

SCHEMAS: dict[str, dict[str, str]] = {
    "facts": {
        "network": "string",
        "message_id": "string",
        "community_id": "string",
        "conversation_id": "string",
        "parent_id": "string",
        "kind": "string",
        "created_at": "timestamp('UTC', 6)",
        "person_id": "string",
        "department": "string",
        "location": "string",
        "job_family": "string",
        "is_leader": "boolean",
        "week": "date",
    },
    "acts": {
        "network": "string",
        "person_id": "string",
        "department": "string",
        "location": "string",
        "job_family": "string",
        "is_leader": "boolean",
        "community_id": "string",
        "act": "string",
        "acted_at": "timestamp('UTC', 6)",
        "week": "date",
    },
    "persons": {
        "network": "string",
        "account_id": "string",
        "person_id": "string",
        "author_kind": "string",
        "department": "string",
        "location": "string",
        "job_family": "string",
        "is_leader": "boolean",
        "employed_from": "timestamp('UTC', 6)",
        "employed_to": "timestamp('UTC', 6)",
        "valid_from": "timestamp('UTC', 6)",
        "valid_to": "timestamp('UTC', 6)",
    },
    "communities": {"network": "string", "community_id": "string", "name": "string"},
    "activity": {
        "network": "string",
        "person_id": "string",
        "day": "date",
        "kind": "string",
        "number": "int64",
        "window_days": "int64",
    },
}
SCHEMAS["reactions"] = {
    "network": "string",
    "message_id": "string",
    "message_at": "timestamp('UTC', 6)",
    "person_id": "string",
    "kind": "string",
    "reacted_at": "timestamp('UTC', 6)",
    "number": "int64",
    "removed_at": "timestamp('UTC', 6)",
}
SCHEMAS["verdicts"] = {
    **{name: kind for name, kind in SCHEMAS["facts"].items() if name != "kind"},
    "state": "string",
    "stance": "string",
    "pushback": "float64",
    "barrier": "string",
    "intensity": "int64",
    "flag": "string",
    "drawn": "boolean",
    "model_state": "string",
    "model_pushback": "float64",
}


@dataclass
class Network:
    """An invented network, table by table, as lists of rows."""

    tables: dict[str, list[dict[str, Any]]] = field(
        default_factory=lambda: {name: [] for name in SCHEMAS}
    )

    def frame(self, name: str) -> pd.DataFrame:
        """A table for pandas."""
        return pd.DataFrame(self.tables[name], columns=list(SCHEMAS[name]))


class InMemory:
    """A snapshot over an in-memory DuckDB with the columns of docs/architecture.md."""

    def __init__(self, network: Network, number: int = 7) -> None:
        self.id = number
        self.queries = 0
        engine = duckdb.connect()
        engine.execute("SET TimeZone = 'UTC'")
        for name, schema in SCHEMAS.items():
            shape = ibis.schema(schema)
            rows = [{column: row.get(column) for column in schema} for row in network.tables[name]]
            table = pa.Table.from_pylist(rows, schema=shape.to_pyarrow())
            engine.register("given", table)
            engine.execute(f"CREATE TABLE {name} AS FROM given")
            engine.unregister("given")
        self.database = ibis.duckdb.from_connection(engine)

    def table(self, name: str) -> Any:
        self.queries += 1
        return self.database.table(name)


def period(weeks: int = 13, first: date = FIRST) -> Period:
    return Period(first, first + timedelta(weeks=weeks))


def random_network(
    seed: int, *, people: int = 40, messages: int = 300, weeks: int = 16, networks: int = 2
) -> Network:
    """A network in which everything that can vary does: movers, leavers, gaps, flat and nested replies."""
    random = Random(seed)
    network = Network()
    names = [f"net{number}" for number in range(networks)]
    roster = [_person(random, number, weeks) for number in range(people)]
    for person in roster:
        for name in names:
            network.tables["persons"] += _accounts(person, name)
    for name in names:
        network.tables["communities"] += [
            {"network": name, "community_id": str(number), "name": f"Community {number}"}
            for number in range(4)
        ]
        _conversations(random, network, name, roster, messages // networks, weeks)
    network.tables["activity"] = _usage(random, roster, weeks)
    return network


def _person(random: Random, number: int, weeks: int) -> dict[str, Any]:
    moved = random.random() < 0.2
    return {
        "person_id": f"p{number:03d}",
        "department": random.choice(DEPARTMENTS),
        "next_department": random.choice(DEPARTMENTS) if moved else None,
        "moved_at": at(random.uniform(0, weeks * 7)) if moved else None,
        "location": random.choice(LOCATIONS),
        "job_family": random.choice(JOBS),
        "is_leader": random.random() < 0.1,
        "employed_from": at(random.uniform(-50, 60)) if random.random() < 0.5 else None,
        "employed_to": at(random.uniform(30, 120)) if random.random() < 0.2 else None,
        "weight": random.paretovariate(1.2),
    }


def _accounts(person: dict[str, Any], network: str) -> list[dict[str, Any]]:
    base = {
        "network": network,
        "account_id": f"{network}-{person['person_id']}",
        "author_kind": "person",
        "valid_from": None,
        "valid_to": person["moved_at"],
        **{name: person[name] for name in ("person_id", "location", "job_family", "is_leader")},
        **{name: person[name] for name in ("department", "employed_from", "employed_to")},
    }
    if person["moved_at"] is None:
        return [base]
    later = {"valid_from": person["moved_at"], "valid_to": None}
    return [base, {**base, **later, "department": person["next_department"]}]


def _conversations(
    random: Random,
    network: Network,
    name: str,
    roster: list[dict[str, Any]],
    messages: int,
    weeks: int,
) -> None:
    starters: list[dict[str, Any]] = []
    threads: dict[str, list[str]] = {}
    for number in range(messages):
        author = random.choices(roster, [person["weight"] for person in roster])[0]
        reply = bool(starters) and random.random() < 0.55
        starter = random.choice(starters[-30:]) if reply else None
        fact = _fact(random, name, number, author, starter, threads, weeks)
        if starter is None:
            starters.append(fact)
        threads.setdefault(fact["conversation_id"], []).append(fact["message_id"])
        network.tables["facts"].append(fact)
        network.tables["acts"].append(act_of(fact, fact["kind"]))
        if random.random() < 0.95:
            network.tables["verdicts"].append(verdict_of(random, fact))
        network.tables["reactions"].append(_likes(random, fact))
        for _ in range(random.randrange(3)):
            fan = random.choice(roster)
            reaction = {**fact, **as_of(fan, fact["created_at"])}
            network.tables["acts"].append(act_of(reaction, "reaction"))


def _likes(random: Random, fact: dict[str, Any]) -> dict[str, Any]:
    """A number of likes of which nobody knows whose they are; some were taken back."""
    later = fact["created_at"] + timedelta(days=random.choice((0, 3, 10)))
    return {
        **{name: fact[name] for name in ("network", "message_id")},
        "message_at": fact["created_at"],
        "kind": "like",
        "reacted_at": random.choice((None, later)),
        "number": random.randrange(4),
        "removed_at": random.choice((None, None, later)),
    }


def _usage(random: Random, roster: list[dict[str, Any]], weeks: int) -> list[dict[str, Any]]:
    """A usage report: mail and chat per person on some days, totals only on others."""
    rows: list[dict[str, Any]] = []
    for day in range(0, weeks * 7, 3):
        named = random.random() < 0.7
        for person in random.sample(roster, 5) if named else [None]:
            rows.append(
                {
                    "network": "net0",
                    "person_id": None if person is None else f"net0-{person['person_id']}",
                    "day": FIRST + timedelta(days=day),
                    "kind": random.choice(("email_sent", "chat_sent", "channel_sent", "read")),
                    "number": random.randrange(20),
                    "window_days": random.choice((1, 1, 1, 28)),
                }
            )
    total: dict[str, Any] = {"person_id": None, "number": 999, "window_days": 1}
    return rows + [{**row, **total} for row in rows if row["person_id"]]


def _fact(
    random: Random,
    name: str,
    number: int,
    author: dict[str, Any],
    starter: dict[str, Any] | None,
    threads: dict[str, list[str]],
    weeks: int,
) -> dict[str, Any]:
    message_id = f"m{number}"
    if starter is None:
        when = at(random.uniform(0, weeks * 7))
        community = random.choice(("0", "1", "2", "3", None))
        conversation, parent = message_id, None
    else:
        when = starter["created_at"] + timedelta(hours=random.choice((0, 1, 5, 30, 167, 168, 200)))
        community, conversation = starter["community_id"], starter["message_id"]
        parent = random.choice((*threads[conversation], conversation, None))
    return {
        "network": name,
        "message_id": message_id,
        "community_id": community,
        "conversation_id": conversation,
        "parent_id": parent,
        "kind": "post" if starter is None else "reply",
        "created_at": when,
        "week": monday(when.date()),
        **as_of(author, when),
    }


def as_of(person: dict[str, Any], when: datetime) -> dict[str, Any]:
    """A person's attributes at a moment."""
    moved = person["moved_at"] is not None and when >= person["moved_at"]
    return {
        "person_id": person["person_id"],
        "department": person["next_department"] if moved else person["department"],
        **{name: person[name] for name in ("location", "job_family", "is_leader")},
    }


def act_of(fact: dict[str, Any], act: str) -> dict[str, Any]:
    """The act that belongs to a message or a reaction."""
    row = {name: fact.get(name) for name in SCHEMAS["acts"] if name in fact}
    return {**row, "act": act, "acted_at": fact["created_at"]}


def verdict_of(random: Random, fact: dict[str, Any]) -> dict[str, Any]:
    """A random verdict on a message."""
    row = {name: fact[name] for name in SCHEMAS["facts"] if name != "kind"}
    state = random.choice(STATES)
    if state != "scored":
        return {**row, "state": state, "flag": "pass", "model_state": state, "drawn": False}
    probability = random.random() ** 3
    flagged = probability > 0.5
    stance = "pushback" if flagged else random.choice(("support", "neutral", "neutral"))
    return checked(
        {
            **row,
            "state": state,
            "stance": stance,
            "pushback": probability,
            "barrier": random.choice(BARRIERS) if flagged else None,
            "intensity": random.randint(1, 3) if flagged else None,
            "flag": "flag" if flagged else "pass",
        }
    )


def checked(verdict: dict[str, Any]) -> dict[str, Any]:
    """Half of the verdicts as a person left them who drew them by chance and disagreed with some."""
    random = Random(f"{verdict['network']}/{verdict['message_id']}")
    drawn, agrees = random.random() < 0.5, random.random() < 0.85
    row = {
        **verdict,
        "drawn": drawn,
        "model_state": "scored",
        "model_pushback": verdict["pushback"],
    }
    if not drawn or agrees:
        return row
    right: dict[str, Any]
    if verdict["flag"] == "flag":
        right = {"stance": "neutral", "flag": "pass", "barrier": None, "intensity": None}
        return {**row, **right, "pushback": 0.0}
    right = {"stance": "pushback", "flag": "flag", "barrier": "skills", "intensity": 1}
    return {**row, **right, "pushback": 1.0}


def at(days: float) -> datetime:
    """A moment, in whole seconds, so many days after the first Monday."""
    start = datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC)
    return start + timedelta(seconds=int(days * 86400))
