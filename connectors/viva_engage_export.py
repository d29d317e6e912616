"""Viva Engage (Yammer) from its data export: a ZIP, a folder, or several windows of either."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from adoption.connector import Capability, Field, Health, Stream
from adoption.errors import AdoptionError
from adoption.files.archive import Archive, open_archive
from adoption.files.connector import (
    PATH_HELP,
    PRIVATE_FIELDS,
    SIZE_FIELD,
    Batch,
    BrokenRows,
    FileConnector,
    Position,
    counted,
)
from adoption.files.viva_export import MESSAGES_CSV, VivaExport, in_order
from adoption.files.viva_rows import MESSAGES_REQUIRED
from adoption.model import Community, Message, Person

COMMUNITIES = Stream("communities", Community, ("id",))
PEOPLE = Stream("people", Person, ("id",))
MESSAGES = Stream("messages", Message, ("id",))

_TELLING = (MESSAGES_CSV, "MessageVersions.csv", "Groups.csv", "Networks.csv", "Users.csv")
_COLUMNS = frozenset({*MESSAGES_REQUIRED, "in_private_group", "in_private_conversation"})
_LIKE = ", as a Viva Engage data export does"
_NO_LIKES = "Likes are not in the Data Export; connect Viva Engage by API for them"


class VivaEngageExport(FileConnector):
    """Reads what a verified admin gets from "Export network data" or the Data Export API."""

    name = "viva-engage-export"
    id_space = "viva-engage"
    title = "Viva Engage export"
    summary = "Reads posts, replies, people and communities from a Viva Engage data export (ZIP)."
    settings = (
        Field(
            "path",
            "Export",
            f"{PATH_HELP}: the ZIP of the data export, or the folder it was unpacked to.",
            kind="path",
        ),
        *PRIVATE_FIELDS,
        SIZE_FIELD,
    )
    streams = (COMMUNITIES, PEOPLE, MESSAGES)
    gives = frozenset(
        {
            Capability.POSTS,
            Capability.REPLIES,
            Capability.EDITS,
            Capability.DELETIONS,
            Capability.PEOPLE,
            Capability.DEPARTMENTS,
            Capability.COMMUNITIES,
            Capability.THREADS,
            Capability.ROSTER,
        }
    )
    lacks: ClassVar[Mapping[Capability, str]] = {
        Capability.REACTIONS: _NO_LIKES,
        Capability.REACTION_PEOPLE: _NO_LIKES,
        Capability.REACTION_TIMES: _NO_LIKES,
        Capability.VIEWS: "Who read a message is not in the Data Export",
    }
    requires = ("The data export of the network: made by a Viva Engage verified administrator",)

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self._ordered: tuple[Archive, ...] | None = None
        self._opened: VivaExport | None = None
        self._broken = BrokenRows()

    @classmethod
    def recognises(cls, path: Path) -> str | None:
        """Tables by the names the export gives them, or a table with the columns of its messages.

        What looks like an export but is damaged is claimed too, so that the user learns what is
        wrong with it, and so that private messages never slip in as an ordinary table.
        """
        windows = _windows_in(path)
        if windows:
            return cls.recognises(windows[0])
        try:
            archive = open_archive(path)
        except AdoptionError:
            return None
        try:
            is_itself = [entry.name for entry in archive.entries] == [path.name]
            if not is_itself:
                names = [base for base in _TELLING if archive.find(base)]
                enough = names[:1] == [MESSAGES_CSV] or len(names) >= 2
                return f"It holds {' and '.join(names[:3])}" + _LIKE if enough else None
            head = archive.head(archive.entries[0], 4096).decode("utf-8-sig", "replace")
            columns = set(re.split(r"[,;\t|\r\n]", head.casefold().replace('"', "")))
            return f"{path.name} has the columns" + _LIKE if columns >= _COLUMNS else None
        except AdoptionError:
            return None
        finally:
            archive.close()

    @property
    def paths(self) -> tuple[Path, ...]:
        """The exports in the order given; a folder of ZIPs stands for the ZIPs in it, by name."""
        return tuple(one for path in super().paths for one in _windows_in(path) or [path])

    @property
    def archives(self) -> tuple[Archive, ...]:
        """The exports from the oldest to the newest, where all of them tell their time."""
        if self._ordered is None:
            self._ordered = in_order(super().archives)
        return self._ordered

    def check(self) -> Health:
        """Look through the whole export without giving a row."""
        self.verify()
        exports = counted(len(self.archives), "export")
        return Health(True, f"{exports} with Messages.csv, nothing damaged")

    @property
    def _export(self) -> VivaExport:
        if self._opened is None:
            self._opened = VivaExport(self.archives, include_private=self.include_private)
        return self._opened

    def _verify(self) -> None:
        self._export.verify()

    def _batches(self, stream: Stream, start: Position) -> Iterator[Batch]:
        self._broken = BrokenRows()
        if stream == MESSAGES:
            return self._export.messages(start, self._broken)
        if stream == PEOPLE:
            return self._export.people(self._broken)
        return self._export.communities(self._broken)

    def _closing_notes(self, stream: Stream) -> Sequence[str]:
        notes: list[str] = []
        if stream == MESSAGES and self._export.left_out:
            messages = counted(self._export.left_out, "message")
            notes.append(f"Left out: {messages} of private places.")
        if stream == PEOPLE and not self._export.has("Users.csv"):
            notes.append(
                "There is no Users.csv: departments and the number of members are unknown."
            )
        if stream == COMMUNITIES and not self._export.has("Groups.csv"):
            notes.append("There is no Groups.csv: communities are named by their messages.")
        return (*notes, *self._broken.closing_notes())


def _windows_in(path: Path) -> list[Path]:
    """The ZIPs in a folder that holds nothing but windows; empty for anything else."""
    if not path.is_dir() or any(path.rglob("[Mm]essages.csv")):
        return []
    return sorted(path.glob("*.zip"))
