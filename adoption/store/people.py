"""The history of people: a changed attribute makes a new version, valid from when it was learnt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pyarrow as pa

from adoption.model import Person
from adoption.pseudonyms import Pseudonyms
from adoption.store.records import Identity
from adoption.store.schema import BEGINNING, PEOPLE

Account = tuple[str, str]
"""Network and pseudonym."""


class PersonVersion(NamedTuple):
    """A row of the table ``people``: what held of an account from ``valid_from`` on.

    ``match_keys`` are ``kind:hash`` with kind ``m`` (mail), ``h`` (handle) or ``i`` (id); the hash
    does not depend on kind or network (docs/storage.md says which of them link accounts).
    """

    network: str
    person_id: str
    match_keys: tuple[str, ...]
    author_kind: str
    department: str | None
    location: str | None
    job_family: str | None
    is_leader: bool | None
    employed_from: datetime | None
    employed_to: datetime | None
    valid_from: datetime

    @property
    def account(self) -> Account:
        """Whose version this is."""
        return self.network, self.person_id

    @property
    def attributes(self) -> tuple[object, ...]:
        """What makes a new version when it changes."""
        return self[3:10]

    @property
    def says_nothing(self) -> bool:
        """Whether the source named the person without knowing anything of them."""
        return all(value is None for value in self[4:10])


Histories = dict[Account, dict[datetime, PersonVersion]]
"""Versions by account and ``valid_from``."""


def versions_of(
    network: str, rows: Iterable[Person], pseudonyms: Pseudonyms
) -> tuple[list[tuple[PersonVersion, bool]], list[Identity]]:
    """Pseudonymise people rows.

    Returns:
        Versions, each with whether the source dated it (else ``valid_from`` is :data:`BEGINNING`),
        and the identities behind them.

    """
    versions, identities = [], []
    for row in rows:
        pseudonym = pseudonyms.person(network, row.id)
        identities.append(Identity(network, pseudonym, row.id, row.name, row.email, row.handle))
        keys = (("m", row.email), ("h", row.handle), ("i", row.id))
        version = PersonVersion(
            network,
            pseudonym,
            tuple(sorted(f"{kind}:{pseudonyms.match_key(value)}" for kind, value in keys if value)),
            str(row.author_kind),
            row.department,
            row.location,
            row.job_family,
            row.is_leader,
            _utc(row.employed_from),
            _utc(row.employed_to),
            _utc(row.valid_from) or BEGINNING,
        )
        versions.append((version, row.valid_from is not None))
    return versions, identities


def apply_versions(
    known: Mapping[Account, Mapping[datetime, PersonVersion]],
    given: Iterable[tuple[PersonVersion, bool]],
    learnt_at: datetime,
) -> tuple[Histories, set[tuple[Account, datetime]]]:
    """Fold given versions into the history of their accounts.

    A dated version takes its place in the history. An undated one is compared with the newest: the
    first is valid from the beginning, a change is valid from ``learnt_at``, no change adds nothing,
    and a row that says nothing of a known person leaves the attributes alone. Match keys only grow.

    Args:
        known: the history of each account so far, by ``valid_from``.
        given: versions in the order they came, each with whether it was dated.
        learnt_at: when this sync learnt of them.

    Returns:
        The histories of the given accounts only, and which of their versions the given ones became.

    """
    result: Histories = {}
    places: set[tuple[Account, datetime]] = set()
    for version, dated in given:
        history = result.setdefault(version.account, dict(known.get(version.account, {})))
        newest = history[max(history)] if history else None
        if newest is not None and not dated:
            version = _following(newest, version, learnt_at)
        earlier = history.get(version.valid_from)
        if earlier is not None:
            version = _with_keys(version, earlier)
        history[version.valid_from] = version
        places.add((version.account, version.valid_from))
    return result, places


def _following(newest: PersonVersion, given: PersonVersion, learnt_at: datetime) -> PersonVersion:
    if given.says_nothing or given.attributes == newest.attributes:
        return _with_keys(newest, given)
    return given._replace(valid_from=max(learnt_at, newest.valid_from))


def _with_keys(version: PersonVersion, other: PersonVersion) -> PersonVersion:
    if version.match_keys == other.match_keys:
        return version
    keys = tuple(sorted({*version.match_keys, *other.match_keys}))
    return version._replace(match_keys=keys)


def people_table(versions: Iterable[PersonVersion]) -> Any:
    """The ``people`` columns of these versions."""
    columns = list(zip(*versions, strict=True)) or [()] * len(PEOPLE.columns)
    arrays = [
        pa.array(column, type=field.type)
        for column, field in zip(columns, PEOPLE.schema, strict=True)
    ]
    return pa.Table.from_arrays(arrays, schema=PEOPLE.schema)


def read_history(rows: Iterable[tuple[Any, ...]]) -> Histories:
    """The histories in rows of the table ``people`` (columns in schema order)."""
    known: Histories = {}
    for network, person_id, keys, *rest in rows:
        version = PersonVersion(network, person_id, tuple(keys), *rest)
        known.setdefault((network, person_id), {})[version.valid_from] = version
    return known


def _utc(value: datetime | None) -> datetime | None:
    return value.astimezone(UTC) if value is not None else None
