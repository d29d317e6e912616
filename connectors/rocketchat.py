"""Rocket.Chat by its REST API: public channels with threads and reactions.

Endpoints and limits: developer.rocket.chat and RocketChat/Rocket.Chat-Open-API. A channel is first
read from its newest message down (``channels.history``); later ``chat.syncMessages`` tells what
changed and what was deleted since. A server allows ten requests a minute unless it was changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

from adoption.connector import Capability, Field
from adoption.http import Authorizer, FixedHeaders, Rate, Settings
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
from adoption.live.recall import Recall, tombstone
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
from adoption.times import from_iso

PAGE = 100
_ADMIN = "a Rocket.Chat administrator"
_ENCRYPTED = "e2e"
_REMOVED = "rm"


class RocketChat(CommunityConnector):
    """Reads a Rocket.Chat server with a personal access token."""

    name = "rocketchat"
    title = "Rocket.Chat"
    summary = "Reads posts, threads, reactions, people and channels of a Rocket.Chat server."
    settings: ClassVar[tuple[Field, ...]] = (
        *SERVER_FIELDS,
        Field(
            "user_id",
            "User id",
            "Shown together with the token when it is made.",
        ),
        Field(
            "token",
            "Personal access token",
            "My account > Personal access tokens > Add.",
            secret=True,
        ),
        Field(
            "requests_per_minute",
            "Requests per minute",
            "10, unless the account has the permission api-bypass-rate-limit or the limit of the "
            "server was raised.",
            kind="number",
            required=False,
            default=10,
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
        Capability.VIEWS: "Rocket.Chat tells read receipts to the author only",
        Capability.REACTION_TIMES: "Rocket.Chat does not tell when a reaction was given",
        Capability.DEPARTMENTS: "Rocket.Chat does not know departments; add a people file",
    }
    requires = (
        f"A personal access token of an account that may see the channels: {_ADMIN}",
        f"Better with the permission api-bypass-rate-limit for that account: {_ADMIN}",
    )

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self._users: list[dict[str, Any]] | None = None

    def _session_settings(self) -> Settings:
        given = server_settings(self.options)
        given["base_url"] = given["base_url"].rstrip("/") + "/api/v1"
        per_minute = max(1, int(float(self.options["requests_per_minute"] or 10)))
        # the limit counts per endpoint, so each kind of call has its own window
        names = ("default", "list", "users", "history", "sync")
        return Settings(**given, rates={name: Rate(per_minute, 60.0) for name in names})

    def _authorizer(self) -> Authorizer:
        token, user = self.options["token"].reveal(), str(self.options["user_id"])
        return FixedHeaders({"X-Auth-Token": token, "X-User-Id": user}, (token,))

    def _probes(self) -> Sequence[Probe]:
        return (
            Probe(SIGN_IN, "the owner of the token", lambda: self._call("me", {}, "default")),
            Probe("list channels", _ADMIN, lambda: next(self._communities(), None)),
            Probe("list people", _ADMIN, self._everybody),
        )

    def _call(self, path: str, params: Mapping[str, object], rate: str) -> dict[str, Any]:
        body = self.session.get_json(path, params, rate=rate)
        if not isinstance(body, dict) or body.get("success") is False:
            raise unusable("an answer", path)
        return body

    def _pages_of(self, path: str, key: str, rate: str) -> Iterator[list[dict[str, Any]]]:
        offset = 0
        while True:
            body = self._call(path, {"count": PAGE, "offset": offset}, rate)
            page = body.get(key)
            if not isinstance(page, list):
                raise unusable(f"no list of {key}", path)
            yield page
            offset += len(page)
            if not page or offset >= int(body.get("total", 0)):
                return

    def _communities(self) -> Iterator[Sequence[Community]]:
        for page in self._pages_of("channels.list", "channels", "list"):
            yield [_community(room, is_private=False) for room in page]
        if self.include_private:
            for page in self._pages_of("groups.listAll", "groups", "list"):
                yield [_community(room, is_private=True) for room in page]

    def _everybody(self) -> list[dict[str, Any]]:
        if self._users is None:
            pages = self._pages_of("users.list", "users", "users")
            self._users = [user for page in pages for user in page]
        return self._users

    def _people(self) -> Iterator[Sequence[Person]]:
        yield [_person(user) for user in self._everybody()]

    # -- messages ------------------------------------------------------------------------------

    def _messages_of(self, community: Community, state: Mapping[str, Any]) -> Iterator[Part]:
        recall = self.recall(state)
        if "mark" in state and "walk" not in state:
            yield self._changes(community, str(state["mark"]), recall)
        else:
            yield from self._history(community, state.get("walk") or {}, recall)

    def _changes(self, community: Community, mark: str, recall: Recall) -> Part:
        """Everything that changed or was deleted since the mark, in one answer."""
        since = _stamp(from_iso(mark) - timedelta(milliseconds=1))
        path = "chat.syncMessages"
        body = self._call(path, {"roomId": community.id, "lastUpdate": since}, "sync")
        result = body.get("result")
        if not isinstance(result, dict) or not isinstance(result.get("updated"), list):
            raise unusable("no list of changes", path)
        rows = self._rows(community, result["updated"], recall)
        skipped = 0
        for item in result.get("deleted") or ():
            known = recall.knows(str(item.get("_id")))
            if known is None:
                skipped += 1  # never read, or read before the look-back
                continue
            when = from_iso(str(item["_deletedAt"])) if item.get("_deletedAt") else self.clock.now()
            rows.append(tombstone(str(item["_id"]), known, when, community.id))
        latest = max([from_iso(mark), *_updates(result["updated"])])
        recall.finish(lambda *_: False, self.clock.now(), community.id)
        return Part(rows, {"mark": _stamp(latest), "recall": recall.data()}, skipped=skipped)

    def _history(
        self, community: Community, walk: Mapping[str, Any], recall: Recall
    ) -> Iterator[Part]:
        path = "groups.history" if community.is_private else "channels.history"
        guard = CursorGuard(f"channel {community.name}")
        below, offset, mark = walk.get("below"), int(walk.get("offset", 0)), walk.get("mark")
        biggest = 0
        before: set[Any] = set()
        while True:
            guard.check((below, offset))
            params = {
                "roomId": community.id,
                "latest": below,
                "inclusive": True,
                "count": PAGE,
                "offset": offset,
                "showThreadMessages": True,
            }
            found = self._call(path, params, "history").get("messages")
            if not isinstance(found, list):
                raise unusable("no list of messages", path)
            if mark is None:
                start = self.clock.now() - timedelta(days=1)
                mark = _stamp(max(_updates(found), default=start))
            fresh = [message for message in found if message.get("_id") not in before]
            rows = self._rows(community, fresh, recall)
            before = {message.get("_id") for message in found}
            oldest = min([str(message["ts"]) for message in found], default="")
            is_stuck = oldest == below
            is_end = not found or (is_stuck and len(found) < biggest)
            if is_end or self.too_old(from_iso(oldest)):
                recall.finish(lambda *_: False, self.clock.now(), community.id)
                yield Part(rows, {"mark": mark, "recall": recall.data()})
                return
            if is_stuck:
                guard.check([message.get("_id") for message in found])
            biggest = max(biggest, len(found))
            # a whole page of one moment is passed with an offset, else the time is the cursor
            offset = offset + len(found) if is_stuck else 0
            below = oldest
            going_on = {"below": below, "offset": offset, "mark": mark}
            yield Part(rows, {"walk": going_on, "recall": recall.data()})

    def _rows(
        self, community: Community, found: Sequence[Mapping[str, Any]], recall: Recall
    ) -> list[Row]:
        rows: list[Row] = []
        bots = {str(user.get("_id")) for user in self._everybody() if _is_bot(user)}
        ids = {str(user.get("username")): str(user.get("_id")) for user in self._everybody()}
        now = self.clock.now()
        for item in found:
            if item.get("_hidden") or item.get("parent"):
                continue  # the former text of an edited message
            try:
                message = _message(item, community, bots)
                reactions = [] if message.deleted_at else _reactions(item, message, ids)
            except (KeyError, TypeError, ValueError) as error:
                raise unusable("a message", f"message {item.get('_id')}", error) from None
            if not self.too_old(message.created_at):
                rows += recall.see(message, reactions, now)
        return rows


def _community(room: Mapping[str, Any], *, is_private: bool) -> Community:
    created = room.get("ts")
    return Community(
        id=str(room["_id"]),
        name=text_of(room.get("fname")) or text_of(room.get("name")),
        kind=CommunityKind.CHANNEL,
        is_private=is_private,
        created_at=from_iso(str(created)) if created else None,
    )


def _person(user: Mapping[str, Any]) -> Person:
    addresses = [item.get("address") for item in user.get("emails") or ()]
    return Person(
        id=str(user["_id"]),
        name=text_of(user.get("name")) or None,
        email=addresses[0] if addresses else None,
        handle=text_of(user.get("username")) or None,
        author_kind=AuthorKind.BOT if _is_bot(user) else AuthorKind.PERSON,
    )


def _is_bot(user: Mapping[str, Any]) -> bool:
    return user.get("type") in ("bot", "app") or "bot" in (user.get("roles") or ())


def _message(item: Mapping[str, Any], community: Community, bots: set[str]) -> Message:
    message_id, root = str(item["_id"]), item.get("tmid")
    kind, author = _author(item, bots)
    is_removed = item.get("t") == _REMOVED
    edited = item.get("editedAt")
    changed = edited or item.get("_updatedAt") or item["ts"]
    return Message(
        id=message_id,
        community_id=community.id,
        conversation_id=str(root or message_id),
        parent_id=str(root) if root else None,
        author_id=None if is_removed else author,
        author_kind=AuthorKind.UNKNOWN if is_removed else kind,
        kind=MessageKind.REPLY if root else MessageKind.POST,
        created_at=from_iso(str(item["ts"])),
        text="" if is_removed or item.get("t") == _ENCRYPTED else text_of(item.get("msg")),
        edited_at=from_iso(str(edited)) if edited and not is_removed else None,
        deleted_at=from_iso(str(changed)) if is_removed else None,
        raw_type=text_of(item.get("t")) or None,
    )


def _author(item: Mapping[str, Any], bots: set[str]) -> tuple[AuthorKind, str | None]:
    author = str((item.get("u") or {}).get("_id") or "") or None
    if item.get("t") not in (None, "", _ENCRYPTED):
        return AuthorKind.SYSTEM, None
    if item.get("bot") or author in bots:
        return AuthorKind.BOT, author
    return AuthorKind.PERSON, author


def _reactions(item: Mapping[str, Any], message: Message, ids: Mapping[str, str]) -> list[Reaction]:
    """Reactions name people by user name; one nobody knows any more counts without a person."""
    rows: list[Reaction] = []
    for name, given in (item.get("reactions") or {}).items():
        kind, users = str(name).strip(":"), list(dict.fromkeys(given.get("usernames") or ()))
        known = [ids[user] for user in users if user in ids]
        rows += [Reaction(message.id, message.created_at, user, kind) for user in known]
        if len(known) < len(users):
            unknown = len(users) - len(known)
            rows.append(Reaction(message.id, message.created_at, None, kind, number=unknown))
    return rows


def _updates(found: Sequence[Mapping[str, Any]]) -> list[datetime]:
    return [from_iso(str(item.get("_updatedAt") or item["ts"])) for item in found]


def _stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
