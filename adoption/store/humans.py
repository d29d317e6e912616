"""Recognises the same human behind several accounts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa

from adoption.store.schema import PEOPLE_FILE

Account = tuple[str, str]
_ID = "i"


def humans_table(rows: Iterable[tuple[str, str, Sequence[str]]]) -> Any:
    """Which accounts belong to one human.

    Args:
        rows: network, account pseudonym and match keys (``kind:hash``) of people rows.

    Returns:
        An Arrow table of network, account_id, human; ``human`` is the smallest pseudonym of the group.

    """
    groups = Groups()
    keyed: dict[str, list[tuple[str, str, Account]]] = {}
    for network, account_id, keys in rows:
        groups.add((network, account_id))
        for key in keys:
            kind, _, value = key.partition(":")
            keyed.setdefault(value, []).append((kind, network, (network, account_id)))
    for holders in keyed.values():
        for one, other in _links(holders):
            groups.join(one, other)
    accounts = groups.representatives()
    return pa.table(
        {
            "network": pa.array([network for network, _ in accounts], pa.string()),
            "account_id": pa.array([account for _, account in accounts], pa.string()),
            "human": pa.array([human for _, human in accounts.values()], pa.string()),
        }
    )


def _links(holders: list[tuple[str, str, Account]]) -> Iterable[tuple[Account, Account]]:
    """Pairs of accounts that one shared value links.

    A mail address or handle links any two accounts. An id links to a people file, and to another
    account's mail address or handle; two networks that both count their members 1, 2, 3 do not mean
    the same people.
    """
    filed = [account for _, network, account in holders if network == PEOPLE_FILE]
    named = [account for kind, _, account in holders if kind != _ID]
    for hub in (filed or named)[:1]:
        yield from ((hub, account) for _, _, account in holders)


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
