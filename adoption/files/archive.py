"""Open what a user hands in - a ZIP, a folder or a single file - as one list of entries to stream.

Archives are hostile until proven otherwise. Nothing is ever unpacked to disk; names, links,
encryption, number of entries and compression are checked before the first byte is used, and bytes
are counted while reading. Real exports may be larger than memory, so the size limit is a setting.
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
import zipfile
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple

from adoption.errors import SettingsError, SourceError

GIGABYTE = 1024**3
RATIO_FLOOR_BYTES = 1024**2
"""Below this size a high compression ratio is no danger."""

_DIRECTORY_BYTES_PER_ENTRY = 512
_END_RECORD = b"PK\x05\x06"
_END_RECORD_SIZE = 22
_CHUNK_BYTES = 1024**2
_IGNORED_NAMES = frozenset({".ds_store", "thumbs.db", "desktop.ini"})
_FRESH_COPY = "Download or copy the file again and do not open it in between"

_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "a ZIP archive"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"PAR1", "a Parquet file"),
    (b"%PDF", "a PDF document"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"\x1f\x8b", "a gzip file"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much an archive may hold before it is refused.

    ``unpacked_bytes`` bounds one entry that is read; ``ratio`` is unpacked to packed size, of an
    entry and of the whole archive; ``entries`` counts everything listed, read or not.
    """

    entries: int = 200_000
    ratio: int = 200
    unpacked_bytes: int = 50 * GIGABYTE


class Entry(NamedTuple):
    """One file inside: its path with ``/``, its size and its packed size in bytes."""

    name: str
    size: int
    packed: int

    @property
    def base(self) -> str:
        """The last part of the name."""
        return self.name.rsplit("/", 1)[-1]

    @property
    def folder(self) -> str:
        """Everything before the last part, empty at the top."""
        return self.name.rpartition("/")[0]


class Archive(ABC):
    """Entries that can be streamed, whatever holds them."""

    def __init__(self, path: Path, entries: tuple[Entry, ...], limits: Limits) -> None:
        self.path = path
        self.entries = entries
        self._limits = limits
        self._fingerprint: str | None = None

    @property
    def fingerprint(self) -> str:
        """A digest of the content: equal for equal content, whatever the file is called."""
        if self._fingerprint is None:
            self._fingerprint = self._digest()
        return self._fingerprint

    def find(self, base: str) -> tuple[Entry, ...]:
        """All entries whose last part is ``base`` (upper and lower case alike), in order."""
        wanted = base.casefold()
        return tuple(entry for entry in self.entries if entry.base.casefold() == wanted)

    def where(self, entry: Entry) -> str:
        """How a message names an entry."""
        is_itself = entry.name == self.path.name
        return entry.name if is_itself else f"{entry.name} in {self.path.name}"

    def open(self, entry: Entry) -> io.BufferedReader:
        """Stream one entry.

        Raises:
            SourceError: it is larger or better packed than allowed, or damaged (while reading).

        """
        limit = self._limits.unpacked_bytes
        if entry.size > limit:
            raise _too_large(self.where(entry), limit)
        if entry.size > RATIO_FLOOR_BYTES and entry.size > self._limits.ratio * max(
            entry.packed, 1
        ):
            raise _bomb(self.where(entry), self._limits.ratio)
        return io.BufferedReader(
            _CountedStream(self._raw(entry), self.where(entry), limit), _CHUNK_BYTES
        )

    def head(self, entry: Entry, size: int = 65536) -> bytes:
        """The first bytes of an entry, for recognising what it is."""
        with self.open(entry) as stream:
            return stream.read(size)

    @abstractmethod
    def _raw(self, entry: Entry) -> IO[bytes]: ...

    @abstractmethod
    def _digest(self) -> str: ...

    def close(self) -> None:
        """Release the file, where one is held open."""
        return


class _FileArchive(Archive):
    """A folder, or one file that is its only entry."""

    def __init__(self, path: Path, root: Path, names: list[str], limits: Limits) -> None:
        self._root = root
        entries = []
        for name in names:
            size = (root / name).stat().st_size
            entries.append(Entry(name, size, size))
        super().__init__(path, tuple(entries), limits)

    def _raw(self, entry: Entry) -> IO[bytes]:
        try:
            return (self._root / entry.name).open("rb", buffering=0)
        except OSError as error:
            raise _unreadable(self.where(entry), error) from error

    def _digest(self) -> str:
        whole = hashlib.sha256()
        for entry in self.entries:
            with self._raw(entry) as stream:
                content = hashlib.sha256()
                while block := stream.read(_CHUNK_BYTES):
                    content.update(block)
            whole.update(f"{entry.name}\0{content.hexdigest()}\n".encode())
        return whole.hexdigest()


class _ZipArchive(Archive):
    """A ZIP whose directory has passed every check."""

    def __init__(self, path: Path, limits: Limits) -> None:
        _check_directory_size(path, limits)
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
            raise SourceError(
                "The ZIP archive is cut off or damaged: its list of contents cannot be read",
                where=str(path),
                next_step=_FRESH_COPY,
            ) from error
        try:
            self._infos = _checked_entries(self._zip, path, limits)
        except SourceError:
            self._zip.close()
            raise
        entries = tuple(
            Entry(name, info.file_size, info.compress_size) for name, info in self._infos.items()
        )
        super().__init__(path, entries, limits)

    def _raw(self, entry: Entry) -> IO[bytes]:
        try:
            return self._zip.open(self._infos[entry.name])
        except (zipfile.BadZipFile, NotImplementedError, OSError) as error:
            raise _damaged(self.where(entry)) from error

    def _digest(self) -> str:
        whole = hashlib.sha256()
        for name, info in self._infos.items():
            whole.update(f"{name}\0{info.file_size}\0{info.CRC}\n".encode())
        return whole.hexdigest()

    def close(self) -> None:
        self._zip.close()


class _CountedStream(io.RawIOBase):
    """Counts the bytes that come out and turns damage into a message."""

    def __init__(self, raw: IO[bytes], where: str, limit: int) -> None:
        self._source = raw
        self._where = where
        self._limit = limit
        self._count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        try:
            block = self._source.read(len(buffer))
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
            raise _damaged(self._where) from error
        except OSError as error:
            raise _unreadable(self._where, error) from error
        self._count += len(block)
        if self._count > self._limit:
            raise _too_large(self._where, self._limit)
        buffer[: len(block)] = block
        return len(block)

    def close(self) -> None:
        if not self.closed:
            self._source.close()
        super().close()


def open_archive(path: Path, limits: Limits | None = None) -> Archive:
    """Open a ZIP, a folder or a single file.

    Raises:
        SettingsError: there is nothing at this path.
        SourceError: it cannot be read, is empty, damaged or not safe to open.

    """
    limits = limits or Limits()
    try:
        if path.is_dir():
            return _FileArchive(path, path, list(_files_below(path, limits)), limits)
        with path.open("rb") as stream:
            head = stream.read(4)
    except FileNotFoundError as error:
        raise SettingsError(
            "There is no file or folder here",
            where=str(path),
            next_step="Check the path; a name with spaces needs quotation marks",
        ) from error
    except OSError as error:
        raise _unreadable(str(path), error) from error
    if not head:
        raise SourceError("The file is empty", where=str(path), next_step=_FRESH_COPY)
    if head.startswith((b"PK\x03\x04", _END_RECORD)):
        return _ZipArchive(path, limits)
    return _FileArchive(path, path.parent, [path.name], limits)


def describe_content(head: bytes) -> str:
    """What a file seems to be, from its first bytes, in words for a message."""
    for signature, words in _SIGNATURES:
        if head.startswith(signature):
            return words
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:64].lower()
    if text.startswith((b"<!doctype html", b"<html")):
        return "a web page, perhaps a sign-in page"
    if text.startswith(b"<"):
        return "an XML file"
    if text.startswith((b"{", b"[")):
        return "a JSON file"
    return "binary data" if b"\0" in head[:4096] else "a text file"


def _files_below(folder: Path, limits: Limits) -> Iterator[str]:
    """Names of all files below a folder, sorted, links left out."""
    found: list[str] = []
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not (Path(parent) / name).is_symlink()]
        for name in names:
            full = Path(parent) / name
            relative = full.relative_to(folder).as_posix()
            if stat.S_ISREG(full.lstat().st_mode) and not _is_ignored(relative):
                found.append(relative)
        if len(found) > limits.entries:
            raise _too_many(str(folder), limits.entries)
    return iter(sorted(found))


def _is_ignored(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return "__MACOSX" in parts or parts[-1].casefold() in _IGNORED_NAMES


def _check_directory_size(path: Path, limits: Limits) -> None:
    """Refuse an absurd list of contents before it is loaded into memory (APPNOTE 4.3.16)."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        stream.seek(max(0, size - 65536 - _END_RECORD_SIZE))
        tail = stream.read()
    at = tail.rfind(_END_RECORD)
    if at < 0 or at + _END_RECORD_SIZE > len(tail):
        return
    directory_bytes = int.from_bytes(tail[at + 12 : at + 16], "little")
    is_zip64 = directory_bytes == 0xFFFFFFFF
    if not is_zip64 and directory_bytes > limits.entries * _DIRECTORY_BYTES_PER_ENTRY:
        raise _too_many(str(path), limits.entries)


def _checked_entries(
    archive: zipfile.ZipFile, path: Path, limits: Limits
) -> dict[str, zipfile.ZipInfo]:
    """The files of a ZIP by safe name; anything that smells of an attack refuses the whole."""
    infos = archive.infolist()
    if len(infos) > limits.entries:
        raise _too_many(str(path), limits.entries)
    unpacked = sum(info.file_size for info in infos)
    if unpacked > RATIO_FLOOR_BYTES and unpacked > limits.ratio * path.stat().st_size:
        raise _bomb(str(path), limits.ratio)
    found: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        name = _safe_name(info, path)
        if info.is_dir() or _is_ignored(name):
            continue
        if info.flag_bits & 0x1:
            raise SourceError(
                "The archive is protected by a password",
                where=str(path),
                next_step="Unpack it with its password and import the folder",
            )
        if name in found:
            raise SourceError(
                f"The archive holds two entries called {name}",
                where=str(path),
                next_step="Ask for a fresh export; which of the two is right cannot be known",
            )
        found[name] = info
    return found


def _safe_name(info: zipfile.ZipInfo, path: Path) -> str:
    name = info.orig_filename.replace("\\", "/")
    parts = name.split("/")
    is_link = stat.S_ISLNK(info.external_attr >> 16)
    has_drive = len(parts[0]) == 2 and parts[0].endswith(":")
    if is_link or has_drive or "\0" in name or name.startswith("/") or ".." in parts:
        raise SourceError(
            "The archive holds an entry that points outside of it, which no export does",
            where=f"entry {name[:100]!r} in {path.name}",
            next_step="Do not use this file; get the export from the network again",
        )
    return name


def _too_many(where: str, limit: int) -> SourceError:
    return SourceError(
        f"There are more than {limit:,} files inside",
        where=where,
        next_step="Export a shorter time, or leave attachments out of the export",
    )


def _too_large(where: str, limit: int) -> SourceError:
    return SourceError(
        f"The file is larger than the limit of {limit / GIGABYTE:,.1f} GB",
        where=where,
        next_step="Raise the setting max_gigabytes if you trust this file",
    )


def _bomb(where: str, ratio: int) -> SourceError:
    return SourceError(
        f"The file would grow to more than {ratio} times its size when unpacked, as no export does",
        where=where,
        next_step="Do not use this file; get the export from the network again",
    )


def _damaged(where: str) -> SourceError:
    return SourceError(
        "The archive is damaged: this entry cannot be unpacked", where=where, next_step=_FRESH_COPY
    )


def _unreadable(where: str, error: OSError) -> SourceError:
    return SourceError(
        f"The file cannot be read: {error.strerror or type(error).__name__}",
        where=where,
        next_step="Check that the file is still there and that you may read it",
    )
