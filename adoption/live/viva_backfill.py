"""The history of a Viva Engage network through its Data Export API, window by window.

``GET export`` answers with a ZIP of CSV files, the same an administrator can download, so the
reader of the file import reads it. Large windows fail at Microsoft's side; a window that fails is
halved, as Microsoft's own script does (FastTrack, Export-EngageNetworkData).
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from adoption.errors import AccessError, SettingsError, SourceError, TransientSourceError
from adoption.files.archive import open_archive
from adoption.files.connector import BrokenRows, Position
from adoption.files.viva_export import EmptyExportError, VivaExport
from adoption.http import HttpSession
from adoption.limits import Clock
from adoption.model import Row
from adoption.times import from_iso

LONGEST = timedelta(days=28)
SHORTEST = timedelta(minutes=5)
MOST_BYTES = 4 * 1024**3


class Filled(NamedTuple):
    """Rows of a window; ``reached`` is set with its last rows: everything before is complete."""

    rows: Sequence[Row]
    reached: str | None
    notes: Sequence[str] = ()


class ExportBackfill:
    """Reads windows from a first day to the present."""

    def __init__(
        self,
        session: HttpSession,
        clock: Clock,
        *,
        first_day: datetime | None,
        include_private: bool,
    ) -> None:
        self._session = session
        self._clock = clock
        self._first_day = first_day
        self._include_private = include_private

    def attempt(self) -> None:
        """Ask for an export of the last minutes, to see whether it is allowed.

        Raises:
            AccessError: the person is no verified administrator.
            SourceError: as for any request.

        """
        now = self._clock.now()
        with tempfile.TemporaryDirectory(prefix="adoption-") as folder:
            self._fetch(now - SHORTEST, now, Path(folder) / "export.zip")

    def pages(self, reached: object) -> Iterator[Filled]:
        """Windows from where a former run stopped (ISO time), or from the first day.

        Raises:
            SettingsError: no first day is set.
            SourceError: even the shortest window fails.

        """
        start = from_iso(str(reached)) if reached else self._first_day
        if start is None:
            raise SettingsError(
                "The history by data export needs a first day",
                where="setting since of connector viva-engage",
                next_step="Give the day from which the network is to be read",
            )
        end = self._clock.now()
        width = LONGEST
        while start < end:
            until = min(start + width, end)
            try:
                yield from self._window(start, until)
            except AccessError:
                raise
            except (TransientSourceError, SourceError):
                if width / 2 < SHORTEST:
                    raise
                width /= 2
                continue
            start = until
            width = min(width * 2, LONGEST)

    def _window(self, start: datetime, until: datetime) -> Iterator[Filled]:
        with tempfile.TemporaryDirectory(prefix="adoption-") as folder:
            path = Path(folder) / f"export-{start:%Y%m%d%H%M}.zip"
            self._fetch(start, until, path)
            archive = open_archive(path)
            try:
                export = VivaExport([archive], include_private=self._include_private)
                try:
                    export.verify()
                except EmptyExportError:
                    yield Filled((), until.isoformat())
                    return
                broken = BrokenRows()
                for batch in export.messages(Position(), broken):
                    yield Filled(batch.rows, None, batch.notes)
                yield Filled((), until.isoformat())
            finally:
                archive.close()

    def _fetch(self, start: datetime, until: datetime, path: Path) -> None:
        query = f"since={_plain(start)}&until={_plain(until)}&model=Message&model=User&model=Group"
        url = f"{self._session.base}export?{query}&include=csv"
        try:
            with path.open("w+b") as file:
                self._session.download(url, file, most_bytes=MOST_BYTES, signed=True, rate="export")
                file.seek(0)
                if file.read(2) != b"PK":
                    raise SourceError(
                        "The data export is not a ZIP file",
                        where="Data Export API",
                        next_step="Sign in again; the answer was probably a sign-in page",
                    )
        except AccessError as error:
            raise AccessError(
                error.what,
                where="Data Export API",
                next_step="The export needs a Viva Engage verified administrator; sign in as one, "
                "or switch the history by data export off",
            ) from None


def _plain(moment: datetime) -> str:
    """UTC without a zone, as Microsoft's script sends it: a ``+`` would have to be escaped."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S")
