"""What all connectors that ask a server share: the session, private spaces, one community at a time."""

from __future__ import annotations

import threading
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, NamedTuple

from adoption.connector import (
    Checkpoint,
    Connector,
    Field,
    Health,
    Page,
    Permission,
    Source,
    Stream,
)
from adoption.errors import AccessError, AdoptionError, SettingsError, SourceError
from adoption.files.connector import PRIVATE_FIELDS, is_on
from adoption.http import Authorizer, HttpSession, NotThereError, Settings, Traffic
from adoption.limits import Clock, SystemClock
from adoption.live.recall import Recall
from adoption.model import Community, Message, Person, Row
from adoption.paging import read_ahead
from adoption.secrets import Secret

CHECKPOINT_VERSION = 1

SIGN_IN = "sign in"
"""The name of the right without which no other can be tried."""

COMMUNITIES = Stream("communities", Community, ("id",))
PEOPLE = Stream("people", Person, ("id",))
MESSAGES = Stream("messages", Message, ("id",))

SERVER_FIELDS = (
    Field(
        "base_url",
        "Address of the server",
        "The address as in the browser, for example https://chat.example.org",
    ),
    Field(
        "internal_server",
        "The server stands inside our own network",
        "Turn this on when the address is not reachable from the internet.",
        kind="switch",
        required=False,
        default=False,
    ),
    Field(
        "ca_bundle",
        "Own certificate authority",
        "A file with your organisation's certificate authority, when its servers use one.",
        kind="path",
        required=False,
    ),
)
READING_FIELDS = (
    Field(
        "since",
        "Read from",
        "The first day to read, as 2025-01-31. Empty reads everything there is.",
        kind="date",
        required=False,
    ),
    Field(
        "look_back_days",
        "Days to look at again",
        "Each sync reads this many days again to notice edits, deletions and reactions.",
        kind="number",
        required=False,
        default=30,
    ),
    *PRIVATE_FIELDS,
    Field(
        "proxy",
        "Outgoing proxy",
        "The address of the proxy your organisation uses for outgoing traffic, if it does.",
        required=False,
    ),
)


class Part(NamedTuple):
    """A page of one community: rows, and the community's state once they are written."""

    rows: Sequence[Row]
    state: Mapping[str, Any]
    notes: Sequence[str] = ()
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class Probe:
    """One right to try out: the call that needs it, and who can grant it.

    A connection works without a right that is not ``essential``, with less to show.
    """

    name: str
    granted_by: str
    attempt: Callable[[], object]
    essential: bool = True


class LiveConnector(Connector):
    """Base of connectors that read over HTTP.

    A subclass says how to reach the server (:meth:`_session_settings`, :meth:`_authorizer`), what
    to try in a test (:meth:`_probes`), and gives the pages of its streams.
    """

    source: ClassVar[Source] = Source.API
    clock: Clock = SystemClock()

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        for item in self.settings:
            if item.secret:
                self.options[item.name] = Secret.of(self.options.get(item.name))
        self.include_private = is_on(self.options.get("include_private"))
        if self.include_private and not self.options.get("approved_by"):
            raise SettingsError(
                "Private communities are read only when somebody has approved it",
                where=f"setting approved_by of connector {self.name}",
                next_step="Name the person who approved it, or switch include_private off",
            )
        self.first_day = _day(self.options.get("since"), self.name)
        self.look_back = timedelta(days=_days(self.options.get("look_back_days"), self.name))
        self._cancelled = threading.Event()
        self._stopped = False
        self._session: HttpSession | None = None

    # -- what the engine offers the rest of the product ----------------------------------------

    @property
    def traffic(self) -> Traffic:
        """Requests, retries, waits and bytes of this connector so far."""
        return self._session.traffic if self._session else Traffic()

    def cancel(self) -> None:
        """Stop waiting and reading as soon as possible; :class:`InterruptedRunError` follows."""
        self._stopped = True
        self._cancelled.set()

    def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def check(self) -> Health:
        """Try each right once and say what works and who can grant what does not."""
        permissions: list[Permission] = []
        for probe in self._probes():
            try:
                probe.attempt()
            except (AccessError, SourceError) as error:
                permissions.append(Permission(probe.name, False, str(error), probe.granted_by))
                if probe.name == SIGN_IN or not isinstance(error, AccessError):
                    break  # what follows would only say the same again
            else:
                permissions.append(Permission(probe.name, True, "works"))
        needed = {probe.name for probe in self._probes() if probe.essential}
        missing = [item.name for item in permissions if not item.works and item.name in needed]
        summary = f"Cannot {' or '.join(missing)}" if missing else f"{self.title} can be read"
        return Health(not missing, summary, tuple(permissions))

    def read(self, stream: Stream, since: Checkpoint | None) -> Iterator[Page]:
        """Read one stream; see :meth:`Connector.read`."""
        pages = self._pages(stream, self._state(stream, since))
        return self._ahead(pages)

    def _ahead(self, pages: Iterator[Page]) -> Iterator[Page]:
        try:
            yield from read_ahead(pages, self._cancelled.set)
        finally:
            if not self._stopped:
                self._cancelled.clear()

    # -- what a connector fills in -------------------------------------------------------------

    @abstractmethod
    def _session_settings(self) -> Settings: ...

    @abstractmethod
    def _authorizer(self) -> Authorizer | None: ...

    @abstractmethod
    def _probes(self) -> Sequence[Probe]: ...

    @abstractmethod
    def _pages(self, stream: Stream, data: Mapping[str, Any]) -> Iterator[Page]:
        """The pages of a stream from the data of its checkpoint on; empty data means the start."""

    # -- shared ground -------------------------------------------------------------------------

    @property
    def session(self) -> HttpSession:
        """The session, opened on first use."""
        if self._session is None:
            self._session = HttpSession(
                self._session_settings(),
                self._authorizer(),
                clock=self.clock,
                cancelled=self._cancelled,
            )
        return self._session

    def window_start(self) -> datetime:
        """Everything written since then is read again."""
        return self.clock.now() - self.look_back

    def too_old(self, moment: datetime) -> bool:
        """Whether a message lies before the first day to read."""
        return self.first_day is not None and moment < self.first_day

    def _state(self, stream: Stream, since: Checkpoint | None) -> Mapping[str, Any]:
        if since is None:
            return {}
        known = since.data.get("communities", {})
        usable = isinstance(known, Mapping) and all(
            isinstance(state, Mapping) for state in known.values()
        )
        if since.version != CHECKPOINT_VERSION or not usable:
            raise SettingsError(
                f"The checkpoint of {stream.name} has version {since.version} or another form; "
                f"this release reads version {CHECKPOINT_VERSION}",
                where=f"connector {self.name}",
                next_step="Run the sync in full once; rows that are there already stay as they are",
            )
        return since.data


class CommunityConnector(LiveConnector):
    """Base of connectors that give communities, people, and messages one community at a time."""

    streams: ClassVar[tuple[Stream, ...]] = (COMMUNITIES, PEOPLE, MESSAGES)

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self._known: list[Community] | None = None

    @abstractmethod
    def _communities(self) -> Iterator[Sequence[Community]]:
        """All communities that may be read, in pages."""

    @abstractmethod
    def _people(self) -> Iterator[Sequence[Person]]:
        """All people, in pages."""

    @abstractmethod
    def _messages_of(self, community: Community, state: Mapping[str, Any]) -> Iterator[Part]:
        """One community's messages from its state on; an empty state means from the start."""

    def recall(self, state: Mapping[str, Any]) -> Recall:
        """The memory kept in a community's state."""
        return Recall(state.get("recall"), self.window_start())

    def _pages(self, stream: Stream, data: Mapping[str, Any]) -> Iterator[Page]:
        if stream.name == COMMUNITIES.name:
            yield from plain_pages(self._remembered())
        elif stream.name == PEOPLE.name:
            yield from plain_pages(self._people())
        else:
            yield from self._message_pages(data)

    def _message_pages(self, data: Mapping[str, Any]) -> Iterator[Page]:
        states: dict[str, Any] = dict(data.get("communities", {}))
        listed = self._places()
        for number, community in enumerate(listed, start=1):
            try:
                for part in self._whole(community, states.get(community.id, {})):
                    states = {**states, community.id: part.state}
                    yield Page(
                        part.rows,
                        Checkpoint(CHECKPOINT_VERSION, {"communities": states}),
                        part.notes,
                        part.skipped,
                        number,
                        len(listed),
                    )
            except (AccessError, NotThereError) as error:
                self._probes()[0].attempt()  # a sign-in that has run out ends the run instead
                yield Page(
                    (),
                    Checkpoint(CHECKPOINT_VERSION, {"communities": states}),
                    (f"{community.name} was left out: {error.what}.",),
                )

    def _places(self) -> list[Community]:
        """What is walked through one after the other: the communities, unless a network differs."""
        return self.communities()

    def communities(self) -> list[Community]:
        """All communities that may be read; asked for once in the life of a connector."""
        if self._known is None:
            for _ in self._remembered():
                pass
        return self._known or []

    def _remembered(self) -> Iterator[Sequence[Community]]:
        found: list[Community] = []
        for page in self._communities():
            found += page
            yield page
        self._known = found

    def _whole(self, community: Community, state: Mapping[str, Any]) -> Iterator[Part]:
        """One community up to the present: what a former run left unfinished, then what is new."""
        is_unfinished = "walk" in state
        for part in self._messages_of(community, state):
            state = part.state
            yield part
        if is_unfinished:
            yield from self._messages_of(community, state)


def plain_pages(pages: Iterator[Sequence[Row]]) -> Iterator[Page]:
    """Pages of a list that is read in full every time: people and communities are few."""
    for rows in pages:
        yield Page(rows, Checkpoint(CHECKPOINT_VERSION, {}))
    yield Page((), Checkpoint(CHECKPOINT_VERSION, {}))


def server_settings(options: Mapping[str, Any]) -> dict[str, Any]:
    """The part of :class:`adoption.http.Settings` that :data:`SERVER_FIELDS` describe."""
    return {
        "base_url": str(options["base_url"]),
        "internal": is_on(options.get("internal_server")),
        "ca_bundle": str(options["ca_bundle"]) if options.get("ca_bundle") else None,
        "proxy": options.get("proxy") or None,
    }


def listed(value: object) -> list[str]:
    """A list setting, given as a list or as text with commas."""
    parts = value if isinstance(value, list | tuple) else str(value or "").split(",")
    return [str(part).strip() for part in parts if str(part).strip()]


def text_of(value: object) -> str:
    """A text field; empty where it is missing or null."""
    return value if isinstance(value, str) else ""


def unusable(what: str, where: str, error: AdoptionError | Exception | None = None) -> SourceError:
    """A body that has the right form but not the content the network documents."""
    hint = f" ({type(error).__name__})" if error is not None else ""
    return SourceError(
        f"The server gave {what} that cannot be used{hint}",
        where=where,
        next_step="Check that the server's version is supported",
    )


def _day(value: object, connector: str) -> datetime | None:
    if value in (None, ""):
        return None
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        raise SettingsError(
            "The first day to read is not a date",
            where=f"setting since of connector {connector}",
            next_step="Write it as 2025-01-31",
        ) from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _days(value: object, connector: str) -> float:
    try:
        days = float(str(value))
    except ValueError:
        days = -1.0
    if not 0 <= days <= 3660:
        raise SettingsError(
            "The days to look at again are no number between 0 and 3660",
            where=f"setting look_back_days of connector {connector}",
            next_step="Use 30 unless there is a reason for another number",
        )
    return days
