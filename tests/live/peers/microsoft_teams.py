"""Microsoft Graph for Teams channels as far as the connector uses it, with its known traps."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from connectors.microsoft_teams import MicrosoftTeams
from tests.live.clock import START
from tests.live.peers.base import GOOD_TOKEN, NARROW_TOKEN, Peer, iso
from tests.live.server import Reply, Request, as_json
from tests.live.world import Post, World

SUFFIX = "@thread.tacv2"
TYPES = {"system": "systemEventMessage", "odd": "somethingNew"}


class MicrosoftTeamsPeer(Peer):
    """Posts by delta; a new reply does not bring its post back; more than two replies are paged."""

    connector = MicrosoftTeams
    full_page = 50
    deletes_replies = False
    reads_by_post: ClassVar[tuple[str, ...]] = ("$batch",)
    rate = (70, 10.0)
    message_path: ClassVar[str] = "{}/messages"

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.url = ""
        self.forgets_before = START
        self.throttled_members = 0

    def settings(self, url: str, token: str = GOOD_TOKEN) -> dict[str, Any]:
        self.url = url
        return {
            "base_url": url,
            "internal_server": True,
            "sign_in_with": "token",
            "token": token,
            "teams": "Corp",
        }

    def community_id(self, name: str) -> str:
        return f"19:{name}{SUFFIX}"

    def __call__(self, request: Request) -> Reply:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in (GOOD_TOKEN, NARROW_TOKEN):
            return _error(401, "InvalidAuthenticationToken")
        path = request.path.removeprefix("/v1.0/")
        if path == "$batch":
            return self._batch(json.loads(request.body))
        return self._read(path, request.query, token)

    def _read(self, path: str, query: dict[str, list[str]], token: str) -> Reply:
        if path == "teams":
            return as_json({"value": [{"id": "t1", "displayName": "Corp"}, {"id": "t2"}]})
        if path == "teams/t1/members":
            return as_json({"value": [self._member(name) for name in self.world.people]})
        if path == "teams/t1/channels":
            return as_json({"value": [self._channel(name) for name in self.world.communities]})
        name = path.split("/")[3].removeprefix("19:").removesuffix(SUFFIX)
        if token == NARROW_TOKEN or name in self.denied:
            return _error(403, "Forbidden")
        if path.endswith("/delta()"):
            return self._delta(name, path, query)
        if path.endswith("/replies"):
            return self._replies(path, query)
        return as_json({"value": []})

    def _member(self, name: str) -> dict[str, Any]:
        return {"userId": self.person_id(name), "displayName": name, "email": f"{name}@ex.test"}

    def _channel(self, name: str) -> dict[str, Any]:
        kind = "private" if name in self.world.private else "standard"
        return {"id": self.community_id(name), "displayName": name, "membershipType": kind}

    def _delta(self, name: str, path: str, query: dict[str, list[str]]) -> Reply:
        since = query.get("since", [""])[0]
        if since and datetime.fromisoformat(since) < self.forgets_before:
            return _error(410, "syncStateNotFound")
        after = int(query.get("after", ["0"])[0])
        began = query.get("began", [self.world.now().isoformat()])[0]
        every = [post for post in self.world.posts if post.community == name and not post.root]
        changed = [p for p in every if not since or _own(p) >= datetime.fromisoformat(since)]
        waiting = [post for post in changed if post.number > after]
        shown = waiting[: self.page]
        body: dict[str, Any] = {"value": [self._with_replies(path, post) for post in shown]}
        if len(waiting) > self.page:
            more = f"since={_q(since)}&began={_q(began)}&after={shown[-1].number}"
            body["@odata.nextLink"] = f"{self.url}/v1.0/{path}?{more}"
        else:
            body["@odata.deltaLink"] = f"{self.url}/v1.0/{path}?since={_q(began)}"
        return as_json(body)

    def _with_replies(self, path: str, post: Post) -> dict[str, Any]:
        replies = self._thread(post)
        found = {**self._message(post), "replies": [self._message(r) for r in replies[:2]]}
        if len(replies) > 2:
            base = path.removesuffix("/delta()")
            link = f"{self.url}/v1.0/{base}/{post.number}/replies?skip=2"
            found["replies@odata.nextLink"] = link
        return found

    def _thread(self, post: Post) -> list[Post]:
        return [item for item in self.world.posts if item.root is post][::-1]

    def _replies(self, path: str, query: dict[str, list[str]]) -> Reply:
        number = path.split("/")[-2]
        root = next((p for p in self.world.posts if str(p.number) == number and not p.root), None)
        if root is None:
            return _error(404, "NotFound")
        skip = int(query.get("skip", ["0"])[0])
        replies = self._thread(root)
        shown = [self._message(reply) for reply in replies[skip : skip + self.page]]
        body: dict[str, Any] = {"value": shown}
        if len(replies) > skip + self.page:
            body["@odata.nextLink"] = f"{self.url}/v1.0/{path}?skip={skip + self.page}"
        return as_json(body)

    def _batch(self, body: dict[str, Any]) -> Reply:
        assert len(body["requests"]) <= 20
        answers = []
        for member in body["requests"]:
            assert member["method"] == "GET"
            parts = urlsplit(member["url"])
            reply = self._read(parts.path.strip("/"), parse_qs(parts.query), GOOD_TOKEN)
            if self.throttled_members > 0:
                self.throttled_members -= 1
                reply = _error(429, "TooManyRequests")
            answer = {"id": member["id"], "status": reply.status, "body": json.loads(reply.body)}
            answers.append(answer)
        return as_json({"responses": answers[::-1]})

    def _message(self, post: Post) -> dict[str, Any]:
        sender: dict[str, Any] | None = {"user": {"id": self.person_id(post.author)}}
        if post.kind == "webhook":
            sender = {"application": {"id": "app1"}, "user": None}
        if post.kind == "system":
            sender = None
        text = post.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        return {
            "id": str(post.number),
            "replyToId": str(post.root.number) if post.root else None,
            "messageType": TYPES.get(post.kind, "message"),
            "createdDateTime": iso(post.at),
            "lastModifiedDateTime": iso(_own(post)),
            "lastEditedDateTime": iso(post.edited) if post.edited else None,
            "deletedDateTime": iso(post.deleted) if post.deleted else None,
            "from": sender,
            "body": {"contentType": "html", "content": "" if post.deleted else f"<p>{text}</p>"},
            "reactions": [
                {"reactionType": kind, "createdDateTime": iso(at)}
                | {"user": {"user": {"id": self.person_id(who)}}}
                for (who, kind), at in post.reactions.items()
            ],
        }


def _own(post: Post) -> datetime:
    return post.touched or post.at


def _q(text: str) -> str:
    return text.replace("+", "%2B")


def _error(status: int, code: str) -> Reply:
    return as_json({"error": {"code": code, "message": code}}, status)
