"""Zulip by its REST API: public channels with their topics, which are its conversations.

Endpoints and limits: zulip.com/api (get-messages, construct-narrow, rest-error-handling). Ids only
rise, so each run goes on from the first message of the look-back window: that is how edits,
reactions, deletions and moves between topics are seen. The first message of a topic is the starter.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from adoption.connector import Capability, Field, Page
from adoption.http import Authorizer, FixedHeaders, NotThereError, Rate, Settings
from adoption.live.connector import (
    READING_FIELDS,
    SERVER_FIELDS,
    SIGN_IN,
    CommunityConnector,
    Part,
    Probe,
    server_settings,
    text_of,
    unusable,
)
from adoption.live.recall import Entry
from adoption.model import (
    AuthorKind,
    Community,
    CommunityKind,
    Message,
    MessageKind,
    Person,
    Reaction,
    Row,
)
from adoption.paging import CursorGuard
from adoption.times import from_iso, from_seconds

PAGE = 1000
_REFUSED = frozenset({400})
_MENTION = re.compile(r"@_?\*\*[^*\n]+\*\*")
_ADMIN = "a Zulip organisation administrator"
_BOT_FOR_SYSTEM = re.compile(r"^(notification|welcome)-bot@")


class Zulip(CommunityConnector):
    """Reads the public channels of a Zulip organisation with an API key."""

    name = "zulip"
    title = "Zulip"
    summary = "Reads messages, topics, reactions, people and channels of a Zulip organisation."
    settings: ClassVar[tuple[Field, ...]] = (
        *SERVER_FIELDS,
        Field("email", "Address of the account", "The address of the person or bot that reads."),
        Field(
            "api_token",
            "API key",
            "Personal settings > Account & privacy > API key, or that of a bot made for this.",
            secret=True,
        ),
        *READING_FIELDS,
    )
    gives = frozenset(
        {
            Capability.POSTS,
            Capability.REPLIES,
            Capability.REACTIONS,
            Capability.REACTION_PEOPLE,
            Capability.EDITS,
            Capability.DELETIONS,
            Capability.PEOPLE,
            Capability.COMMUNITIES,
            Capability.THREADS,
            Capability.ROSTER,
        }
    )
    lacks: ClassVar[Mapping[Capability, str]] = {
        Capability.VIEWS: "Zulip does not tell others who read a message",
        Capability.REACTION_TIMES: "Zulip does not tell when a reaction was given",
        Capability.DEPARTMENTS: "Zulip does not know departments; add a people file",
    }
    requires = (f"An account or bot of the organisation, and its API key: {_ADMIN}",)

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self._bots: frozenset[int] | None = None
        self._window_id: int | None = None

    def _session_settings(self) -> Settings:
        given = server_settings(self.options)
        given["base_url"] = given["base_url"].rstrip("/") + "/api/v1"
        return Settings(**given, rates={"default": Rate(180, 60.0)})

    def _authorizer(self) -> Authorizer:
        key = self.options["api_token"].reveal()
        packed = base64.b64encode(f"{self.options['email']}:{key}".encode()).decode()
        return FixedHeaders({"Authorization": f"Basic {packed}"}, (key, packed))

    def _probes(self) -> Sequence[Probe]:
        return (
            Probe(SIGN_IN, "the owner of the key", lambda: self._object("users/me")),
            Probe("list channels", _ADMIN, lambda: next(self._communities(), None)),
            Probe("list people", _ADMIN, self._members),
            Probe("read messages", _ADMIN, self._try_messages),
        )

    def _try_messages(self) -> None:
        narrow = json.dumps([{"operator": "streams", "operand": "public"}])
        params = {"anchor": "newest", "num_before": 1, "num_after": 0, "narrow": narrow}
        self._object("messages", params)

    def _object(self, path: str, params: Mapping[str, object] | None = None) -> dict[str, Any]:
        body = self.session.get_json(path, params)
        if not isinstance(body, dict):
            raise unusable("an answer", path)
        return body

    def _communities(self) -> Iterator[Sequence[Community]]:
        found = self._object("streams", {"include_subscribed": self.include_private}).get("streams")
        if not isinstance(found, list):
            raise unusable("no list of channels", "streams")
        rows = [_community(stream) for stream in found]
        yield [row for row in rows if self.include_private or not row.is_private]

    def _members(self) -> list[dict[str, Any]]:
        found = self._object("users").get("members")
        if not isinstance(found, list):
            raise unusable("no list of people", "users")
        return found

    def _people(self) -> Iterator[Sequence[Person]]:
        yield [_person(member) for member in self._members()]

    @property
    def bots(self) -> frozenset[int]:
        """The ids of all bots."""
        if self._bots is None:
            members = self._members()
            self._bots = frozenset(int(m["user_id"]) for m in members if m.get("is_bot"))
        return self._bots

    # -- messages ------------------------------------------------------------------------------

    def _message_pages(self, data: Mapping[str, Any]) -> Iterator[Page]:
        # one window for all channels, so that a message moved between two is met in the new one
        remembered: list[int] = []
        for state in data.get("communities", {}).values():
            recall = self.recall(state)
            remembered += [int(name) for name in (*recall.before, *recall.now)]
        self._window_id = min(remembered, default=None)
        yield from super()._message_pages(data)

    def _messages_of(self, community: Community, state: Mapping[str, Any]) -> Iterator[Part]:
        recall = self.recall(state)
        walk = dict(state.get("walk") or self._new_walk(state))
        first, last = int(walk["first"]), int(walk["last"])
        topics: dict[str, int] = dict(walk["topics"])
        base = {name: state[name] for name in ("last", "topics") if name in state}
        guard = CursorGuard(f"channel {community.name}")
        while True:
            guard.check(last)
            messages, is_newest = self._page(community, last)
            rows: list[Row] = []
            for found in messages:
                rows += self._take(found, community, topics, recall)
            last = max([last, *(int(found["id"]) for found in messages)])
            if is_newest or not messages:
                break
            walk = {"first": first, "last": last, "topics": dict(topics)}
            yield Part(rows, {**base, "walk": walk, "recall": recall.data()})

        still_there = self._moved(
            [name for name in recall.before if name not in recall.now and int(name) > first]
        )

        def covered(name: str, entry: Entry) -> bool:
            return int(name) > first and name not in still_there

        gone = recall.finish(covered, self.clock.now(), community.id)
        last = max(last, int(state.get("last", 0)))
        yield Part([*rows, *gone], {"last": last, "topics": topics, "recall": recall.data()})

    def _new_walk(self, state: Mapping[str, Any]) -> dict[str, Any]:
        """From the first message of the window; starters in the window are found anew."""
        last = int(state.get("last", 0))
        first = last
        if last and self._window_id is not None:
            first = min(last, self._window_id - 1)
        topics = {name: int(at) for name, at in state.get("topics", {}).items() if int(at) <= first}
        return {"first": first, "last": first, "topics": topics}

    def _page(self, community: Community, last: int) -> tuple[list[dict[str, Any]], bool]:
        params = {
            "anchor": last,
            "include_anchor": False,
            "num_before": 0,
            "num_after": PAGE,
            "narrow": json.dumps([{"operator": "stream", "operand": int(community.id)}]),
            "apply_markdown": False,
            "client_gravatar": True,
        }
        body = self.session.get_json("messages", params, accept=_REFUSED)
        if body is None:
            raise NotThereError(
                "The channel cannot be read",
                where=community.name,
                next_step="Subscribe the account",
            )
        messages = body.get("messages") if isinstance(body, dict) else None
        if not isinstance(messages, list):
            raise unusable("no list of messages", "messages")
        return messages, bool(body.get("found_newest"))

    def _moved(self, names: Sequence[str]) -> set[str]:
        """Messages that left the channel and still exist: they were moved to another one."""
        found = set()
        for name in names:
            body = self.session.get_json(f"messages/{name}", accept=_REFUSED | {404})
            if body is not None:
                found.add(name)
        return found

    def _take(
        self,
        found: Mapping[str, Any],
        community: Community,
        topics: dict[str, int],
        recall: Any,
    ) -> list[Row]:
        try:
            starter = topics.setdefault(str(found["subject"]).casefold(), int(found["id"]))
            message = _message(found, community, starter, self.bots)
            reactions = _reactions(found, message)
        except (KeyError, TypeError, ValueError) as error:
            raise unusable("a message", f"channel {community.name}", error) from None
        if self.too_old(message.created_at):
            return []
        rows: list[Row] = recall.see(message, reactions, self.clock.now())
        return rows


def _community(stream: Mapping[str, Any]) -> Community:
    created = stream.get("date_created")
    return Community(
        id=str(stream["stream_id"]),
        name=text_of(stream.get("name")),
        kind=CommunityKind.STREAM,
        is_private=bool(stream.get("invite_only")),
        created_at=from_seconds(str(created)) if created else None,
    )


def _person(member: Mapping[str, Any]) -> Person:
    joined = member.get("date_joined")
    return Person(
        id=str(member["user_id"]),
        name=text_of(member.get("full_name")) or None,
        email=member.get("delivery_email") or member.get("email") or None,
        author_kind=AuthorKind.BOT if member.get("is_bot") else AuthorKind.PERSON,
        employed_from=from_iso(str(joined)) if joined else None,
    )


def _message(
    found: Mapping[str, Any], community: Community, starter: int, bots: frozenset[int]
) -> Message:
    message_id = str(found["id"])
    is_reply = str(starter) != message_id
    edited = found.get("last_edit_timestamp")
    kind = _author_kind(found, bots)
    return Message(
        id=message_id,
        community_id=community.id,
        conversation_id=str(starter),
        parent_id=str(starter) if is_reply else None,
        author_id=None if kind is AuthorKind.SYSTEM else str(found["sender_id"]),
        author_kind=kind,
        kind=MessageKind.REPLY if is_reply else MessageKind.POST,
        created_at=from_seconds(str(found["timestamp"])),
        text=_MENTION.sub("@someone", text_of(found.get("content"))),
        edited_at=from_seconds(str(edited)) if edited else None,
    )


def _author_kind(found: Mapping[str, Any], bots: frozenset[int]) -> AuthorKind:
    is_internal = found.get("client") == "Internal"
    if is_internal or _BOT_FOR_SYSTEM.match(text_of(found.get("sender_email"))):
        return AuthorKind.SYSTEM
    return AuthorKind.BOT if int(found["sender_id"]) in bots else AuthorKind.PERSON


def _reactions(found: Mapping[str, Any], message: Message) -> list[Reaction]:
    rows: dict[tuple[str, str], Reaction] = {}
    for item in found.get("reactions") or ():
        user = item.get("user_id") or (item.get("user") or {}).get("id")
        if user is not None:
            key = (str(item["emoji_name"]), str(user))
            rows[key] = Reaction(message.id, message.created_at, key[1], key[0])
    return list(rows.values())
