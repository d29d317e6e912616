"""Removing what must not be kept: a network with everything in it, or one person everywhere.

Rows leave every figure when the removal is published. The files that held them are deleted
immediately after, once no reader has them open, and the control file is rewritten.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, NamedTuple

from adoption.connector import Checkpoint
from adoption.errors import StoreError
from adoption.live.recall import without_people
from adoption.store.records import now
from adoption.store.schema import TABLES

if TYPE_CHECKING:
    from adoption.store.control import Control
    from adoption.store.writer import Writer

READERS_WAIT_SECONDS = 30.0


class Erased(NamedTuple):
    """What went: accounts of the person, and rows of all tables."""

    accounts: int
    rows: int


def remove_network(writer: Writer, control: Control, network: str) -> int:
    """See :meth:`Writer.remove_network`; returns how many rows went."""
    rows = sum(
        writer.remove_rows(table, "network = $network", {"network": network}) for table in TABLES
    )
    writer.commit(reason=f"remove network {network}")
    control.forget_rows_of_network(network)
    _make_final(writer, control)
    control.audit("operator", "remove network", f"{network}: {rows} rows, {now():%Y-%m-%d}")
    return rows


def erase_person(writer: Writer, control: Control, who: str) -> Erased:
    """See :meth:`Writer.erase_person`."""
    accounts = _accounts_of(writer, control, who)
    if not accounts:
        raise StoreError(
            "Nobody with this id, mail address or handle is known",
            where=str(writer.home),
            next_step="Give it exactly as the network or the people file does",
        )
    rows = 0
    for network, account in accounts:
        rows += _erase_account(writer, {"network": network, "account": account})
    writer.commit(reason="erase a person", checkpoints=_checkpoints_without(control, accounts))
    control.forget_people(accounts)
    _make_final(writer, control)
    control.audit("operator", "erase person", f"{len(accounts)} accounts, {rows} rows")
    return Erased(len(accounts), rows)


def _checkpoints_without(
    control: Control, accounts: Collection[tuple[str, str]]
) -> dict[tuple[str, str], Checkpoint]:
    """The checkpoints that remember one of these people, without them."""
    people: dict[str, set[str]] = {}
    for item in control.identities():
        if (item.network, item.person_id) in accounts:
            people.setdefault(item.network, set()).add(item.source_id)
    changed = {}
    for network, stream, checkpoint, _ in control.checkpoints():
        data = without_people(checkpoint.data, people.get(network, ()))
        if network in people and data != checkpoint.data:
            changed[network, stream] = Checkpoint(checkpoint.version, data)
    return changed


def _accounts_of(writer: Writer, control: Control, who: str) -> list[tuple[str, str]]:
    """All accounts of the human whom an id, address or handle names."""
    wanted = who.strip().casefold()
    named = {
        (item.network, item.person_id)
        for item in control.identities()
        if wanted in {str(v).strip().casefold() for v in (item.source_id, item.email, item.handle)}
    }
    linked = writer.linked_accounts()
    humans = {linked[account] for account in named if account in linked}
    return sorted(named | {account for account, human in linked.items() if human in humans})


def _erase_account(writer: Writer, account: dict[str, str]) -> int:
    """Stage the removal of one account's rows, and of scores and reactions on its messages."""
    writer.collect_message_ids(account)
    theirs = "network = $network AND message_id IN (SELECT message_id FROM collected)"
    rows = writer.remove_rows("scores", theirs, {"network": account["network"]})
    rows += writer.remove_rows(
        "reactions", f"({theirs}) OR (network = $network AND person_id = $account)", account
    )
    rows += writer.remove_rows("messages", "network = $network AND author_id = $account", account)
    for table in ("activity", "people"):
        rows += writer.remove_rows(table, "network = $network AND person_id = $account", account)
    return rows


def _make_final(writer: Writer, control: Control) -> None:
    control.shrink()
    if not writer.remove_unused_files(wait_seconds=READERS_WAIT_SECONDS, cached=True):
        raise StoreError(
            "The rows are removed from every figure, but a reader kept their files open",
            where=str(writer.home),
            next_step="Close open dashboards and reports, then run the same command again",
        )
