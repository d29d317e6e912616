"""Matrix (Element) by the client-server API, and where the account is a server administrator's, Synapse's.

Everything in a room is an event: an edit, a reaction and a redaction are events of their own and
are folded into the message they concern. A room is read from its beginning forward, and later from
where the last run ended. Endpoints: the Matrix specification v1.13 and Synapse's admin API.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import quote

from adoption.connector import Capability, Field
from adoption.files.connector import is_on
from adoption.http import Authorizer, NotThereError, Rate, Settings, bearer
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
from adoption.live.recall import Entry, Recall, microseconds
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
from adoption.secrets import Secret
from adoption.times import from_milliseconds

PAGE = 1000
_CLIENT = "_matrix/client/v3"
_ADMIN_V1 = "_synapse/admin/v1"
_TYPES = ["m.room.message", "m.room.encrypted", "m.sticker", "m.reaction", "m.room.redaction"]
_TEXT_TYPES = frozenset({"m.room.message", "m.room.encrypted", "m.sticker"})
_ORDINARY = frozenset({"m.text", "m.emote", "m.notice", "m.image", "m.file", "m.audio", "m.video"})
_DEEPEST = 20
_MENTION = re.compile(r"(?<![\w@])@[\w.=/+-]+:[\w.-]+\w")
_QUOTE = re.compile(r"\A(?:> .*\n|>\n)+\n?")
_ADMIN = "an administrator of the Matrix server"


class Matrix(CommunityConnector):
    """Reads rooms of a Matrix server with an access token."""

    name = "matrix"
    title = "Matrix (Element)"
    summary = "Reads posts, threads, reactions, people and rooms of a Matrix server."
    settings: ClassVar[tuple[Field, ...]] = (
        *SERVER_FIELDS,
        Field(
            "token",
            "Access token",
            "In Element: All settings > Help & About > Access Token, of an account made for this.",
            secret=True,
        ),
        Field(
            "server_admin",
            "The account is a server administrator",
            "On Synapse, a server administrator's account reads all public rooms without joining "
            "them. Otherwise the rooms the account has joined are read.",
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
            Capability.REACTION_TIMES,
            Capability.EDITS,
            Capability.DELETIONS,
            Capability.PEOPLE,
            Capability.COMMUNITIES,
            Capability.THREADS,
        }
    )
    lacks: ClassVar[Mapping[Capability, str]] = {
        Capability.VIEWS: "Matrix tells the last read position only, not who read a message",
        Capability.DEPARTMENTS: "Matrix does not know departments; add a people file",
        Capability.ROSTER: "Only a server administrator's account sees everybody",
    }
    requires = (
        "Membership in the rooms to read, or a server administrator's account on Synapse: "
        f"{_ADMIN}",
    )

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self.is_admin = is_on(self.options.get("server_admin"))

    def _session_settings(self) -> Settings:
        return Settings(**server_settings(self.options), rates={"default": Rate(50, 10.0)})

    def _authorizer(self) -> Authorizer:
        return bearer(Secret.of(self.options["token"]).reveal())

    def _probes(self) -> Sequence[Probe]:
        def sign_in() -> object:
            return self.session.get_json(f"{_CLIENT}/account/whoami")

        return (
            Probe(SIGN_IN, "the owner of the account", sign_in),
            Probe("list rooms", _ADMIN, lambda: next(self._communities(), None)),
            Probe("list people", _ADMIN, lambda: next(self._people(), None)),
        )

    # -- rooms and people ----------------------------------------------------------------------

    def _communities(self) -> Iterator[Sequence[Community]]:
        for page in self._rooms():
            yield [room for room in page if not room.is_private or self._may_read(room)]

    def _may_read(self, room: Community) -> bool:
        """A private room is read when approved; one without a name is a direct conversation, never."""
        return self.include_private and room.name != room.id

    def _rooms(self) -> Iterator[list[Community]]:
        if self.is_admin:
            for page in self._admin_pages(f"{_ADMIN_V1}/rooms", "rooms", "next_batch"):
                yield [_room(room["room_id"], room.get("name"), room) for room in page]
            return
        joined = self.session.get_json(f"{_CLIENT}/joined_rooms")
        if not isinstance(joined, dict) or not isinstance(joined.get("joined_rooms"), list):
            raise unusable("a list of rooms", "joined_rooms")
        yield [self._joined_room(str(name)) for name in joined["joined_rooms"]]

    def _joined_room(self, room_id: str) -> Community:
        events = self.session.get_json(f"{_CLIENT}/rooms/{quote(room_id, safe='')}/state")
        if not isinstance(events, list):
            raise unusable("the state of a room", room_id)
        found: dict[str, Any] = {}
        for event in events:
            content = event.get("content") or {}
            if event.get("type") == "m.room.name":
                found["name"] = content.get("name")
            elif event.get("type") == "m.room.join_rules":
                found["join_rules"] = content.get("join_rule")
            elif event.get("type") == "m.room.create":
                found["created"] = event.get("origin_server_ts")
        return _room(room_id, found.get("name"), found)

    def _people(self) -> Iterator[Sequence[Person]]:
        if self.is_admin:
            for page in self._admin_pages("_synapse/admin/v2/users", "users", "next_token"):
                yield [_person(user) for user in page]
            return
        seen: set[str] = set()
        for room in self.communities():
            path = f"{_CLIENT}/rooms/{quote(room.id, safe='')}/joined_members"
            body = self.session.get_json(path)
            members = body.get("joined") if isinstance(body, dict) else None
            if not isinstance(members, dict):
                raise unusable("a list of members", path)
            fresh = {user: found for user, found in members.items() if user not in seen}
            seen |= fresh.keys()
            yield [
                Person(
                    id=user, name=text_of(found.get("display_name")) or None, handle=_local(user)
                )
                for user, found in fresh.items()
            ]

    def _admin_pages(self, path: str, key: str, cursor: str) -> Iterator[list[dict[str, Any]]]:
        guard, start = CursorGuard(path), "0"
        while True:
            guard.check(start)
            body = self.session.get_json(path, {"from": start, "limit": 500})
            if not isinstance(body, dict) or not isinstance(body.get(key), list):
                raise unusable(f"a list of {key}", path)
            yield body[key]
            start = str(body.get(cursor) or "")
            if not start:
                return

    # -- messages ------------------------------------------------------------------------------

    def _messages_of(self, community: Community, state: Mapping[str, Any]) -> Iterator[Part]:
        recall = self.recall(state)
        guard = CursorGuard(f"room {community.name}")
        token = str(state.get("from") or "")
        room = _RoomReader(self, community, recall)
        while True:
            guard.check(token)
            params = {
                "dir": "f",
                "limit": PAGE,
                "from": token or None,
                "filter": json.dumps({"types": _TYPES}),
            }
            path = f"{room.path}/messages"
            body = self.session.get_json(path, params)
            if not isinstance(body, dict) or not isinstance(body.get("chunk"), list):
                raise unusable("a page of events", path)
            rows, skipped = room.fold(body["chunk"])
            end = str(body.get("end") or "")
            if not end:
                recall.finish(lambda *_: False, self.clock.now(), community.id)
            # without an end this was the last page: the next run asks for it again
            token = end or token or str(body.get("start") or "")
            yield Part(rows, {"from": token, "recall": recall.data()}, skipped=skipped)
            if not end:
                return

    def room_path(self, room_id: str) -> str:
        """Where the events of a room are read."""
        return f"{_ADMIN_V1 if self.is_admin else _CLIENT}/rooms/{quote(room_id, safe='')}"


class _RoomReader:
    """Folds the events of one room into rows, and looks up events that a page does not hold."""

    def __init__(self, connector: Matrix, community: Community, recall: Recall) -> None:
        self.path = connector.room_path(community.id)
        self._connector = connector
        self._community = community
        self._recall = recall
        self._page: dict[str, dict[str, Any]] = {}

    def fold(self, events: Sequence[Any]) -> tuple[list[Row], int]:
        """The rows of one page, and how many events could not be placed."""
        self._page = {e["event_id"]: e for e in events if isinstance(e, dict) and e.get("event_id")}
        rows: list[Row] = []
        skipped = len(events) - len(self._page)
        for event in self._page.values():
            try:
                found = self._rows_of(event)
            except (KeyError, TypeError, ValueError, AttributeError):
                skipped += 1
                continue
            rows += found
        return rows, skipped

    def _rows_of(self, event: Mapping[str, Any]) -> list[Row]:
        kind = event["type"]
        relation = _relation(event)
        if kind in _TEXT_TYPES and relation.get("rel_type") == "m.replace":
            target = self._look_up(relation["event_id"])
            return self._message_rows(target) if target else []
        if kind in _TEXT_TYPES:
            return self._message_rows(event)
        if kind == "m.reaction":
            return self._reaction_rows(event, relation)
        if kind == "m.room.redaction":
            return self._redaction_rows(event)
        return []

    def _message_rows(self, event: Mapping[str, Any]) -> list[Row]:
        created_at = from_milliseconds(int(event["origin_server_ts"]))
        if self._connector.too_old(created_at):
            return []
        root, parent = self._place(event, 0)
        name = event["event_id"]
        self._recall.keep(name, Entry(microseconds(created_at), root, "", ()))
        content, edited = _content(event)
        redaction = _redaction(event)
        return [
            Message(
                id=name,
                community_id=self._community.id,
                conversation_id=root or name,
                parent_id=parent or None,
                author_id=None if redaction else event["sender"],
                author_kind=_author_kind(event, content, redaction is not None),
                kind=MessageKind.REPLY if root else MessageKind.POST,
                created_at=created_at,
                text="" if redaction else _text(content, is_reply=bool(parent)),
                edited_at=from_milliseconds(edited) if edited else None,
                deleted_at=from_milliseconds(redaction) if redaction else None,
                raw_type=_raw_type(event, content),
            )
        ]

    def _reaction_rows(self, event: Mapping[str, Any], relation: Mapping[str, Any]) -> list[Row]:
        target = relation.get("event_id")
        if not target or _redaction(event):
            return []
        known = self._recall.knows(target)
        if known is not None:
            at, created = known.created_at, known.created
        else:
            found = self._look_up(target)
            if found is None:
                raise KeyError(target)
            at = from_milliseconds(int(found["origin_server_ts"]))
            created = microseconds(at)
        key, sender = text_of(relation.get("key")) or "unknown", event["sender"]
        given = from_milliseconds(int(event["origin_server_ts"]))
        # filed under its own id: a later redaction names this event, and nothing but this event
        entry = Entry(microseconds(given), target, str(created), ((key, sender),))
        self._recall.keep(event["event_id"], entry)
        return [] if self._connector.too_old(at) else [Reaction(target, at, sender, key, given)]

    def _redaction_rows(self, event: Mapping[str, Any]) -> list[Row]:
        target = event.get("redacts") or (event.get("content") or {}).get("redacts")
        if not target:
            return []
        known = self._recall.knows(target)
        if known is not None and known.reactions:
            ((kind, person),) = known.reactions
            when = from_milliseconds(int(event["origin_server_ts"]))
            at = known._replace(created=int(known.mark)).created_at
            return [Reaction(known.root, at, person, kind, known.created_at, removed_at=when)]
        found = self._look_up(target)
        return self._message_rows(found) if found and found.get("type") in _TEXT_TYPES else []

    def _place(self, event: Mapping[str, Any], depth: int) -> tuple[str, str]:
        """The conversation an event answers in and what it answers directly; empty for a starter.

        A thread names its first event. A plain reply names only what it answers, so the
        conversation is found by following the replies back.
        """
        relation = _relation(event)
        answered = (relation.get("m.in_reply_to") or {}).get("event_id") or ""
        if relation.get("rel_type") == "m.thread":
            root = str(relation["event_id"])
            is_direct = answered and not relation.get("is_falling_back")
            return root, str(answered) if is_direct else root
        if not answered:
            return "", ""
        known = self._recall.knows(answered)
        if known is not None:
            return known.root or answered, answered
        found = self._look_up(answered) if depth < _DEEPEST else None
        root = self._place(found, depth + 1)[0] if found else ""
        return root or answered, answered

    def _look_up(self, event_id: str) -> dict[str, Any] | None:
        if event_id in self._page:
            return self._page[event_id]
        path = f"{self.path}/context/{quote(event_id, safe='')}"
        try:
            body = self._connector.session.get_json(path, {"limit": 0})
        except NotThereError:
            return None
        event = body.get("event") if isinstance(body, dict) else None
        return event if isinstance(event, dict) else None


def _room(room_id: str, name: object, found: Mapping[str, Any]) -> Community:
    created = found.get("created")
    return Community(
        id=room_id,
        name=text_of(name) or room_id,
        kind=CommunityKind.ROOM,
        is_private=found.get("join_rules") != "public",
        created_at=from_milliseconds(created) if isinstance(created, int) else None,
    )


def _person(user: Mapping[str, Any]) -> Person:
    is_bot = user.get("user_type") in ("bot", "support") or bool(user.get("appservice_id"))
    return Person(
        id=user["name"],
        name=text_of(user.get("displayname")) or None,
        handle=_local(user["name"]),
        author_kind=AuthorKind.BOT if is_bot else AuthorKind.PERSON,
    )


def _local(user: str) -> str:
    return user.removeprefix("@").split(":", 1)[0]


def _relation(event: Mapping[str, Any]) -> Mapping[str, Any]:
    found = (event.get("content") or {}).get("m.relates_to")
    return found if isinstance(found, Mapping) else {}


def _redaction(event: Mapping[str, Any]) -> int | None:
    """When an event was redacted, in milliseconds, or ``None``."""
    because = event.get("redacted_because") or (event.get("unsigned") or {}).get("redacted_because")
    if not because:
        return None
    when = because.get("origin_server_ts") if isinstance(because, Mapping) else None
    return int(when or event["origin_server_ts"])


def _content(event: Mapping[str, Any]) -> tuple[Mapping[str, Any], int | None]:
    """The content as it stands now, and when it was last edited (the server bundles the last edit)."""
    relations = (event.get("unsigned") or {}).get("m.relations") or {}
    latest = relations.get("m.replace") or {}
    replaced = (latest.get("content") or {}).get("m.new_content")
    if isinstance(replaced, Mapping):
        return replaced, int(latest["origin_server_ts"])
    return event.get("content") or {}, None


def _author_kind(
    event: Mapping[str, Any], content: Mapping[str, Any], is_redacted: bool
) -> AuthorKind:
    if is_redacted:
        return AuthorKind.UNKNOWN
    if content.get("msgtype") == "m.notice":
        return AuthorKind.BOT
    if content.get("msgtype") == "m.server_notice":
        return AuthorKind.SYSTEM
    is_known = event["type"] != "m.room.message" or content.get("msgtype") in _ORDINARY
    return AuthorKind.PERSON if is_known else AuthorKind.UNKNOWN


def _raw_type(event: Mapping[str, Any], content: Mapping[str, Any]) -> str | None:
    if event["type"] != "m.room.message":
        return str(event["type"])
    kind = text_of(content.get("msgtype"))
    return kind if kind and kind != "m.text" else None


def _text(content: Mapping[str, Any], *, is_reply: bool) -> str:
    text = text_of(content.get("body"))
    if is_reply and text.startswith("> <"):
        text = _QUOTE.sub("", text)
    return _MENTION.sub("@someone", text)
