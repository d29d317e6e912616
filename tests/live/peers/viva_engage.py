"""Yammer's REST API v1 as far as the connector uses it, with its known traps."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from connectors.viva_engage import VivaEngage
from tests.live.peers.base import GOOD_TOKEN, NARROW_TOKEN, Peer
from tests.live.server import Reply, Request, as_json
from tests.live.world import Post

FIRST_ID = 3_000_000_000_000_000


class VivaEngagePeer(Peer):
    """Threads by their newest message; two replies of each shown; likes as a number and some names."""

    connector = VivaEngage
    full_page = 20
    names_reactions = False
    rate = (14, 30.0)
    message_path: ClassVar[str] = "messages/"
    empty_first: int = 0
    """How often a thread is answered with an empty list before it is given."""

    longest_export = timedelta(days=28)
    is_verified_admin = True
    cut_exports = 0
    """How many exports break off half-way, although the status says all is well."""

    def settings(self, url: str, token: str = GOOD_TOKEN) -> dict[str, Any]:
        return {
            "base_url": f"{url}/api/v1",
            "internal_server": True,
            "sign_in_with": "token",
            "token": token,
        }

    def community_id(self, name: str) -> str:
        return "9001" if name == "news" else name

    def person_id(self, name: str) -> str:
        return str(5_000_000_000 + self.world.people.index(name))

    def __call__(self, request: Request) -> Reply:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in (GOOD_TOKEN, NARROW_TOKEN):
            answer = {"message": "Token not found.", "code": 16, "stat": "fail"}
            return as_json({"response": answer}, 401)
        path = request.path.removeprefix("/api/v1/").removesuffix(".json")
        page = int(request.one("page", "1"))
        if path == "users/current":
            return as_json({"id": 1})
        if path == "users":
            return as_json([self._user(name) for name in self.world.people] if page == 1 else [])
        if path == "groups":
            return as_json(self._groups() if page == 1 else [])
        if token == NARROW_TOKEN:
            return Reply(403, b"Authenticated Failure")
        if path == "export":
            return self._export(request)
        if path == "messages":
            return as_json({"messages": []})
        if path.startswith("messages/in_thread/"):
            return self._thread(path.rsplit("/", 1)[1], request)
        name = "all-company" if path == "messages/general" else "news"
        if name in self.denied:
            return as_json({"error": "NOT_ALLOWED_FOR_AAD_GUEST"}, 403)
        return self._feed(name, request)

    def _user(self, name: str) -> dict[str, Any]:
        user = {"type": "user", "id": int(self.person_id(name)), "full_name": name.title()}
        user |= {"email": f"{name}@ex.test", "department": "Nursing", "birth_date": "1 May"}
        return {**user, "admin": "false", "state": "active"}

    def _groups(self) -> list[dict[str, Any]]:
        newest = max((self._id(post) for post in self.world.posts), default=0)
        privacy = "private" if "news" in self.world.private else "public"
        group = {"type": "group", "id": 9001, "full_name": "news", "privacy": privacy}
        return [{**group, "stats": {"last_message_id": newest}}]

    def _id(self, post: Post) -> int:
        return FIRST_ID + post.number

    def _latest(self, starter: Post) -> int:
        return max(self._id(post) for post in (starter, *self.world.replies(starter)))

    def _feed(self, name: str, request: Request) -> Reply:
        below = int(request.one("older_than") or 10**18)
        starters = sorted(self.starters(name), key=self._latest, reverse=True)
        found = [post for post in starters if self._latest(post) < below]
        shown = found[: self.page]
        extended = {
            str(self._id(post)): [self._message(r) for r in self.world.replies(post)[:-3:-1]]
            for post in shown
        }
        return as_json(
            {
                "messages": [self._message(post) for post in shown],
                "threaded_extended": {
                    name: replies for name, replies in extended.items() if replies
                },
                "references": [self._reference(post) for post in shown],
                "meta": {
                    "older_available": len(found) > self.page,
                    "realtime": {"authentication_token": "realtime-canary-token"},
                },
            }
        )

    def _reference(self, post: Post) -> dict[str, Any]:
        stats = {
            "updates": 1 + len(self.world.replies(post)),
            "latest_reply_id": self._latest(post),
        }
        return {"type": "thread", "id": self._id(post), "stats": stats}

    def _thread(self, name: str, request: Request) -> Reply:
        root = next((post for post in self.world.posts if str(self._id(post)) == name), None)
        if root is None or root.deleted:
            return as_json({"base": ["gone"]}, 404)
        below = int(request.one("older_than") or 10**18)
        if self.empty_first > 0:
            self.empty_first -= 1
            return as_json({"messages": [], "meta": {}})
        every = sorted([root, *self.world.replies(root)], key=self._id, reverse=True)
        found = [post for post in every if self._id(post) < below]
        shown = [self._message(post) for post in found[: self.page]]
        return as_json({"messages": shown, "meta": {"older_available": len(found) > self.page}})

    def _export(self, request: Request) -> Reply:
        if not self.is_verified_admin:
            return Reply(403, b"")
        since, until = (_utc(request.one(name)) for name in ("since", "until"))
        if until - since > self.longest_export:
            return Reply(504, b"<html>gateway</html>")
        body = self.export(since, until)
        if self.cut_exports > 0:
            self.cut_exports -= 1
            body = body[: len(body) // 2]
        return Reply(200, body, {"Content-Type": "application/zip"})

    def export(self, since: datetime, until: datetime) -> bytes:
        """The ZIP of what was written or changed in a time, as the Data Export API gives it."""
        messages = [
            {
                "id": self._id(post),
                "replied_to_id": self._id(post.root) if post.root else "",
                "thread_id": self._id(post.root or post),
                "group_id": 9001 if post.community == "news" else "",
                "in_private_group": "false",
                "in_private_conversation": "false",
                "sender_id": self.person_id(post.author),
                "sender_type": "user",
                "body": "" if post.deleted else post.text,
                "created_at": post.at.isoformat(),
                "deleted_at": post.deleted.isoformat() if post.deleted else "",
                "message_type": "update",
            }
            for post in self.world.posts
            if since <= post.changed < until
        ]
        users = [
            {"id": self.person_id(name), "name": name.title(), "email": f"{name}@ex.test"}
            | {"department": "Nursing"}
            for name in self.world.people
        ]
        groups = [{"id": 9001, "name": "news", "private": "false"}]
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, rows in (("Messages", messages), ("Users", users), ("Groups", groups)):
                archive.writestr(f"{name}.csv", _csv(rows, name))
        return packed.getvalue()

    def _message(self, post: Post) -> dict[str, Any]:
        people = sorted({who for who, _ in post.reactions})
        named = [{"user_id": int(self.person_id(who))} for who in people[:2]]
        found: dict[str, Any] = {
            "id": self._id(post),
            "sender_id": int(self.person_id(post.author)),
            "sender_type": "bot" if post.kind == "webhook" else "user",
            "thread_id": self._id(post.root or post),
            "created_at": _slashed(post.at),
            "message_type": "something_new" if post.kind == "odd" else "update",
            "system_message": post.kind == "system",
            "direct_message": False,
            "body": {"plain": post.text, "parsed": post.text},
            "liked_by": {"count": len(people), "names": named},
        }
        if post.root:
            found["replied_to_id"] = self._id(post.root)
        if post.community == "news":
            found["group_id"] = 9001
        return found


MESSAGE_COLUMNS = [
    "id",
    "replied_to_id",
    "thread_id",
    "group_id",
    "in_private_group",
    "in_private_conversation",
    "sender_id",
    "sender_type",
    "body",
    "created_at",
    "deleted_at",
    "message_type",
]


def _csv(rows: list[dict[str, Any]], name: str) -> str:
    text = io.StringIO(newline="")
    columns = MESSAGE_COLUMNS if name == "Messages" else list(rows[0])
    writer = csv.DictWriter(text, columns)
    writer.writeheader()
    writer.writerows(rows)
    return "\ufeff" + text.getvalue()


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _slashed(moment: datetime) -> str:
    return moment.strftime("%Y/%m/%d %H:%M:%S +0000")
