"""Recognises the same human behind several accounts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

from adoption.store.schema import PEOPLE_FILE

Account = tuple[str, str]
_ID = "i"


def linked_accounts(engine: Any, people: str) -> dict[Account, str]:
    """Accounts that belong to one human with others.

    Args:
        engine: a DuckDB connection.
        people: SQL of the table ``people``.

    Returns:
        For each account that shares a key with another one, the human: the smallest pseudonym of the
        group. An account that is not listed is a human of its own.

    """
    rows = engine.execute(
        "SELECT network, person_id, split_part(key, ':', 1), split_part(key, ':', 2) AS value"
        f" FROM (SELECT network, person_id, unnest(match_keys) AS key FROM {people})"
        " WINDOW same AS (PARTITION BY value)"
        " QUALIFY min(network || person_id) OVER same < max(network || person_id) OVER same"
    ).fetchall()
    groups = Groups()
    by_value: dict[str, list[tuple[str, Account]]] = {}
    for network, account_id, kind, value in rows:
        groups.add((network, account_id))
        by_value.setdefault(value, []).append((kind, (network, account_id)))
    for holders in by_value.values():
        for one, other in _links(holders):
            groups.join(one, other)
    return {account: human for account, (_, human) in groups.representatives().items()}


def humans_table(humans: Mapping[Account, str]) -> Any:
    """The same as an Arrow table of network, account_id, human."""
    return pa.table(
        {
            "network": pa.array([network for network, _ in humans], pa.string()),
            "account_id": pa.array([account for _, account in humans], pa.string()),
            "human": pa.array(humans.values(), pa.string()),
        }
    )


def _links(holders: list[tuple[str, Account]]) -> Iterable[tuple[Account, Account]]:
    """Pairs of accounts that one shared value links.

    A mail address or handle links any two accounts. An id links to a people file, and to another
    account's mail address or handle; two networks that both count their members 1, 2, 3 do not mean
    the same people.
    """
    filed = [account for _, account in holders if account[0] == PEOPLE_FILE]
    named = [account for kind, account in holders if kind != _ID]
    for hub in (filed or named)[:1]:
        yield from ((hub, account) for _, account in holders)


class Groups:
    """Disjoint sets of accounts (union-find with path halving)."""

    def __init__(self) -> None:
        self._parent: dict[Account, Account] = {}

    def add(self, account: Account) -> None:
        """Make a group of one, unless the account is known."""
        self._parent.setdefault(account, account)

    def join(self, one: Account, other: Account) -> None:
        """Make one group of the groups of both; the smaller pseudonym stands for it."""
        first, second = sorted((self._root(one), self._root(other)), key=lambda item: item[1])
        self._parent[second] = first

    def representatives(self) -> dict[Account, Account]:
        """The account that stands for the group of each account."""
        return {account: self._root(account) for account in self._parent}

    def _root(self, account: Account) -> Account:
        parent = self._parent
        while parent[account] != account:
            parent[account] = parent[parent[account]]
            account = parent[account]
        return account
