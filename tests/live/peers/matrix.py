"""A Matrix homeserver as far as the connector uses it: rooms as logs of events."""

from __future__ import annotations

from typing import Any, ClassVar

from connectors.matrix import Matrix
from tests.live.peers.base import GOOD_TOKEN, NARROW_TOKEN, Peer, ms
from tests.live.server import Reply, Request, as_json
from tests.live.world import Post, World


class MatrixPeer(Peer):
    """Turns what changed in the world since the last request into events, as a server logs them."""

    connector = Matrix
    deletes_replies = False
    full_page = 1000
    rate = (50, 10.0)
    message_path: ClassVar[str] = "rooms/{}/messages"

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.events: dict[str, list[dict[str, Any]]] = {}
        self._texts: dict[int, str] = {}
        self._reacted: dict[tuple[int, str, str], str] = {}
        self._redacted: set[str] = set()
        self._count = 0

    def settings(self, url: str, token: str = GOOD_TOKEN) -> dict[str, Any]:
        return {"base_url": url, "internal_server": True, "token": token}

    def community_id(self, name: str) -> str:
        return f"!{name}:loop.test"

    def person_id(self, name: str) -> str:
        return f"@{name}:loop.test"

    def __call__(self, request: Request) -> Reply:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in (GOOD_TOKEN, NARROW_TOKEN):
            return as_json({"errcode": "M_UNKNOWN_TOKEN"}, 401)
        self._log()
        path = request.path.removeprefix("/_matrix/client/v3/")
        if path == "account/whoami":
            return as_json({"user_id": "@root:loop.test"})
        if token == NARROW_TOKEN:
            return as_json({"errcode": "M_FORBIDDEN"}, 403)
        if path == "joined_rooms":
            rooms = [self.community_id(name) for name in self.world.communities]
            return as_json({"joined_rooms": rooms})
        name = path.split("/")[1].removeprefix("!").split(":")[0]
        if path.endswith("/state"):
            return as_json(self._state(name))
        if path.endswith("/joined_members"):
            people = {self.person_id(who): {"display_name": who} for who in self.world.people}
            return as_json({"joined": people})
        if name in self.denied:
            return as_json({"errcode": "M_FORBIDDEN"}, 403)
        if "/context/" in path:
            return self._context(name, path.rsplit("/", 1)[1])
        return self._messages(name, request)

    def _state(self, name: str) -> list[dict[str, Any]]:
        rule = "invite" if name in self.world.private else "public"
        return [
            {"type": "m.room.name", "content": {"name": name}},
            {"type": "m.room.join_rules", "content": {"join_rule": rule}},
        ]

    def _messages(self, name: str, request: Request) -> Reply:
        events = self.events.get(name, [])
        start = int(request.one("from", "t0").removeprefix("t"))
        found = events[start : start + self.page]
        end = {"end": f"t{start + len(found)}"} if found else {}
        return as_json({"chunk": [*map(self._served, found)], "start": f"t{start}", **end})

    def _context(self, name: str, event_id: str) -> Reply:
        for event in self.events.get(name, []):
            if event["event_id"] == event_id:
                return as_json({"event": self._served(event)})
        return as_json({"errcode": "M_NOT_FOUND"}, 404)

    def _served(self, event: dict[str, Any]) -> dict[str, Any]:
        if event["event_id"] in self._redacted:
            because = {"origin_server_ts": event["origin_server_ts"] + 1}
            return {**event, "content": {}, "unsigned": {"redacted_because": because}}
        edits = [
            other
            for other in self.events[event["room"]]
            if other["content"].get("m.relates_to", {}).get("event_id") == event["event_id"]
            and other["content"]["m.relates_to"].get("rel_type") == "m.replace"
        ]
        if edits:
            return {**event, "unsigned": {"m.relations": {"m.replace": edits[-1]}}}
        return event

    def _log(self) -> None:
        for post in sorted(self.world.posts, key=lambda post: post.number):
            self._log_post(post)

    def _log_post(self, post: Post) -> None:
        name = f"${post.number}"
        if post.number not in self._texts:
            self._texts[post.number] = post.text.removesuffix(" edited")
            self._add(post, "m.room.message", self._content(post), post.at, name)
        if post.edited and not post.deleted and self._texts[post.number] != post.text:
            self._texts[post.number] = post.text
            new = {"msgtype": "m.text", "body": post.text}
            relation = {"rel_type": "m.replace", "event_id": name}
            content = {**new, "body": f"* {post.text}", "m.new_content": new}
            self._add(post, "m.room.message", {**content, "m.relates_to": relation}, post.edited)
        known = {(who, kind) for number, who, kind in self._reacted if number == post.number}
        for who, kind in [pair for pair in post.reactions if pair not in known]:
            relation = {"rel_type": "m.annotation", "event_id": name, "key": kind}
            at = post.reactions[who, kind]
            made = self._add(post, "m.reaction", {"m.relates_to": relation}, at, sender=who)
            self._reacted[post.number, who, kind] = made
        for who, kind in [pair for pair in known if pair not in post.reactions]:
            self._redact(post, self._reacted.pop((post.number, who, kind)))
        if post.deleted and name not in self._redacted:
            self._redact(post, name)

    def _redact(self, post: Post, target: str) -> None:
        self._redacted.add(target)
        at = post.deleted or post.updated or post.at
        self._add(post, "m.room.redaction", {"redacts": target}, at, redacts=target)

    def _add(
        self,
        post: Post,
        kind: str,
        content: dict[str, Any],
        at: Any,
        name: str | None = None,
        sender: str | None = None,
        **more: Any,
    ) -> str:
        self._count += 1
        event_id = name or f"$e{self._count}"
        event = {
            "event_id": event_id,
            "type": kind,
            "sender": self.person_id(sender or post.author),
            "origin_server_ts": ms(at),
            "content": content,
            "room": post.community,
            **more,
        }
        self.events.setdefault(post.community, []).append(event)
        return event_id

    def _content(self, post: Post) -> dict[str, Any]:
        kind = {"webhook": "m.notice", "system": "m.server_notice", "odd": "org.new"}
        text = post.text.removesuffix(" edited")
        content: dict[str, Any] = {"msgtype": kind.get(post.kind, "m.text"), "body": text}
        if post.root:
            root = f"${post.root.number}"
            content["m.relates_to"] = {"rel_type": "m.thread", "event_id": root}
            if post.number % 2:
                content["m.relates_to"] = {"m.in_reply_to": {"event_id": root}}
        return content
