"""Which column of a people file is what, and its rows as persons."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from adoption.files.clock import Clock, clock_for
from adoption.files.mapping import Profile, header_names
from adoption.files.tabular import Cell, Tabular, text_of_cell
from adoption.model import Person

ID, EMAIL, HANDLE, NAME = "id", "email", "handle", "name"
DEPARTMENT, LOCATION, JOB_FAMILY, LEADER = "department", "location", "job family", "leader"
EMPLOYED_FROM, EMPLOYED_TO, VALID_FROM = "employed from", "employed to", "valid from"
IDENTIFYING = (ID, EMAIL, HANDLE)
DESCRIBING = (DEPARTMENT, LOCATION, JOB_FAMILY, LEADER, EMPLOYED_FROM, EMPLOYED_TO)
_TIMES = (EMPLOYED_FROM, EMPLOYED_TO, VALID_FROM)

_HEADERS: Mapping[str, str] = {
    EMAIL: "email, mail, e mail, email address, mail address, work email, person mail, "
    "user principal name, upn, mailadresse, e mail adresse, courriel, adresse e mail, correo, "
    "correo electronico, posta elettronica, e mailadres",
    HANDLE: "handle, username, user name, login, account, screen name, benutzername, anmeldename, "
    "identifiant, usuario, utente, gebruikersnaam",
    ID: "person id, employee id, employee number, staff id, staff number, personnel number, "
    "user id, id, person, personalnummer, mitarbeiternummer, matricule, numero de empleado, "
    "matricola, personeelsnummer",
    DEPARTMENT: "department, dept, directorate, division, unit, business unit, organisation unit, "
    "abteilung, bereich, klinik, departement, service, departamento, dipartimento, reparto, "
    "afdeling",
    LOCATION: "location, site, office, office location, building, city, standort, ort, lieu, "
    "etablissement, ubicacion, sede, centro, locatie, vestiging",
    JOB_FAMILY: "job family, job group, staff group, profession, job title, role, position, title, "
    "berufsgruppe, funktion, beruf, metier, poste, fonction, puesto, categoria, ruolo, qualifica, "
    "functie, functiegroep",
    LEADER: "leader, is leader, is manager, people manager, manages people, fuhrungskraft, "
    "leitung, cadre, encadrant, directivo, responsabile, dirigente, leidinggevende",
    EMPLOYED_FROM: "employed from, start date, hire date, date of joining, joined, joined at, "
    "start, from, eintritt, eintrittsdatum, beginn, date d embauche, date d entree, "
    "fecha de alta, data di assunzione, in dienst, in dienst sinds",
    EMPLOYED_TO: "employed to, employed until, end date, leaving date, termination date, left, "
    "end, to, until, austritt, austrittsdatum, ende, date de sortie, fecha de baja, "
    "data di cessazione, uit dienst",
    VALID_FROM: "valid from, as of, since, effective date, effective from, gultig ab, stand, "
    "valable des, valido desde, valido dal, geldig vanaf",
    NAME: "name, full name, display name, employee name, person name, vollstandiger name, nom, "
    "nom complet, nombre, nome, naam",
}
_YES = frozenset({"yes", "y", "true", "1", "x", "ja", "j", "oui", "o", "si", "sí", "s", "vero"})
_NO = frozenset({"no", "n", "false", "0", "-", "nein", "non", "nee", "falso"})
_MAIL_SHARE = 0.8


@dataclass(frozen=True, slots=True)
class RosterMap:
    """Positions of the columns by field, and the clocks of those that hold dates."""

    columns: Mapping[str, int]
    clocks: Mapping[str, Clock]
    not_dates: Sequence[str]
    """Columns whose header names a date but whose values are none."""

    @property
    def names_people(self) -> bool:
        """Whether a column says who a row is about."""
        return any(field in self.columns for field in IDENTIFYING)

    @property
    def describes_people(self) -> bool:
        """Whether a column says anything about the person."""
        return any(field in self.columns for field in DESCRIBING)


def map_roster(found: Sequence[Profile], order: str | None = None) -> RosterMap:
    """Find the columns of a people file by their headers.

    Raises:
        SettingsError: day and month cannot be told apart.

    """
    columns: dict[str, int] = {}
    for field, names in _HEADERS.items():
        free = [at for at in range(len(found)) if at not in columns.values()]
        best = max(free, key=lambda at: header_names(found[at].column, names), default=None)
        if best is not None and header_names(found[best].column, names) > 0:
            columns[field] = best
    if EMAIL not in columns and ID in columns and _holds_mail(found[columns[ID]]):
        columns[EMAIL] = columns.pop(ID)
    clocks: dict[str, Clock] = {}
    not_dates: list[str] = []
    for field in _TIMES:
        if field in columns and found[columns[field]].filled:
            clock = clock_for(found[columns[field]].filled, order)
            if clock is None or clock.is_time_only:
                not_dates.append(found[columns[field]].column)
            else:
                clocks[field] = clock
    return RosterMap(columns, clocks, not_dates)


def person_reader(
    columns: RosterMap, zone: ZoneInfo, *, blank_is_no: bool
) -> Callable[[Sequence[Cell]], Person]:
    """A function that turns the cells of one row into a person.

    It raises :class:`ValueError` with a text that is safe to show.

    Args:
        columns: which column is what.
        zone: the zone in which days begin.
        blank_is_no: whether an empty leader cell means no, as in lists that mark leaders with x.

    """
    at = columns.columns

    def text(field: str, cells: Sequence[Cell]) -> str | None:
        return (text_of_cell(cells[at[field]]).strip() or None) if field in at else None

    def moment(field: str, cells: Sequence[Cell]) -> datetime | None:
        if field not in columns.clocks or text(field, cells) is None:
            return None
        try:
            return columns.clocks[field].read(cells[at[field]], zone, None)
        except (ValueError, OverflowError) as error:
            raise ValueError(f"its {field} date cannot be read") from error

    def read(cells: Sequence[Cell]) -> Person:
        if not cells:
            raise ValueError("it does not fit the columns")
        email, handle = text(EMAIL, cells), text(HANDLE, cells)
        person_id = text(ID, cells) or email or handle
        if person_id is None:
            raise ValueError("nothing in it says who it is about")
        start, end = moment(EMPLOYED_FROM, cells), moment(EMPLOYED_TO, cells)
        if end is not None and end == end.astimezone(zone).replace(hour=0, minute=0, second=0):
            end += timedelta(days=1)
        if start is not None and end is not None and end < start:
            raise ValueError("it ends before it begins")
        return Person(
            id=person_id,
            name=text(NAME, cells),
            email=email,
            handle=handle,
            department=text(DEPARTMENT, cells),
            location=text(LOCATION, cells),
            job_family=text(JOB_FAMILY, cells),
            is_leader=leader_of(text(LEADER, cells), blank_is_no=blank_is_no)
            if LEADER in at
            else None,
            employed_from=start,
            employed_to=end,
            valid_from=moment(VALID_FROM, cells),
        )

    return read


def leader_of(text: str | None, *, blank_is_no: bool) -> bool | None:
    """Read the mark of a leader in several languages; ``None`` for what is neither yes nor no."""
    if text is None:
        return False if blank_is_no else None
    word = text.casefold()
    return True if word in _YES else False if word in _NO else None


def marks_only_leaders(table: Tabular, columns: RosterMap) -> bool:
    """Whether the leader column is filled for leaders and left empty for everybody else."""
    if LEADER not in columns.columns:
        return False
    at = columns.columns[LEADER]
    words = {
        text_of_cell(record.cells[at]).strip().casefold()
        for record in table.records()
        if record.cells
    }
    return "" in words and not words & _NO


def _holds_mail(one: Profile) -> bool:
    mails = sum("@" in text_of_cell(cell) for cell in one.filled)
    return bool(one.filled) and mails >= _MAIL_SHARE * len(one.filled)
