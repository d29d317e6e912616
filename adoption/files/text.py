"""Open an entry as text, strictly: damage and wrong encodings are named with their line."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from adoption.errors import SourceError
from adoption.files.archive import Archive, Entry

SPREADSHEET_HINT = (
    "Use the file as the network made it: opening and saving it in a spreadsheet damages it"
)
_BUFFER_BYTES = 1024**2


@dataclass(slots=True)
class OpenText:
    """Text being read; ``where`` is how a message names it."""

    where: str
    stream: io.TextIOWrapper


class _TextGuard(io.RawIOBase):
    """Passes bytes on and stops at the first NUL byte, naming its line."""

    def __init__(self, source: io.BufferedReader, where: str, *, refuse_nul: bool) -> None:
        self._source = source
        self._where = where
        self._refuse_nul = refuse_nul
        self._lines = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        block = self._source.read1(len(buffer))
        if self._refuse_nul and (at := block.find(0)) >= 0:
            line = self._lines + block.count(b"\n", 0, at) + 1
            raise SourceError(
                "The file holds NUL bytes, so it is damaged or is not text",
                where=f"{self._where}, line {line}",
                next_step="Download or copy the file again",
            )
        self._lines += block.count(b"\n")
        buffer[: len(block)] = block
        return len(block)

    def close(self) -> None:
        if not self.closed:
            self._source.close()
        super().close()


@contextmanager
def open_text(
    archive: Archive, entry: Entry, *, encoding: str = "utf-8-sig", newline: str | None = ""
) -> Iterator[OpenText]:
    """Open an entry as text.

    Raises:
        SourceError: NUL bytes, or bytes that are not ``encoding``, also while the caller reads.

    """
    where = archive.where(entry)
    guard = _TextGuard(
        archive.open(entry), where, refuse_nul=not encoding.lower().startswith("utf-16")
    )
    try:
        with io.TextIOWrapper(
            io.BufferedReader(guard, _BUFFER_BYTES), encoding=encoding, newline=newline
        ) as stream:
            yield OpenText(where, stream)
    except UnicodeError as error:
        line = _first_undecodable_line(archive, entry, encoding)
        raise SourceError(
            f"The text is not in the encoding {encoding.removesuffix('-sig').upper()} throughout",
            where=f"{where}, line {line}",
            next_step=SPREADSHEET_HINT,
        ) from error


def _first_undecodable_line(archive: Archive, entry: Entry, encoding: str) -> int:
    """The number of the first line that is not valid text, counted by line feeds."""
    number = 0
    with archive.open(entry) as stream:
        for number, line in enumerate(stream, start=1):
            try:
                line.decode(encoding)
            except UnicodeError:
                return number
    return number
