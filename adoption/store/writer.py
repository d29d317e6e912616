"""The one writer of a data folder: stages rows in the lake, then publishes them in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow as pa

from adoption.connector import Checkpoint
from adoption.model import ActivityCount, Community, Message, Person, Reaction, Row
from adoption.pseudonyms import Pseudonyms
from adoption.store import columns, erase, merge, people
from adoption.store.control import Control
from adoption.store.derived import clear_cache
from adoption.store.engine import WRITER_MEMORY, open_engine
from adoption.store.faults import store_faults
from adoption.store.humans import linked_accounts
from adoption.store.lake import LakeTable, flush_tables, month_of, read_files
from adoption.store.locks import FileLock
from adoption.store.records import Counts, Identity, Published, RunRecord, now
from adoption.store.schema import (
    ACTIVITY,
    COMMUNITIES,
    MESSAGES,
    PEOPLE,
    REACTIONS,
    SCORES,
    TABLES,
    ScoreRow,
    TableSpec,
)

SMALL_FILES = 24
"""A month with more files than this is compacted."""

CACHE_SECONDS = 86_400.0
"""Cached files that nobody has used for this long are deleted."""


class Writer:
    """Made by :meth:`Store.writer`, which holds the lock while this lives.

    Every method may raise StoreError; what was committed before stays as it was.
    """

    def __init__(
        self,
        home: Path,
        control: Control,
        pseudonyms: Pseudonyms,
        published: Published | None,
        readers: FileLock,
        owner: str,
    ) -> None:
        self.home = home
        self._control = control
        self._pseudonyms = pseudonyms
        self._versions = dict(published.versions) if published else {}
        self._readers = readers
        self._owner = owner
        self._tables: dict[str, LakeTable] = {}
        self._identities: dict[tuple[str, str], Identity] = {}
        self._engine = open_engine(home / "tmp", WRITER_MEMORY)

    def close(self) -> None:
        """Forget what was not committed and free the engine."""
        self._engine.close()

    def write(self, network: str, rows: Sequence[Row]) -> dict[str, Counts]:
        """Merge rows of one network by key; of equal keys in ``rows`` the last one wins.

        Nothing is visible or durable before :meth:`commit`. Give many rows at once: a call costs
        about as much for twenty rows as for a thousand.

        Returns:
            Counts by table, only for tables that rows were given for.

        """
        by_type: dict[type[Any], list[Any]] = {}
        for kind, group in groupby(rows, key=type):
            by_type.setdefault(kind, []).extend(group)
        counts: dict[str, Counts] = {}
        for kind, table, stage in self._stages():
            if kind in by_type:
                with store_faults(self.home, f"writing {table}"):
                    counts[table] = stage(network, by_type[kind])
        return counts

    def write_scores(self, rows: Sequence[ScoreRow]) -> int:
        """Merge verdicts.

        Returns:
            How many rows were added or changed.

        """
        if not rows:
            return 0
        with store_faults(self.home, "writing scores"):
            counts = self._merge(SCORES, columns.scores_table(rows))
        return counts.added + counts.changed

    def commit(
        self,
        *,
        checkpoints: Mapping[tuple[str, str], Checkpoint] | None = None,
        run: RunRecord | None = None,
        reason: str = "",
        model: str | None = None,
    ) -> int:
        """Flush what was staged to disk, then publish it together with checkpoints and run record.

        A commit that staged nothing keeps the published snapshot, so cached figures stay valid.

        Args:
            checkpoints: by (network, stream).
            run: the run this commit belongs to.
            reason: for the audit.
            model: the detector version that verdicts show from now on.

        Returns:
            The id of the snapshot that is published now.

        """
        with store_faults(self.home, "flushing to disk"):
            flush_tables(self._tables.values())
        versions = {**self._versions, **{n: t.version for n, t in self._tables.items()}}
        changed = versions != self._versions or model is not None
        snapshot = self._control.publish(
            versions if changed else None,
            reason=reason or self._owner,
            actor=self._owner,
            checkpoints=checkpoints,
            run=run,
            identities=self._identities.values(),
            model=model,
        )
        self._versions = versions
        self._identities.clear()
        return snapshot

    def prepare(self) -> None:
        """Make the tables that do not exist yet; part of creating or upgrading a store."""
        with store_faults(self.home, "creating the lake"):
            for spec in TABLES.values():
                if spec.name not in self._versions:
                    self._table(spec)

    def compact(self) -> None:
        """Merge months of many small files, publish, and delete files nobody can read any more."""
        with store_faults(self.home, "compacting"):
            compacted = [self._compact_table(spec) for spec in TABLES.values()]
        if any(compacted):
            self.commit(reason="compact")
            self.remove_unused_files(wait_seconds=0.0)

    def remove_unused_files(self, *, wait_seconds: float, cached: bool = False) -> bool:
        """Delete files that the published snapshot does not use, once no reader is about.

        Args:
            wait_seconds: how long to wait for readers.
            cached: also delete everything computed from the tables, not only what is old.

        Returns:
            ``False`` if readers were still at work after ``wait_seconds``; nothing was deleted then.

        """
        with store_faults(self.home, "deleting unused files"):
            if not self._readers.acquire_exclusive(wait_seconds):
                return False
            try:
                for spec in TABLES.values():
                    self._table(spec).remove_unused_files()
                clear_cache(self.home / "cache", older_than=0.0 if cached else CACHE_SECONDS)
            finally:
                self._readers.release()
        return True

    def remove_rows(self, table: str, condition: str, parameters: dict[str, Any]) -> int:
        """Stage the removal of the rows for which an SQL condition of our own making is true.

        Returns:
            How many rows went.

        """
        with store_faults(self.home, f"removing rows from {table}"):
            return merge.remove_where(
                self._engine, self._table(TABLES[table]), condition, parameters
            )

    def remove_network(self, network: str) -> None:
        """Remove every row of a network, its checkpoints, reviews and identities, and publish.

        Raises:
            StoreError: also when a reader kept the files open; the rows are gone from every figure
                then, and the next call deletes the files.

        """
        erase.remove_network(self, self._control, network)

    def erase_person(self, who: str) -> erase.Erased:
        """Remove everything a person wrote, did and is, in all networks, and publish.

        Args:
            who: an id, mail address or handle, as a network or the people file has it.

        Raises:
            StoreError: nobody is known by that name, or a reader kept the files open (as above).

        """
        return erase.erase_person(self, self._control, who)

    def linked_accounts(self) -> dict[tuple[str, str], str]:
        """The human behind each account that shares one with another account."""
        return linked_accounts(self._engine, read_files(PEOPLE, self._table(PEOPLE).files()))

    def collect_message_ids(self, account: dict[str, str]) -> None:
        """Keep the ids of an account's messages in the engine's table ``collected``."""
        source = read_files(MESSAGES, self._table(MESSAGES).files())
        self._engine.execute(
            "CREATE OR REPLACE TEMP TABLE collected AS SELECT message_id"
            f" FROM {source} WHERE network = $network AND author_id = $account",
            account,
        )

    def _stages(
        self,
    ) -> tuple[tuple[type[Any], str, Callable[[str, list[Any]], Counts]], ...]:
        return (
            (Community, COMMUNITIES.name, self._write_communities),
            (Person, PEOPLE.name, self._write_people),
            (Message, MESSAGES.name, self._write_messages),
            (Reaction, REACTIONS.name, self._write_reactions),
            (ActivityCount, ACTIVITY.name, self._write_activity),
        )

    def _write_communities(self, network: str, rows: list[Community]) -> Counts:
        return self._merge(COMMUNITIES, columns.communities_table(network, rows))

    def _write_messages(self, network: str, rows: list[Message]) -> Counts:
        person = self._person_of(network)
        return self._merge(MESSAGES, columns.messages_table(network, rows, person))

    def _write_reactions(self, network: str, rows: list[Reaction]) -> Counts:
        person = self._person_of(network)
        return self._merge(REACTIONS, columns.reactions_table(network, rows, person))

    def _write_activity(self, network: str, rows: list[ActivityCount]) -> Counts:
        person = self._person_of(network)
        return self._merge(ACTIVITY, columns.activity_table(network, rows, person))

    def _write_people(self, network: str, rows: list[Person]) -> Counts:
        given, identities = people.versions_of(network, rows, self._pseudonyms)
        self._identities.update({(item.network, item.person_id): item for item in identities})
        known = people.read_history(self._known_people(network, given))
        after, places = people.apply_versions(known, given, now())
        fresh = [
            after[account][valid_from]
            for account, valid_from in places
            if known.get(account, {}).get(valid_from) != after[account][valid_from]
        ]
        counts = self._merge(PEOPLE, people.people_table(fresh)) if fresh else Counts()
        return counts._replace(unchanged=len(places) - len(fresh))

    def _known_people(
        self, network: str, given: list[tuple[people.PersonVersion, bool]]
    ) -> list[tuple[Any, ...]]:
        """All people rows of the given accounts."""
        accounts = pa.table({"account": list({version.person_id for version, _ in given})})
        self._engine.register("accounts", accounts)
        source = read_files(PEOPLE, self._table(PEOPLE).files())
        rows = self._engine.execute(
            f"SELECT {', '.join(PEOPLE.columns)} FROM {source}"
            " WHERE network = ? AND person_id IN (SELECT account FROM accounts)",
            [network],
        ).fetchall()
        self._engine.unregister("accounts")
        return list(rows)

    def _person_of(self, network: str) -> columns.PersonId:
        person = self._pseudonyms.person
        return lambda source_id: None if source_id is None else person(network, source_id)

    def _merge(self, spec: TableSpec, incoming: Any) -> Counts:
        return merge.merge(self._engine, self._table(spec), incoming)

    def _table(self, spec: TableSpec) -> LakeTable:
        table = self._tables.get(spec.name)
        if table is None:
            folder = self.home / "lake" / spec.name
            table = LakeTable(spec, folder, self._versions.get(spec.name))
            self._tables[spec.name] = table
        return table

    def _compact_table(self, spec: TableSpec) -> bool:
        table = self._table(spec)
        by_month: dict[str, int] = {}
        for file in table.files():
            month = month_of(file)
            by_month[month] = by_month.get(month, 0) + 1
        crowded = [month for month, number in by_month.items() if number > SMALL_FILES]
        for month in sorted(crowded):
            merge.compact(self._engine, table, month or None)
        return bool(crowded)
