"""Zulip's REST API as far as the connector uses it, with its known traps."""

from __future__ import annotations

import base64
import json
from typing import Any, ClassVar

from connectors.zulip import Zulip
from tests.live.peers.base import GOOD_TOKEN, NARROW_TOKEN, Peer, ms
from tests.live.server import Reply, Request, as_json
from tests.live.world import Live, Post

BOT = 900


class ZulipPeer(Peer):
    """Ids rise, topics may be changed, deleted messages are simply gone, 429 waits are fractions."""

    connector = Zulip
    full_page = 1000
    tells_kinds = False
    rate = (200, 60.0)
    message_path: ClassVar[str] = "v1/messages"

    def settings(self, url: str, token: str = GOOD_TOKEN) -> dict[str, Any]:
        account = {"email": "reader@ex.test", "api_token": token}
        return {"base_url": url, "internal_server": True, **account}

    def community_id(self, name: str) -> str:
        return str(40 + self.world.communities.index(name))

    def person_id(self, name: str) -> str:
        return str(10 + self.world.people.index(name))

    def other(self, post: Post, pick: int) -> None:
        """A message moves to the topic of another one, which may stand in another channel."""
        self.world.clock.advance(1)
        standing = self.world.standing()
        target = standing[pick * 31 % len(standing)]
        post.topic, post.community = self._topic(target), target.community

    def live(self) -> set[Live]:
        first: dict[tuple[str, str], Post] = {}
        for post in sorted(self.world.standing(), key=lambda post: post.number):
            first.setdefault((post.community, self._topic(post)), post)
        return {
            Live(p.text, p.community, p.author, first[p.community, self._topic(p)].text, p.at)
            for p in self.world.standing()
            if p.kind == "person" and p.community not in self.world.private
        }

    def __call__(self, request: Request) -> Reply:
        header = request.headers.get("Authorization", "").removeprefix("Basic ")
        token = base64.b64decode(header).decode().partition(":")[2]
        if token not in (GOOD_TOKEN, NARROW_TOKEN):
            return _error(401, "INVALID_API_KEY")
        path = request.path.removeprefix("/api/v1/")
        if path == "users/me":
            return as_json({"result": "success", "user_id": 1})
        if token == NARROW_TOKEN:
            return _error(403, "UNAUTHORIZED_PRINCIPAL")
        if path == "users":
            bot = {"user_id": BOT, "full_name": "robot", "is_bot": True}
            members = [bot, *map(self._user, self.world.people)]
            return as_json({"result": "success", "members": members})
        if path == "streams":
            shown = [self._stream(name) for name in self.world.communities]
            hidden = request.one("include_subscribed") != "true"
            streams = [one for one in shown if not (hidden and one["invite_only"])]
            return as_json({"result": "success", "streams": streams})
        if path.startswith("messages/"):
            return self._single(path.removeprefix("messages/"))
        return self._messages(request)

    def _user(self, name: str) -> dict[str, Any]:
        user = {"user_id": int(self.person_id(name)), "full_name": name.title(), "is_bot": False}
        return {**user, "email": f"u@{name}", "delivery_email": f"{name}@ex.test"}

    def _stream(self, name: str) -> dict[str, Any]:
        private = name in self.world.private
        found = {"stream_id": int(self.community_id(name)), "name": name, "invite_only": private}
        return {**found, "date_created": 1_700_000_000}

    def _topic(self, post: Post) -> str:
        return post.topic or f"topic {(post.root or post).number}"

    def _single(self, number: str) -> Reply:
        for post in self.world.standing():
            if str(post.number) == number:
                return as_json({"result": "success", "message": self._message(post)})
        return _error(400, "BAD_REQUEST")

    def _messages(self, request: Request) -> Reply:
        narrow = json.loads(request.one("narrow"))[0]
        if narrow["operator"] == "streams":
            return as_json({"result": "success", "messages": [], "found_newest": True})
        name = self.world.communities[narrow["operand"] - 40]
        if name in self.denied:
            return _error(400, "BAD_REQUEST")
        anchor = int(request.one("anchor"))
        standing = sorted(self.world.standing(name), key=lambda post: post.number)
        found = [post for post in standing if post.number > anchor]
        shown = [self._message(post) for post in found[: self.page]]
        body = {"result": "success", "messages": shown, "found_newest": len(found) <= self.page}
        return as_json(body)

    def _message(self, post: Post) -> dict[str, Any]:
        bot = post.kind == "webhook"
        found: dict[str, Any] = {
            "id": post.number,
            "sender_id": BOT if bot else int(self.person_id(post.author)),
            "sender_email": "notification-bot@zulip.com" if post.kind == "system" else "u@ex.test",
            "client": "Internal" if post.kind == "system" else "website",
            "content": post.text,
            "timestamp": ms(post.at) // 1000,
            "type": "stream",
            "stream_id": int(self.community_id(post.community)),
            "subject": self._topic(post),
            "reactions": [
                {"emoji_name": kind, "user_id": int(self.person_id(who))}
                for who, kind in post.reactions
            ],
        }
        if post.edited:
            found["last_edit_timestamp"] = ms(post.edited) // 1000
        return found


def _error(status: int, code: str) -> Reply:
    return as_json({"result": "error", "msg": code, "code": code}, status)
