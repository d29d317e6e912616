"""The views of a snapshot: persons, facts, verdicts, acts (columns in docs/architecture.md).

What is expensive in them - who a message's author was when writing it - is computed once per month of
messages and kept as Parquet in ``<home>/cache``. A cached file is named after everything it was
computed from, so it is never out of date: new rows in one month make one new file. The cache holds no
text and may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from adoption.store.humans import humans_table, linked_accounts
from adoption.store.lake import flush_file, list_literal, month_of, read_files
from adoption.store.schema import BEGINNING, PEOPLE_FILE, TABLES

DERIVED = ("persons", "facts", "verdicts", "acts")
LAYOUT = 1
"""Part of every cached file's name; a change of the SQL below needs a new number."""

PERSONS_SQL = f"""
WITH own AS (
    SELECT p.*, coalesce(h.human, p.person_id) AS human FROM people p LEFT JOIN humans h
        ON p.network = h.network AND p.person_id = h.account_id
),
filed AS (
    SELECT human, valid_from, department, location, job_family, is_leader, employed_from, employed_to
    FROM own WHERE network = '{PEOPLE_FILE}'
    QUALIFY row_number() OVER (PARTITION BY human, valid_from ORDER BY person_id) = 1
),
moments AS (
    SELECT network, person_id AS account_id, human, valid_from FROM own
    UNION
    SELECT o.network, o.person_id, o.human, f.valid_from FROM own o JOIN filed f USING (human)
),
own_then AS (
    SELECT m.*, o.author_kind, o.department, o.location, o.job_family, o.is_leader,
        o.employed_from, o.employed_to
    FROM moments m ASOF LEFT JOIN own o
        ON m.network = o.network AND m.account_id = o.person_id AND m.valid_from >= o.valid_from
),
joined AS (
    SELECT o.network, o.account_id, o.human AS person_id, o.author_kind,
        coalesce(f.department, o.department) AS department,
        coalesce(f.location, o.location) AS location,
        coalesce(f.job_family, o.job_family) AS job_family,
        coalesce(f.is_leader, o.is_leader) AS is_leader,
        CASE WHEN f.human IS NULL THEN o.employed_from ELSE f.employed_from END AS employed_from,
        CASE WHEN f.human IS NULL THEN o.employed_to ELSE f.employed_to END AS employed_to,
        o.valid_from
    FROM own_then o ASOF LEFT JOIN filed f ON o.human = f.human AND o.valid_from >= f.valid_from
)
SELECT network, account_id, person_id,
    coalesce(author_kind, first_value(author_kind IGNORE NULLS) OVER account) AS author_kind,
    department, location, job_family, is_leader, employed_from, employed_to,
    CASE WHEN lag(valid_from) OVER account IS NULL
        THEN TIMESTAMPTZ '{BEGINNING:%Y-%m-%d} 00:00:00+00' ELSE valid_from END AS valid_from,
    lead(valid_from) OVER account AS valid_to
FROM joined
WINDOW account AS (PARTITION BY network, account_id ORDER BY valid_from
    ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
"""

_AS_THEY_WERE = """
    ASOF LEFT JOIN known_persons p
        ON a.network = p.network AND a.account_id = p.account_id AND a.acted_at >= p.valid_from
    LEFT JOIN known_communities c ON a.network = c.network AND a.community_id = c.community_id
"""

_PUBLIC_PERSON = """
    coalesce(p.author_kind, 'person') = 'person' AND NOT coalesce(c.is_private, false)
"""

FACTS_SQL = f"""
SELECT a.* EXCLUDE (account_id, acted_at), coalesce(p.person_id, a.account_id) AS person_id,
    p.department, p.location, p.job_family, p.is_leader,
    date_trunc('week', a.created_on)::DATE AS week,
    s.state, s.stance, s.pushback, s.barrier, s.barriers, s.kind AS pushback_kind, s.intensity,
    s.polarity, s.subjectivity, s.language, s.target, s.flag, s.model
FROM (SELECT * EXCLUDE (text), author_id AS account_id, created_at AS acted_at FROM messages_here
      WHERE author_kind = 'person' AND deleted_at IS NULL) a
{_AS_THEY_WERE}
    LEFT JOIN (SELECT * FROM scores_here WHERE model = getvariable('current_model')) s
        ON a.network = s.network AND a.message_id = s.message_id
WHERE {_PUBLIC_PERSON}
ORDER BY a.created_at, a.network, a.message_id
"""

REACTED_SQL = f"""
SELECT a.network, coalesce(p.person_id, a.account_id) AS person_id, p.department, p.location,
    p.job_family, p.is_leader, a.community_id, 'reaction' AS act, a.acted_at,
    date_trunc('week', a.acted_at::DATE)::DATE AS week
FROM (
    SELECT r.network, r.person_id AS account_id, m.community_id,
        coalesce(r.reacted_at, r.message_at) AS acted_at
    FROM reactions_here r JOIN messages_here m
        ON r.network = m.network AND r.message_id = m.message_id
    WHERE r.person_id IS NOT NULL AND r.removed_at IS NULL
) a
{_AS_THEY_WERE}
WHERE {_PUBLIC_PERSON}
ORDER BY a.acted_at, a.network, a.account_id
"""

_FACT_COLUMNS = (
    *(name for name in TABLES["messages"].columns if name != "text"),
    *("person_id", "department", "location", "job_family", "is_leader", "week"),
)

VIEWS = {
    "facts": f"SELECT {', '.join(_FACT_COLUMNS)} FROM scored_facts",
    "verdicts": f"""
        SELECT {", ".join(f"f.{name}" for name in _FACT_COLUMNS)},
            CASE WHEN r.verdict IS NULL THEN f.state
                WHEN r.verdict = 'undetermined' THEN r.verdict ELSE 'scored' END AS state,
            CASE WHEN r.verdict IS NULL THEN f.stance
                ELSE nullif(r.verdict, 'undetermined') END AS stance,
            CASE WHEN r.verdict IS NULL THEN f.pushback
                WHEN r.verdict = 'undetermined' THEN NULL
                WHEN r.verdict = 'pushback' THEN 1.0 ELSE 0.0 END AS pushback,
            CASE WHEN coalesce(r.verdict, 'pushback') = 'pushback'
                THEN coalesce(r.barrier, f.barrier) END AS barrier,
            CASE WHEN r.barrier IS NULL THEN f.barriers
                ELSE '[["' || r.barrier || '", 1.0]]' END AS barriers,
            CASE WHEN coalesce(r.verdict, 'pushback') = 'pushback'
                THEN f.pushback_kind END AS pushback_kind,
            CASE WHEN coalesce(r.verdict, 'pushback') = 'pushback'
                THEN f.intensity END AS intensity,
            f.polarity, f.subjectivity, f.language, f.target,
            CASE WHEN r.verdict IS NULL THEN f.flag
                WHEN r.verdict = 'pushback' THEN 'flag' ELSE 'pass' END AS flag,
            f.model, r.verdict IS NOT NULL AS reviewed,
            coalesce(r.reason = 'random', false) AS drawn,
            f.state AS model_state, f.pushback AS model_pushback, f.flag AS model_flag
        FROM scored_facts f LEFT JOIN reviews r
            ON f.network = r.network AND f.message_id = r.message_id
        WHERE f.model IS NOT NULL""",
    "acts": """
        SELECT network, person_id, department, location, job_family, is_leader, community_id,
            kind AS act, created_at AS acted_at, week FROM scored_facts
        UNION ALL SELECT * FROM reacted""",
}


class Derived:
    """The views of one snapshot, made when they are first asked for.

    Args:
        folder: where cached files lie.
        files: the Parquet files of the snapshot, by lake table.
        model: the detector version whose scores count.

    """

    def __init__(self, folder: Path, files: Mapping[str, Sequence[str]], model: str | None) -> None:
        self._folder = folder
        self._files = files
        self._model = model or ""
        self._made: set[str] = set()
        self._guard = threading.Lock()

    def ensure(self, engine: Any, names: Collection[str]) -> None:
        """Make those of the views ``persons``, ``facts``, ``verdicts``, ``acts`` that are named."""
        wanted = set(names).intersection(DERIVED)
        with self._guard:
            if wanted <= self._made:
                return
            builder = engine.cursor()
            try:
                self._make(builder, wanted - self._made)
            finally:
                builder.close()
            self._made |= wanted

    def _make(self, builder: Any, names: set[str]) -> None:
        persons = self._persons(builder)
        if "persons" in names:
            builder.execute(f"CREATE VIEW persons AS SELECT * FROM {_cached([persons])}")
        if names == {"persons"}:
            return
        builder.execute(f"CREATE TEMP TABLE known_persons AS FROM {_cached([persons])}")
        builder.execute(
            "CREATE TEMP TABLE known_communities AS"
            " SELECT network, community_id, is_private FROM communities"
        )
        builder.execute("SET VARIABLE current_model = $1", [self._model])
        base = ("messages", persons, *self._files["communities"])
        self._view(builder, "scored_facts", FACTS_SQL, ("messages", "scores"), (*base, self._model))
        if "acts" in names:
            self._view(builder, "reacted", REACTED_SQL, ("messages", "reactions"), base)
        for name in names - {"persons"}:
            builder.execute(f"CREATE VIEW {name} AS {VIEWS[name]}")

    def _persons(self, builder: Any) -> str:
        target = self._target("persons", "all", self._files["people"])
        if not _use(target):
            builder.register("humans", humans_table(linked_accounts(builder, "people")))
            self._write(builder, PERSONS_SQL, target)
            builder.unregister("humans")
        return str(target)

    def _view(
        self, builder: Any, view: str, query: str, tables: tuple[str, str], made_from: Iterable[str]
    ) -> None:
        """Make ``view`` over one cached file for each month of messages."""
        months = sorted({month_of(file) for file in self._files["messages"]})
        targets = []
        for month in months or [""]:
            here = {name: self._of_month(name, month) for name in tables}
            inputs = (*made_from, *(file for files in here.values() for file in files))
            target = self._target(view, month or "none", inputs)
            targets.append(str(target))
            if not _use(target):
                for name, files in here.items():
                    builder.execute(
                        f"CREATE OR REPLACE TEMP VIEW {name}_here AS"
                        f" SELECT * FROM {read_files(TABLES[name], files)}"
                    )
                self._write(builder, query, target)
        builder.execute(f"CREATE VIEW IF NOT EXISTS {view} AS SELECT * FROM {_cached(targets)}")

    def _of_month(self, table: str, month: str) -> list[str]:
        return [file for file in self._files[table] if month_of(file) == month]

    def _target(self, kind: str, part: str, inputs: Iterable[str]) -> Path:
        names = "\0".join((str(LAYOUT), *(Path(name).name for name in inputs)))
        digest = hashlib.sha256(names.encode()).hexdigest()[:32]
        return self._folder / f"{kind}-{part}-{digest}.parquet"

    def _write(self, builder: Any, query: str, target: Path) -> None:
        """Write the result of a query under its name only when it is complete and on disk."""
        self._folder.mkdir(exist_ok=True, mode=0o700)
        draft = target.with_suffix(f".{os.getpid()}.part")
        path = str(draft).replace("'", "''")
        builder.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet, COMPRESSION lz4_raw)")
        flush_file(draft)
        draft.replace(target)


def clear_cache(folder: Path, *, older_than: float) -> None:
    """Delete cached files that were last used more than ``older_than`` seconds ago.

    Call only while no reader is about.
    """
    limit = time.time() - older_than
    for file in folder.glob("*"):
        if file.stat().st_mtime <= limit:
            file.unlink()


def _cached(files: Sequence[str]) -> str:
    return f"read_parquet({list_literal(files)})"


def _use(target: Path) -> bool:
    """Whether the cached file is there; marks it as used, so that clearing the cache spares it."""
    try:
        os.utime(target)
    except FileNotFoundError:
        return False
    return True
