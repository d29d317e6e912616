"""What a connector is, and how connectors are found.

A connector is one class in one file. It declares what it gives and what it lacks, and reads
streams of pages. It never sleeps, retries, opens the store, hashes people or knows about pandas:
:mod:`adoption.http` does the waiting, :mod:`adoption.sync` the writing.

Connectors are found through the entry-point group ``adoption.connectors`` only, so a package of
a third party plugs in exactly as ours do.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, ClassVar

from adoption.errors import SettingsError
from adoption.model import Row

ENTRY_POINT_GROUP = "adoption.connectors"


class Capability(StrEnum):
    """What a source may or may not be able to tell."""

    POSTS = "posts"
    REPLIES = "replies"
    REACTIONS = "reactions"
    REACTION_PEOPLE = "reaction_people"
    REACTION_TIMES = "reaction_times"
    EDITS = "edits"
    DELETIONS = "deletions"
    PEOPLE = "people"
    DEPARTMENTS = "departments"
    COMMUNITIES = "communities"
    THREADS = "threads"
    VIEWS = "views"
    ROSTER = "roster"


class Source(StrEnum):
    """Where a connector reads from."""

    FILE = "file"
    API = "api"


@dataclass(frozen=True, slots=True)
class Field:
    """One setting of a connector, enough to draw a form and to write commented TOML.

    A ``secret`` field never reaches a file, a log or a repr; :mod:`adoption.secrets` keeps it.
    ``choices`` limits the value; ``kind`` is ``text``, ``number``, ``switch``, ``path``, ``list``
    or ``date``.
    """

    name: str
    title: str
    help: str
    kind: str = "text"
    required: bool = True
    secret: bool = False
    default: Any = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stream:
    """One kind of row a connector reads, with the fields that identify a row."""

    name: str
    row: type[Any]
    key: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where a sync of one stream stands; ``data`` is JSON the connector alone understands."""

    version: int = 1
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows and the checkpoint that covers them and all rows before them.

    ``notes`` are sentences for the run record (a skipped community, a column that was missing);
    they never hold message text. ``skipped`` counts source rows that were left out on purpose or
    could not be used. ``done`` and ``total`` are bytes or items for progress, when known.
    """

    rows: Sequence[Row]
    checkpoint: Checkpoint
    notes: Sequence[str] = ()
    skipped: int = 0
    done: int | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Permission:
    """One right a connector needs: whether it works, and who can grant it when it does not."""

    name: str
    works: bool
    detail: str
    granted_by: str = ""


@dataclass(frozen=True, slots=True)
class Health:
    """The verdict of :meth:`Connector.check`."""

    ok: bool
    summary: str
    permissions: Sequence[Permission] = ()


class Connector(ABC):
    """Base of all connectors.

    Class attributes:
        name: the stable identifier used on the command line and in configuration.
        title: the name people know.
        source: file or API.
        summary: one sentence: what it reads.
        settings: the fields it needs.
        streams: in the order they are read; people and communities come before messages.
        gives / lacks: what the source tells; ``lacks`` maps a capability to a sentence for the user.
        requires: permissions in plain words, each with who grants it.
        id_space: connectors that name the same message alike (the API and the export of a network)
            share one, and may then feed one network; empty: this connector's ids are its own.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    source: ClassVar[Source]
    summary: ClassVar[str]
    settings: ClassVar[tuple[Field, ...]]
    streams: ClassVar[tuple[Stream, ...]]
    gives: ClassVar[frozenset[Capability]]
    lacks: ClassVar[Mapping[Capability, str]]
    requires: ClassVar[tuple[str, ...]] = ()
    id_space: ClassVar[str] = ""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self.options = checked_settings(type(self), settings)

    @classmethod
    def recognises(cls, path: Path) -> str | None:
        """Say why this file looks like one of ours, or ``None``. Decides by content, not by name."""
        return None

    @abstractmethod
    def check(self) -> Health:
        """Make one cheap attempt to read and say what works and what is missing."""

    @abstractmethod
    def read(self, stream: Stream, since: Checkpoint | None) -> Iterator[Page]:
        """Read a stream from a checkpoint (``None``: from the start), page by page.

        Rows may come again; the store merges them by key. A page's checkpoint must cover only rows
        already yielded.

        Raises:
            SourceError: the source gave something unusable.
            AccessError: a right or a sign-in is missing.
            TransientSourceError: the source kept failing after retries.

        """

    def close(self) -> None:
        """Release files and connections. Called once after the last stream."""
        return


def checked_settings(connector: type[Connector], given: Mapping[str, Any]) -> dict[str, Any]:
    """Fill defaults and refuse unknown or missing settings.

    Raises:
        SettingsError: names the setting and the allowed values, never a secret's value.

    """
    known = {item.name: item for item in connector.settings}
    for name in given:
        if name not in known:
            raise SettingsError(
                f"{connector.title} has no setting called {name!r}",
                where=f"connector {connector.name}",
                next_step=f"Use one of: {', '.join(sorted(known)) or 'none'}",
            )
    result: dict[str, Any] = {}
    for item in connector.settings:
        value = given.get(item.name, item.default)
        if item.required and (value is None or value == ""):
            raise SettingsError(
                f"{item.title} is missing",
                where=f"setting {item.name} of connector {connector.name}",
                next_step=item.help,
            )
        if item.choices and value not in (None, "") and value not in item.choices:
            raise SettingsError(
                f"{item.title} does not accept this value",
                where=f"setting {item.name} of connector {connector.name}",
                next_step=f"Use one of: {', '.join(item.choices)}",
            )
        result[item.name] = value
    return result


def connector_types() -> dict[str, type[Connector]]:
    """All installed connectors by name, ours and those of third parties.

    One that cannot be loaded is left out, so that it does not take the others with it;
    :func:`broken_connectors` says which and why.
    """
    return _loaded()[0]


def broken_connectors() -> dict[str, str]:
    """Connectors that are installed but cannot be loaded, with the reason."""
    return _loaded()[1]


def _loaded() -> tuple[dict[str, type[Connector]], dict[str, str]]:
    found: dict[str, type[Connector]] = {}
    broken: dict[str, str] = {}
    for point in entry_points(group=ENTRY_POINT_GROUP):
        try:
            found[point.name] = point.load()
        except Exception as problem:  # a third party's module may fail in any way
            broken[point.name] = f"{type(problem).__name__}: {problem}"
    return dict(sorted(found.items())), broken


def connector_type(name: str) -> type[Connector]:
    """The connector called ``name``.

    Raises:
        SettingsError: there is none; lists those there are.

    """
    found = connector_types()
    if name not in found:
        raise SettingsError(
            f"There is no connector called {name!r}",
            where="connect",
            next_step=f"Use one of: {', '.join(found)}",
        )
    return found[name]
