"""Viva Engage (Yammer) by its REST API v1, and its history by the Data Export API.

Endpoints, fields and limits: learn.microsoft.com/rest/api/yammer; paging of thread-ordered feeds:
the page on open_graph_objects and Yamster's message puller. The feed of a community is ordered by
the newest message of each thread, so that id is the cursor; the id of the starter would skip every
old thread that is still alive.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

from adoption.auth import PersonSignIn
from adoption.connector import Capability, Checkpoint, Field, Page, Stream
from adoption.files.connector import is_on
from adoption.files.viva_rows import ALL_COMPANY
from adoption.http import Authorizer, NotThereError, Rate, Settings
from adoption.live.connector import (
    CHECKPOINT_VERSION,
    PEOPLE,
    READING_FIELDS,
    SIGN_IN,
    CommunityConnector,
    Part,
    Probe,
    server_settings,
    unusable,
)
from adoption.live.microsoft import (
    PERSON,
    PERSON_FIELDS,
    TENANT_FIELDS,
    TOKEN,
    authorizer_for,
    person_sign_in,
    sign_in_field,
)
from adoption.live.recall import Entry, Recall
from adoption.live.viva_backfill import ExportBackfill
from adoption.model import Community, CommunityKind, Person, Row
from adoption.paging import CursorGuard
from adoption.records.yammer import community_row, person_row, post_of
from adoption.times import from_iso

MESSAGES_RATE = "messages"
TRIES_FOR_AN_EMPTY_THREAD = 3
"""About one thread in ten thousand is answered with an empty list although it is there (Yamster)."""

PEOPLE_EVERY = timedelta(days=1)

_EVERYBODY = Community(ALL_COMPANY, "All Company", CommunityKind.ALL_COMPANY)
_ADMIN = "an Entra administrator"
_VERIFIED_ADMIN = "a Viva Engage verified administrator"


class VivaEngage(CommunityConnector):
    """Reads what a signed-in member of a Viva Engage network may see."""

    name = "viva-engage"
    id_space = "viva-engage"
    title = "Viva Engage"
    summary = "Reads posts, replies, likes, people and communities of a Viva Engage network."
    settings: ClassVar[tuple[Field, ...]] = (
        *TENANT_FIELDS,
        sign_in_field(PERSON, TOKEN),
        *PERSON_FIELDS,
        Field(
            "scope",
            "Scope",
            "What to ask Entra for. Some tenants know https://api.yammer.com/user_impersonation.",
            required=False,
            default="https://www.yammer.com/.default",
        ),
        Field(
            "history_by_export",
            "History by data export",
            "Reads the time before today through the Data Export API, which is complete and much "
            f"faster. The person who signs in must be {_VERIFIED_ADMIN}.",
            kind="switch",
            required=False,
            default=False,
        ),
        Field(
            "base_url",
            "Address of the API",
            "Leave as it is, unless Microsoft names another one for your network.",
            required=False,
            default="https://www.yammer.com/api/v1",
        ),
        Field(
            "internal_server",
            "The address stands inside our own network",
            "Only with a gateway of your own.",
            kind="switch",
            required=False,
            default=False,
        ),
        *READING_FIELDS,
    )
    gives = frozenset(
        {
            Capability.POSTS,
            Capability.REPLIES,
            Capability.REACTIONS,
            Capability.REACTION_PEOPLE,
            Capability.DELETIONS,
            Capability.PEOPLE,
            Capability.DEPARTMENTS,
            Capability.COMMUNITIES,
            Capability.THREADS,
            Capability.ROSTER,
        }
    )
    lacks: ClassVar[Mapping[Capability, str]] = {
        Capability.VIEWS: "Viva Engage tells views in the usage reports only; add Microsoft Graph",
        Capability.REACTION_TIMES: "Viva Engage does not tell when somebody liked a message",
        Capability.EDITS: "The API gives the present text only, not when it was edited",
    }
    requires = (
        f"An app registration with the delegated permission Yammer access_as_user: {_ADMIN}",
        "Somebody who signs in once and may see the communities to read",
        f"For the history by data export: {_VERIFIED_ADMIN}",
    )

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self._last_message: dict[str, int] = {}
        self.has_history = False
        """Whether everything before the look-back was read through the data export."""

    def person_sign_in(self) -> PersonSignIn | None:
        """The sign-in of the person on whose behalf the network is read."""
        return person_sign_in(self.options, (str(self.options["scope"]),))

    def _session_settings(self) -> Settings:
        # 10 requests per 30 s and class are allowed; 7 leave room for the person's own clients
        rates = {name: Rate(7, 30.0) for name in ("default", MESSAGES_RATE)}
        return Settings(**server_settings(self.options), rates={**rates, "export": Rate(4, 60.0)})

    def _authorizer(self) -> Authorizer:
        return authorizer_for(self.options, (str(self.options["scope"]),))

    def _probes(self) -> Sequence[Probe]:
        probes = [
            Probe(SIGN_IN, _ADMIN, lambda: self._object("users/current.json")),
            Probe("list communities", _ADMIN, lambda: next(self._listed("groups.json"), None)),
            Probe("list people", _ADMIN, lambda: next(self._listed("users.json"), None)),
            Probe("read messages", _ADMIN, lambda: self._object("messages.json", MESSAGES_RATE)),
        ]
        if is_on(self.options["history_by_export"]):
            probes.append(Probe("export the network", _VERIFIED_ADMIN, self._backfill().attempt))
        return probes

    def _object(self, path: str, rate: str = "default", **params: object) -> dict[str, Any]:
        body = self.session.get_json(path, params, rate=rate)
        if not isinstance(body, dict):
            raise unusable("an answer", path)
        return body

    def _listed(self, path: str, number: int = 1) -> Iterator[list[dict[str, Any]]]:
        """Pages of a list until an empty one; page sizes differ and are not documented."""
        before = None
        while True:
            page = self.session.get_json(path, {"page": number})
            if not isinstance(page, list) or (page and page == before):
                raise unusable("a list", path)
            if not page:
                return
            yield page
            number, before = number + 1, page

    def _communities(self) -> Iterator[Sequence[Community]]:
        yield [_EVERYBODY]
        for page in self._listed("groups.json"):
            rows = []
            for group in page:
                row = community_row(group)
                last = (group.get("stats") or {}).get("last_message_id")
                self._last_message[row.id] = int(last or 0)
                if self.include_private or not row.is_private:
                    rows.append(row)
            yield rows

    def _people(self) -> Iterator[Sequence[Person]]:
        for page in self._listed("users.json"):
            yield [person_row(user) for user in page]

    def _pages(self, stream: Stream, data: Mapping[str, Any]) -> Iterator[Page]:
        if stream == PEOPLE:
            return self._people_pages(data)
        return super()._pages(stream, data)

    def _people_pages(self, data: Mapping[str, Any]) -> Iterator[Page]:
        """Everybody, once a day: 50 people per request make half an hour of 20,000 members."""
        now = self.clock.now()
        number = int(data.get("page", 1))
        read_at = data.get("read_at")
        if read_at and number == 1 and now - from_iso(str(read_at)) < PEOPLE_EVERY:
            yield Page((), Checkpoint(CHECKPOINT_VERSION, data))
            return
        for page in self._listed("users.json", number):
            number += 1
            rows = [person_row(user) for user in page]
            yield Page(rows, Checkpoint(CHECKPOINT_VERSION, {"page": number}))
        yield Page((), Checkpoint(CHECKPOINT_VERSION, {"read_at": now.isoformat()}))

    # -- messages ------------------------------------------------------------------------------

    def _backfill(self) -> ExportBackfill:
        return ExportBackfill(
            self.session,
            self.clock,
            first_day=self.first_day,
            include_private=self.include_private,
        )

    def _message_pages(self, data: Mapping[str, Any]) -> Iterator[Page]:
        kept = {"export": data["export"]} if data.get("export") else {}
        if is_on(self.options["history_by_export"]):
            reached = data.get("export")
            for rows, moment, notes in self._backfill().pages(reached):
                reached = moment or reached
                kept = {"export": reached} if reached else {}
                known = data.get("communities", {})
                yield Page(
                    rows, Checkpoint(CHECKPOINT_VERSION, {"communities": known, **kept}), notes
                )
            self.has_history = True
        for page in super()._message_pages(data):
            checkpoint = Checkpoint(CHECKPOINT_VERSION, {**page.checkpoint.data, **kept})
            yield Page(page.rows, checkpoint, page.notes, page.skipped, page.done, page.total)

    def _messages_of(self, community: Community, state: Mapping[str, Any]) -> Iterator[Part]:
        recall = self.recall(state)
        mark = int(state.get("mark", 0))
        last = self._last_message.get(community.id)
        if "walk" not in state and last is not None and last <= mark and not recall.before:
            return  # nothing new, and nothing recent that could have changed
        walker = _Walk(self, community, recall, state)
        while not walker.is_done:
            yield Part(walker.step(), walker.state())
        gone = recall.finish(walker.covered(), self.clock.now(), community.id)
        yield Part(gone, {"mark": str(walker.top), "recall": recall.data()}, walker.notes())

    def feed(self, community: Community, below: str) -> dict[str, Any]:
        """One page of a community's threads, those with the newest messages first."""
        path = "messages/general.json"
        if community.id != ALL_COMPANY:
            path = f"messages/in_group/{community.id}.json"
        params = {"threaded": "extended", "older_than": below or None}
        return self._object(path, MESSAGES_RATE, **params)

    def thread(self, thread_id: str) -> list[dict[str, Any]] | None:
        """All messages of a thread, or ``None`` if it is gone."""
        path = f"messages/in_thread/{thread_id}.json"
        found: list[dict[str, Any]] = []
        below: str | None = None
        guard = CursorGuard(path)
        empty = 0
        while True:
            try:
                body = self._object(path, MESSAGES_RATE, older_than=below)
            except NotThereError:
                return None
            page = messages_in(body, path)
            if not page and below is None:
                empty += 1
                if empty == TRIES_FOR_AN_EMPTY_THREAD:
                    return None
                continue
            found += page
            if not page or (body.get("meta") or {}).get("older_available") is False:
                return found
            below = str(min(int(message["id"]) for message in page))
            guard.check(below)


class _Walk:
    """One walk through a community: thread by thread from the newest activity down to the goal."""

    def __init__(
        self, connector: VivaEngage, community: Community, recall: Recall, state: Mapping[str, Any]
    ) -> None:
        self._connector = connector
        self._community = community
        self._recall = recall
        self._base = {"mark": state["mark"]} if "mark" in state else {}
        self._mark = int(state.get("mark", 0))
        walk = state.get("walk") or {}
        self._below = str(walk.get("below", ""))
        self.top = int(walk.get("top", self._mark))
        self._listed = bool(walk.get("listed", False))
        self._todo: list[str] = list(walk.get("todo", []))
        self._met: set[str] = set(walk.get("met", []))
        self._complete: set[str] = set(walk.get("complete", []))
        self._remembered = {entry.root or name for name, entry in recall.before.items()}
        self._window = connector.window_start()
        self._unnamed = 0

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to ask for."""
        return self._listed and not self._todo

    def state(self) -> dict[str, Any]:
        """What a later run needs to go on from here."""
        walk = {
            "below": self._below,
            "top": str(self.top),
            "listed": self._listed,
            "todo": self._todo,
            "met": sorted(self._met & self._remembered),
            "complete": sorted(self._complete & self._remembered),
        }
        return {**self._base, "walk": walk, "recall": self._recall.data()}

    def step(self) -> list[Row]:
        """The rows of one more thread, or of one more page of threads."""
        if self._todo:
            thread_id, self._todo = self._todo[0], self._todo[1:]
            messages = self._connector.thread(thread_id) or []
            self._complete.add(thread_id)
            return self._rows(messages)
        return self._page()

    def covered(self) -> Callable[[str, Entry], bool]:
        """A message would have been met if its thread was read completely."""
        return lambda name, entry: (entry.root or name) in self._complete

    def notes(self) -> Sequence[str]:
        """What the reader should know of this walk."""
        if not self._unnamed:
            return ()
        return (
            f"{self._community.name}: {self._unnamed} messages were liked by more people than Viva "
            "Engage names; these likes count as a number, without people.",
        )

    def _page(self) -> list[Row]:
        body = self._connector.feed(self._community, self._below)
        where = f"community {self._community.name}"
        starters = messages_in(body, where)
        try:
            threads = [_Thread(starter, body) for starter in starters]
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise unusable("a thread", where, error) from None
        rows: list[Row] = []
        for thread in threads:
            rows += self._take(thread)
        latest = [thread.latest for thread in threads]
        self.top = max([self.top, *latest])
        more = (body.get("meta") or {}).get("older_available") is not False
        old = [t for t in threads if t.latest <= self._mark or not self._mark]
        is_below = bool(threads) and len(old) == len(threads) and self._is_past(threads)
        if not threads or not more or is_below:
            self._listed = True
            # what was remembered and not met has gone, or has sunk below: its thread will tell
            self._todo = [*self._todo, *sorted(self._remembered - self._met)]
            return rows
        below = str(min(latest))
        if self._below and int(below) >= int(self._below):
            raise unusable("threads in no order", where)
        self._below = below
        return rows

    def _is_past(self, threads: Sequence[_Thread]) -> bool:
        """Whether all threads of a page were quiet for longer than this walk looks back."""
        newest = max(thread.active_at for thread in threads)
        if self._mark or self._connector.has_history:
            return newest < self._window
        return self._connector.too_old(newest)

    def _take(self, thread: _Thread) -> list[Row]:
        """The rows of a thread that is shown whole; any other one is put in line if it is alive."""
        self._met.add(thread.id)
        is_news = thread.latest > self._mark or thread.active_at >= self._window
        if is_news and not thread.is_whole:
            if thread.id not in self._todo:
                self._todo = [*self._todo, thread.id]
            return []
        if thread.is_whole:
            self._complete.add(thread.id)
        return self._rows(thread.shown)

    def _rows(self, messages: Sequence[Mapping[str, Any]]) -> list[Row]:
        rows: list[Row] = []
        now = self._connector.clock.now()
        for found in messages:
            if found.get("direct_message"):
                continue
            try:
                post = post_of(found, self._community.id)
            except (KeyError, TypeError, ValueError) as error:
                where = f"message {found.get('id')}"
                raise unusable("a message", where, error) from None
            if not self._connector.too_old(post.message.created_at):
                rows += self._recall.see(post.message, post.likes, now)
                self._unnamed += any(like.person_id is None for like in post.likes)
        return rows


class _Thread:
    """What a page of a thread-ordered feed shows of one thread."""

    def __init__(self, starter: Mapping[str, Any], body: Mapping[str, Any]) -> None:
        self.id = str(starter["thread_id"])
        extended = (body.get("threaded_extended") or {}).get(self.id) or []
        self.shown: list[Mapping[str, Any]] = [starter, *extended]
        stats = _reference(body, self.id).get("stats") or {}
        ids = [int(message["id"]) for message in self.shown]
        # in doubt the larger one: too high a cursor repeats rows, too low a one loses threads
        self.latest = max([*ids, int(stats.get("latest_reply_id") or 0)])
        # the counter is known to be off, so two shown replies always mean there may be more
        self.is_whole = len(extended) < 2 and int(stats.get("updates") or 0) <= len(self.shown)
        self.active_at: datetime = max(
            post_of(message, None).message.created_at for message in self.shown
        )


def _reference(body: Mapping[str, Any], thread_id: str) -> Mapping[str, Any]:
    for found in body.get("references") or ():
        if found.get("type") == "thread" and str(found.get("id")) == thread_id:
            return found  # type: ignore[no-any-return]
    return {}


def messages_in(body: Mapping[str, Any], where: str) -> list[dict[str, Any]]:
    """The messages of an envelope."""
    found = body.get("messages")
    if not isinstance(found, list):
        raise unusable("no list of messages", where)
    return found
