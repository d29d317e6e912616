"""What all connectors that read files share: opening, checking once, paging, going on.

A file is looked at as a whole before its first row is given, so a structural fault leaves the
store untouched. What is wrong with a single row sets that row aside, counted and noted.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from adoption.connector import Checkpoint, Connector, Field, Page, Source, Stream
from adoption.errors import SettingsError, SourceError
from adoption.files.archive import GIGABYTE, Archive, Limits, open_archive
from adoption.model import Row

CHECKPOINT_VERSION = 1
PAGE_ROWS = 5000
NOTES_PER_KIND = 5
"""How many single broken rows are named before they are only counted."""

_ALWAYS_TOLERATED = 5
_TOLERATED_SHARE = 0.05
_ON = frozenset({"true", "yes", "on", "1"})
_OFF = frozenset({"", "false", "no", "off", "0", "none"})

PATH_HELP = "Give the file, a folder, or several of them"
SIZE_FIELD = Field(
    "max_gigabytes",
    "Largest file",
    "The size in GB, unpacked, above which a file inside is refused.",
    kind="number",
    required=False,
    default=50,
)
PRIVATE_FIELDS = (
    Field(
        "include_private",
        "Include private communities",
        "Reads private communities and direct messages too. Leave it off unless your "
        "organisation has agreed to it; then name who approved it.",
        kind="switch",
        required=False,
        default=False,
    ),
    Field(
        "approved_by",
        "Approved by",
        "The person who approved reading private communities.",
        required=False,
    ),
)


class Position(NamedTuple):
    """How far a stream has been read: whole source files, and rows of the next one."""

    entry: int = 0
    row: int = 0


@dataclass(slots=True)
class Batch:
    """Rows of one page with the position behind them; becomes a :class:`Page`."""

    rows: Sequence[Row]
    position: Position
    skipped: int = 0
    notes: Sequence[str] = ()
    done: int | None = None
    total: int | None = None


@dataclass(slots=True)
class BrokenRows:
    """Counts rows that cannot be used, and names the first few of them."""

    count: int = 0
    first: str = ""
    _unread: list[str] = field(default_factory=list)

    def add(self, where: str, what: str) -> None:
        """Set one row aside; ``what`` must not hold message text."""
        self.count += 1
        sentence = f"{where}: {what}; the row was left out."
        self.first = self.first or sentence
        if self.count <= NOTES_PER_KIND:
            self._unread.append(sentence)

    def __add__(self, other: BrokenRows) -> BrokenRows:
        """Both together; the first of this one is named first."""
        return BrokenRows(self.count + other.count, self.first or other.first)

    def take_notes(self) -> tuple[str, ...]:
        """Sentences added since the last call."""
        notes = tuple(self._unread)
        self._unread.clear()
        return notes

    def closing_notes(self) -> tuple[str, ...]:
        """How many there were, when not all of them were named."""
        if self.count <= NOTES_PER_KIND:
            return ()
        return (f"{self.count:,} rows could not be used; the first {NOTES_PER_KIND} are named.",)

    def refuse_if_many(self, rows: int, where: str, next_step: str) -> None:
        """Refuse a file whose rows are broken as a rule rather than by accident.

        That is: all of them, or more than five and more than one in twenty.

        Raises:
            SourceError: names the first one.

        """
        many = self.count > max(_ALWAYS_TOLERATED, rows * _TOLERATED_SHARE)
        if self.count and (many or self.count == rows):
            raise SourceError(
                f"{self.count:,} of {rows:,} rows cannot be used, so the file as a whole is "
                f"damaged. First: {self.first.removesuffix('; the row was left out.')}",
                where=where,
                next_step=next_step,
            )


class Pages:
    """Collects rows into batches of about :data:`PAGE_ROWS`, with what was set aside meanwhile."""

    def __init__(self, broken: BrokenRows, total: int | None = None) -> None:
        self._broken = broken
        self._total = total
        self._rows: list[Row] = []
        self._broken_before = broken.count
        self._left_out = 0
        self.left_out = 0
        """Rows left out on purpose, all batches together."""

    def add(self, rows: Sequence[Row]) -> None:
        """Put rows on the page."""
        self._rows.extend(rows)

    def leave_out(self, number: int = 1) -> None:
        """Count rows that are left out on purpose."""
        self._left_out += number
        self.left_out += number

    @property
    def is_full(self) -> bool:
        """Whether it is time to :meth:`cut`."""
        return len(self._rows) >= PAGE_ROWS

    def cut(self, position: Position, done: int | None = None) -> Batch:
        """The page so far, which reaches to ``position``; a new one begins."""
        skipped = self._left_out + self._broken.count - self._broken_before
        notes = self._broken.take_notes()
        batch = Batch(self._rows, position, skipped, notes, done, self._total)
        self._rows, self._left_out, self._broken_before = [], 0, self._broken.count
        return batch


class FileConnector(Connector):
    """Base of connectors whose first setting is ``path``."""

    source: ClassVar[Source] = Source.FILE

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self.include_private = is_on(self.options.get("include_private"))
        if self.include_private and not self.options.get("approved_by"):
            raise SettingsError(
                "Private communities are read only when somebody has approved it",
                where=f"setting approved_by of connector {self.name}",
                next_step="Name the person who approved it, or switch include_private off",
            )
        self._archives: tuple[Archive, ...] | None = None
        self._fingerprint: str | None = None
        self._is_verified = False

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files and folders to read, in the order given."""
        given = self.options["path"]
        several = given if isinstance(given, list | tuple) else [given]
        return tuple(Path(item).expanduser() for item in several)

    @property
    def limits(self) -> Limits:
        """The bounds set for this import."""
        try:
            gigabytes = float(self.options.get("max_gigabytes") or SIZE_FIELD.default)
        except ValueError as error:
            raise SettingsError(
                "The largest file is no number",
                where=f"setting max_gigabytes of connector {self.name}",
                next_step=SIZE_FIELD.help,
            ) from error
        return Limits(unpacked_bytes=int(gigabytes * GIGABYTE))

    @property
    def archives(self) -> tuple[Archive, ...]:
        """The opened files, in the order of :attr:`paths`."""
        if self._archives is None:
            opened: list[Archive] = []
            try:
                for path in self.paths:
                    opened.append(open_archive(path, self.limits))
            except BaseException:
                for archive in opened:
                    archive.close()
                raise
            self._archives = tuple(opened)
        return self._archives

    @property
    def fingerprint(self) -> str:
        """A digest of all content and of the settings that change what is read from it."""
        if self._fingerprint is None:
            parts = [archive.fingerprint for archive in self.archives]
            ignored = ("path", "max_gigabytes", "approved_by")
            parts += [
                f"{name}={value!r}"
                for name, value in sorted(self.options.items())
                if name not in ignored
            ]
            self._fingerprint = sha256("\n".join(parts).encode()).hexdigest()[:32]
        return self._fingerprint

    def verify(self) -> None:
        """Look at everything once; what is remembered here serves the reading.

        Raises:
            SourceError: the file as a whole cannot be used.

        """
        if not self._is_verified:
            self._verify()
            self._is_verified = True

    def read(self, stream: Stream, since: Checkpoint | None) -> Iterator[Page]:
        """Read one stream; see :meth:`Connector.read`.

        A checkpoint of other content starts at the beginning; one of the same content goes on,
        and gives nothing when that content was read to its end.
        """
        start = self._start(stream, since)
        if start is None:
            return
        self.verify()
        for batch in self._batches(stream, start):
            yield Page(
                rows=batch.rows,
                checkpoint=self._checkpoint(batch.position, is_finished=False),
                notes=batch.notes,
                skipped=batch.skipped,
                done=batch.done,
                total=batch.total,
            )
        yield Page((), self._checkpoint(Position(), is_finished=True), self._closing_notes(stream))

    def close(self) -> None:
        """Release the files."""
        for archive in self._archives or ():
            archive.close()
        self._archives = None

    @abstractmethod
    def _verify(self) -> None: ...

    @abstractmethod
    def _batches(self, stream: Stream, start: Position) -> Iterator[Batch]: ...

    def _closing_notes(self, stream: Stream) -> Sequence[str]:
        """What to say at the end of a stream."""
        return ()

    def _checkpoint(self, position: Position, *, is_finished: bool) -> Checkpoint:
        return Checkpoint(
            CHECKPOINT_VERSION,
            {"fingerprint": self.fingerprint, "finished": is_finished, **position._asdict()},
        )

    def _start(self, stream: Stream, since: Checkpoint | None) -> Position | None:
        if since is None:
            return Position()
        if since.version != CHECKPOINT_VERSION:
            raise SettingsError(
                f"The checkpoint of {stream.name} has version {since.version}, this release "
                f"reads version {CHECKPOINT_VERSION}",
                where=f"connector {self.name}",
                next_step="Import the file again in full; rows that are there already stay as "
                "they are",
            )
        if since.data.get("fingerprint") != self.fingerprint:
            return Position()
        if since.data.get("finished"):
            return None
        return Position(int(since.data.get("entry", 0)), int(since.data.get("row", 0)))


def counted(number: int, noun: str) -> str:
    """A number with its noun in the right form: 1 message, 2,000 messages."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def is_on(value: object) -> bool:
    """Read a switch that may come from a form, a file or a command line.

    Raises:
        SettingsError: it is neither on nor off.

    """
    text = str(value).strip().casefold()
    if text in _ON:
        return True
    if text in _OFF:
        return False
    raise SettingsError(
        f"A switch is on or off, not {text[:20]!r}",
        where="connector settings",
        next_step="Use true or false",
    )
