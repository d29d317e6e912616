"""Guess which column of a table is what, by its header and by its values, and say why.

A header decides only together with values that fit: a column called "date" without dates is no
time. A column without a telling header is taken by its values alone where they leave no doubt.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import islice
from typing import NamedTuple

from adoption.errors import SettingsError, SourceError
from adoption.files.clock import DAY_FIRST, Clock, clock_for
from adoption.files.rounding import is_rounded
from adoption.files.tabular import Cell, Tabular, text_of_cell

SAMPLE_ROWS = 2000
NO_COLUMN = "-"
"""Given instead of a column's name, it says that the table has no such column."""

TIME, TEXT, AUTHOR, ID = "time", "text", "author", "id"
COMMUNITY, THREAD, PARENT, LIKES = "community", "thread", "parent", "likes"
FIELDS = (TIME, TEXT, ID, PARENT, THREAD, AUTHOR, COMMUNITY, LIKES)
"""In the order in which columns are given away."""

_HEADERS: Mapping[str, str] = {
    TIME: "created at, created, creation time, timestamp, time stamp, time, date, datetime, "
    "date time, when, posted at, posted, sent, sent at, published, published at, ts, "
    "zeit, datum, zeitpunkt, erstellt, erstellt am, gesendet, uhrzeit, "
    "heure, horodatage, cree le, publie le, envoye, "
    "fecha, hora, fecha y hora, creado, enviado, publicado, "
    "data, ora, data e ora, creato, inviato, tijd, datum en tijd, aangemaakt, geplaatst, dato, tid",
    TEXT: "text, message, body, content, comment, post, full text, tweet, message text, "
    "message body, comment text, remark, feedback, "
    "nachricht, inhalt, beitrag, kommentar, "
    "texte, contenu, corps, commentaire, publication, "
    "texto, mensaje, contenido, comentario, publicacion, "
    "testo, messaggio, contenuto, commento, tekst, bericht, inhoud, opmerking, reactie, besked",
    AUTHOR: "author, user, username, user name, sender, from, from user, who, name, handle, nick, "
    "nickname, screen name, author id, user id, sender id, sender email, author email, "
    "posted by, created by, poster, person, email, "
    "autor, absender, benutzer, benutzername, verfasser, von, "
    "auteur, utilisateur, expediteur, de, usuario, remitente, "
    "autore, utente, mittente, gebruiker, afzender, forfatter, bruger",
    ID: "id, message id, post id, comment id, id str, tweet id, status id, guid, uuid, key, "
    "nachrichten id, nummer, identifiant, identificador, identificativo",
    COMMUNITY: "community, group, group name, channel, channel name, room, space, forum, team, "
    "board, stream, workspace, "
    "gruppe, kanal, raum, gemeinschaft, groupe, canal, salon, communaute, "
    "grupo, sala, comunidad, gruppo, canale, stanza, comunita, groep, kanaal, ruimte",
    THREAD: "thread, thread id, thread ts, conversation, conversation id, topic id, discussion, "
    "discussion id, root id, unterhaltung, konversation, fil, conversacion, hilo, "
    "conversazione, discussione, gesprek, draad",
    PARENT: "reply to, reply to id, in reply to, in reply to id, in reply to status id, "
    "in reply to status id str, parent, parent id, replied to id, replied to, "
    "antwort auf, reponse a, respuesta a, en respuesta a, risposta a, antwoord op",
    LIKES: "likes, like count, likes count, favorite count, favorites, favourites, reactions, "
    "reaction count, thumbs up, hearts, gefallt mir, j aime, me gusta, mi piace, vind ik leuk",
}
_TITLES = {
    TIME: "a time",
    TEXT: "what was written",
    AUTHOR: "who wrote it",
    ID: "the id of a message",
    COMMUNITY: "where it was written",
    THREAD: "the thread",
    PARENT: "the message it answers",
    LIKES: "a number of likes",
}
_NUMBER = re.compile(r"-?\d+")
_WORD_LENGTH = 80
_LATER = re.compile(r"\b(edit|updat|modif|delet|chang|join|expir|last|geandert|geloscht)")


class ColumnUse(NamedTuple):
    """What one column is used for; ``field`` is empty for one that is not used.

    ``sample`` describes the values without showing what anybody wrote.
    """

    column: str
    field: str
    why: str
    sample: str

    def __str__(self) -> str:
        if not self.field:
            return f"{self.column}: not used ({self.sample})"
        return f"{named_column(self.column, self.field)}: {self.why} ({self.sample})"


@dataclass(frozen=True, slots=True)
class Profile:
    """What the sampled values of one column look like; shares are of the values that are filled."""

    column: str
    filled: Sequence[Cell]
    filled_share: float
    distinct: int
    mean_length: float
    blank_share: float
    number_share: float

    @property
    def is_unique(self) -> bool:
        """Whether no value comes twice and none is missing."""
        return self.filled_share == 1 and self.distinct == len(self.filled)

    @property
    def is_repeated(self) -> bool:
        """Whether values come again as authors and places do: short, and fewer than rows."""
        return bool(self.filled) and self.mean_length <= 60 and self.distinct < len(self.filled)


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """The outcome of guessing.

    ``columns`` gives the position of each field that was found; ``clock`` reads the time, which is
    joined from two columns where ``second`` names the position of the other one.
    """

    columns: Mapping[str, int]
    clock: Clock | None
    second: int | None
    uses: Sequence[ColumnUse]

    def time_cell(self, cells: Sequence[Cell]) -> Cell:
        """What :attr:`clock` reads, from the cells of one row."""
        first = cells[self.columns[TIME]]
        return first if self.second is None else _joined(first, cells[self.second])


def plain_header(text: str) -> str:
    """A header in lower case, without accents, with blanks between its words."""
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    decomposed = unicodedata.normalize("NFKD", text)
    letters = "".join(one for one in decomposed if not unicodedata.combining(one))
    return " ".join(re.sub(r"[^0-9a-z]+", " ", letters.casefold()).split())


def profiles(table: Tabular, rows: int = SAMPLE_ROWS) -> list[Profile]:
    """Look at the first rows of each column."""
    records = [record.cells for record in islice(table.records(), rows) if record.cells]
    return [
        _profile(name, [cells[at] for cells in records]) for at, name in enumerate(table.columns)
    ]


def guess(
    table: Tabular, given: Mapping[str, str], fields: Sequence[str], order: str | None = None
) -> ColumnMap:
    """Find the columns of a table.

    Args:
        table: what to look at.
        given: by field, a column named by the user, or :data:`NO_COLUMN`.
        fields: the fields to look for.
        order: ``day-first`` or ``month-first``, where the user has said so.

    Raises:
        SettingsError: a given column does not exist, or day and month cannot be told apart.
        SourceError: a spreadsheet has rounded the ids.

    """
    found = profiles(table)
    _refuse_rounded(found, table)
    chosen = _given(table, given)
    clocks = _clocks(found, chosen, order)
    reasons = {at: f"You named this column for {_TITLES[field]}" for field, at in chosen.items()}
    for field in fields:
        if field in given:
            continue
        free = [at for at in range(len(found)) if at not in reasons]
        best = max(free, key=lambda at: _score(field, found[at], clocks.get(at)), default=None)
        if best is not None and _score(field, found[best], clocks.get(best)) > 0:
            chosen[field] = best
            reasons[best] = _reason(field, found[best], clocks.get(best))
    clock, second = _complete(chosen.get(TIME), found, clocks, reasons, order)
    if second is not None:
        reasons[second] = "It completes the other half of the time"
    names = {at: field for field, at in chosen.items()} | ({} if second is None else {second: TIME})
    uses = [
        ColumnUse(
            one.column,
            names.get(at, ""),
            reasons.get(at, "nothing here needs it"),
            _sample(one, clocks.get(at)),
        )
        for at, one in enumerate(found)
    ]
    return ColumnMap(chosen, clock, second, uses)


def named_column(column: str, field: str) -> str:
    """A column and what it is taken for, where its name does not say so already."""
    return column if plain_header(column) == field else f"{column} ({field})"


def header_names(header: str, names: str) -> float:
    """How well a header matches a list of names: 3 for one of them, 1.5 where one is part of it.

    Earlier names weigh a little more, so that "created at" wins over "date".
    """
    plain = plain_header(header)
    for rank, name in enumerate(names.split(", ")):
        if plain == name:
            return 3 - rank / 1000
    padded = f" {plain} "
    parts = [rank for rank, name in enumerate(names.split(", ")) if f" {name} " in padded]
    return 1.5 - min(parts) / 1000 if parts else 0.0


def _refuse_rounded(found: Sequence[Profile], table: Tabular) -> None:
    for one in found:
        names_an_id = any(header_names(one.column, _HEADERS[f]) > 2 for f in (ID, THREAD, PARENT))
        if names_an_id and any(is_rounded(cell) for cell in one.filled):
            raise SourceError(
                f"A spreadsheet has rounded the ids in the column {one.column}, so they are lost",
                where=table.where,
                next_step="Use the file as the network made it; opening and saving it in a "
                "spreadsheet cuts long numbers to 15 digits",
            )


def _given(table: Tabular, given: Mapping[str, str]) -> dict[str, int]:
    places = {name.casefold(): at for at, name in reversed(list(enumerate(table.columns)))}
    chosen = {}
    for field, name in given.items():
        if name == NO_COLUMN:
            continue
        if name.strip().casefold() not in places:
            raise SettingsError(
                f"There is no column called {name[:60]!r}",
                where=f"setting {field}_column, {table.where}",
                next_step=f"Use one of: {', '.join(table.columns)}; or {NO_COLUMN} for none",
            )
        chosen[field] = places[name.strip().casefold()]
    return chosen


def _profile(column: str, cells: Sequence[Cell]) -> Profile:
    filled = [cell for cell in cells if cell is not None and cell != ""]
    texts = [text_of_cell(cell) for cell in filled]
    number = max(len(texts), 1)
    return Profile(
        column=column,
        filled=filled,
        filled_share=len(filled) / max(len(cells), 1),
        distinct=len(set(texts)),
        mean_length=sum(map(len, texts)) / number,
        blank_share=sum(" " in text.strip() for text in texts) / number,
        number_share=sum(bool(_NUMBER.fullmatch(text)) for text in texts) / number,
    )


def _clocks(
    found: Sequence[Profile], chosen: Mapping[str, int], order: str | None
) -> dict[int, Clock]:
    """The clocks of all columns that hold times.

    An ambiguous order of day and month matters only in the column that is used: it is asked for
    there, and settled either way elsewhere.
    """
    clocks = {}
    for at, one in enumerate(found):
        is_likely = chosen.get(TIME) == at or (
            TIME not in chosen and header_names(one.column, _HEADERS[TIME]) > 0
        )
        clock = clock_for(one.filled, order if order or is_likely else DAY_FIRST)
        if clock is not None:
            clocks[at] = clock
    return clocks


def _complete(
    at: int | None,
    found: Sequence[Profile],
    clocks: Mapping[int, Clock],
    taken: Mapping[int, str],
    order: str | None,
) -> tuple[Clock | None, int | None]:
    """The clock of the time column, joined with a second one where it holds half of a time."""
    if at is None or at not in clocks:
        return None, None
    clock = clocks[at]
    for other, candidate in clocks.items():
        is_half = candidate.is_time_only if clock.is_day_only else candidate.is_day_only
        if other in taken or not is_half or not (clock.is_day_only or clock.is_time_only):
            continue
        pairs = zip(found[at].filled, found[other].filled, strict=False)
        joined = clock_for([_joined(first, second) for first, second in pairs], order)
        if joined is not None:
            return joined, other
    return clock, None


def _joined(first: Cell, second: Cell) -> Cell:
    """A day and a time of day as one, whichever comes first."""
    if isinstance(first, time):
        first, second = second, first
    if isinstance(first, date) and isinstance(second, time):
        return datetime.combine(first, second)
    day, clock = text_of_cell(first).strip(), text_of_cell(second).strip()
    return f"{clock} {day}" if ":" in day and ":" not in clock else f"{day} {clock}"


def _score(field: str, one: Profile, clock: Clock | None) -> float:
    """How well a column serves a field; 0 where its values do not fit."""
    by_header = header_names(one.column, _HEADERS[field])
    if not one.filled or not _fits(field, one, clock):
        return 0.0
    return by_header or _score_by_values(field, one, clock)


def _fits(field: str, one: Profile, clock: Clock | None) -> bool:
    is_word = one.mean_length <= _WORD_LENGTH
    if field == TIME:
        return clock is not None and not _LATER.search(plain_header(one.column))
    if field == TEXT:
        return clock is None and one.number_share < 0.5
    if field == AUTHOR:
        return is_word and clock is None
    if field == ID:
        return is_word and one.is_unique and one.blank_share < 0.1
    if field == LIKES:
        return one.number_share > 0.95
    if field == COMMUNITY:
        return is_word and clock is None
    return is_word and one.blank_share < 0.1


def _score_by_values(field: str, one: Profile, clock: Clock | None) -> float:
    """What speaks for a column whose header says nothing; always less than a telling header."""
    if field == TIME and clock is not None:
        return 0.5 if clock.is_day_only or clock.is_time_only else 1.0
    if field == TEXT and one.blank_share > 0.5 and one.mean_length >= 8:
        return min(one.mean_length, 1000) / 1000
    if field == AUTHOR and one.is_repeated and one.distinct > 1 and one.number_share < 0.5:
        return 0.5 * one.distinct / len(one.filled)
    if field == ID and len(one.filled) >= 20 and one.number_share == 1 and clock is None:
        return 0.5
    if field == COMMUNITY and all(text_of_cell(cell).startswith("#") for cell in one.filled):
        return 0.5
    return 0.0


def _reason(field: str, one: Profile, clock: Clock | None) -> str:
    values = {
        TIME: f"the values are {clock.how}" if clock else "",
        TEXT: "the values are sentences",
        AUTHOR: "the same short values come again and again",
        ID: "no value comes twice",
        COMMUNITY: "the same short values come again and again",
        LIKES: "the values are numbers",
    }.get(field, "the values fit")
    if header_names(one.column, _HEADERS[field]) > 0:
        return f"The header means {_TITLES[field]}, and {values}"
    return f"No header tells, but {values}"


def _sample(one: Profile, clock: Clock | None) -> str:
    if clock is not None:
        return f"such as {text_of_cell(one.filled[0])}"
    if one.blank_share > 0.5:
        return f"texts of {one.mean_length:.0f} characters on average"
    return f"different values: {one.distinct:,}, rows: {len(one.filled):,}"
