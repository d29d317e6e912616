"""Viva Engage (Yammer) from its data export: a ZIP, a folder, or several windows of either."""

from __future__ import annotations

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
from adoption.files.delimited import open_delimited
from adoption.files.viva_export import MESSAGES_CSV, VivaExport, in_order
from adoption.files.viva_rows import MESSAGES_REQUIRED
from adoption.model import Community, Message, Person

COMMUNITIES = Stream("communities", Community, ("id",))
PEOPLE = Stream("people", Person, ("id",))
MESSAGES = Stream("messages", Message, ("id",))

_NO_LIKES = "Likes are not in the Data Export; connect Viva Engage by API for them"


class VivaEngageExport(FileConnector):
    """Reads what a verified admin gets from "Export network data" or the Data Export API."""

    name = "viva-engage-export"
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
        """A Messages.csv with the columns of the export, inside or as the file itself."""
        try:
            archive = open_archive(path)
        except AdoptionError:
            return None
        try:
            is_single = len(archive.entries) == 1
            for entry in archive.entries if is_single else archive.find(MESSAGES_CSV):
                with open_delimited(archive, entry) as file:
                    header = {name.casefold() for name in file.header}
                    if header.issuperset(MESSAGES_REQUIRED):
                        return f"{entry.name} has the columns of a Viva Engage data export"
        except AdoptionError:
            return None
        finally:
            archive.close()
        return None

    @property
    def paths(self) -> tuple[Path, ...]:
        """The exports in the order given; a folder of ZIPs stands for the ZIPs in it, by name."""
        expanded: list[Path] = []
        for path in super().paths:
            zips = sorted(path.glob("*.zip")) if path.is_dir() else []
            has_tables = bool(zips) and any(path.rglob("[Mm]essages.csv"))
            expanded.extend(zips if zips and not has_tables else [path])
        return tuple(expanded)

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
            notes.append("There is no Groups.csv: communities have no names.")
        return (*notes, *self._broken.closing_notes())
