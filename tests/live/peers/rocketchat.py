"""Rocket.Chat's REST API as far as the connector uses it, with its known traps."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from connectors.rocketchat import RocketChat
from tests.live.peers.base import GOOD_TOKEN, NARROW_TOKEN, Peer, iso
from tests.live.server import Reply, Request, as_json
from tests.live.world import Post


class RocketChatPeer(Peer):
    """History by time, inclusive; changes since a time; reactions name people by user name."""

    connector = RocketChat
    full_page = 100
    overlap = 1
    rate = (50, 60.0)
    message_path: ClassVar[str] = "channels.history"

    def settings(self, url: str, token: str = GOOD_TOKEN) -> dict[str, Any]:
        return {"base_url": url, "internal_server": True, "user_id": "me", "token": token}

    def __call__(self, request: Request) -> Reply:
        token = request.headers.get("X-Auth-Token", "")
        if token not in (GOOD_TOKEN, NARROW_TOKEN) or request.headers.get("X-User-Id") != "me":
            return as_json({"status": "error", "message": "You must be logged in"}, 401)
        path = request.path.removeprefix("/api/v1/")
        if path == "me":
            return as_json({"_id": "me", "success": True})
        if token == NARROW_TOKEN:
            return as_json({"success": False, "error": "unauthorized"}, 403)
        rooms = {True: "groups", False: "channels"}
        if path in ("channels.list", "groups.listAll"):
            private = path == "groups.listAll"
            names = [n for n in self.world.communities if (n in self.world.private) is private]
            return self._cut([self._room(name) for name in names], request, rooms[private])
        if path == "users.list":
            users = [self._user(name) for name in self.world.people]
            return self._cut([*users, {"_id": "u-bot", "type": "bot"}], request, "users")
        name = request.one("roomId").removeprefix("c-")
        if name in self.denied:
            return as_json({"success": False, "error": "error-room-not-found"}, 403)
        if path == "chat.syncMessages":
            return self._changes(name, request)
        return self._history(name, request)

    def _cut(self, items: list[dict[str, Any]], request: Request, key: str) -> Reply:
        start = int(request.one("offset") or "0")
        shown = items[start : start + self.page]
        total = {"count": len(shown), "offset": start, "total": len(items)}
        return as_json({key: shown, **total, "success": True})

    def _room(self, name: str) -> dict[str, Any]:
        return {"_id": self.community_id(name), "name": name, "t": "c"}

    def _user(self, name: str) -> dict[str, Any]:
        user = {"_id": self.person_id(name), "username": name, "name": name.title()}
        return {**user, "emails": [{"address": f"{name}@ex.test"}], "type": "user"}

    def _history(self, name: str, request: Request) -> Reply:
        latest = request.one("latest")
        every = sorted(self.world.standing(name), key=lambda p: (p.at, p.number), reverse=True)
        found: list[dict[str, Any]] = []
        for post in every:
            if not latest or iso(post.at) <= latest:
                message = self._message(post)
                found.append(message)
                if post.edited:  # "keep history" leaves the former text as a row of its own
                    found.append({**message, "_id": f"{message['_id']}-old", "_hidden": True})
        start = int(request.one("offset") or "0")
        shown = found[start : start + self.page]
        return as_json({"messages": shown, "success": True})

    def _changes(self, name: str, request: Request) -> Reply:
        since = datetime.fromisoformat(request.one("lastUpdate"))
        every = [post for post in self.world.posts if post.community == name]
        updated = [p for p in every if p.deleted is None and p.changed > since]
        deleted = [p for p in every if p.deleted is not None and p.deleted > since]
        gone = [{"_id": _id(p), "_deletedAt": iso(p.deleted)} for p in deleted if p.deleted]
        result = {"updated": [self._message(post) for post in updated], "deleted": gone}
        return as_json({"result": result, "success": True})

    def _message(self, post: Post) -> dict[str, Any]:
        reactions: dict[str, Any] = {}
        for who, kind in post.reactions:
            reactions.setdefault(f":{kind}:", {"usernames": []})["usernames"].append(who)
        author = "u-bot" if post.kind == "webhook" else self.person_id(post.author)
        found: dict[str, Any] = {
            "_id": _id(post),
            "rid": self.community_id(post.community),
            "msg": post.text,
            "ts": iso(post.at),
            "u": {"_id": author, "username": post.author},
            "_updatedAt": iso(post.changed),
            "reactions": reactions,
        }
        if post.edited:
            found["editedAt"] = iso(post.edited)
        if post.root:
            found["tmid"] = _id(post.root)
        if post.kind in ("system", "odd"):
            found["t"] = {"system": "uj", "odd": "something-new"}[post.kind]
        return found


def _id(post: Post) -> str:
    return f"m{post.number}"
