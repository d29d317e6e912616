"""Slack's Web API as far as the connector uses it, with its known traps."""

from __future__ import annotations

from typing import Any, ClassVar

from connectors.slack import Slack
from tests.live.peers.base import GOOD_TOKEN, NARROW_TOKEN, Peer, ms
from tests.live.server import Reply, Request, as_json
from tests.live.world import Post


class SlackPeer(Peer):
    """History newest first by cursor; replies by thread, root first; deletions leave no trace."""

    connector = Slack
    full_page = 999
    rate = (180, 60.0)
    deletes_replies = False
    message_path: ClassVar[str] = "conversations.history"

    def settings(self, url: str, token: str = GOOD_TOKEN) -> dict[str, Any]:
        return {"base_url": f"{url}/api", "internal_server": True, "token": token}

    def __call__(self, request: Request) -> Reply:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in (GOOD_TOKEN, NARROW_TOKEN):
            return as_json({"ok": False, "error": "invalid_auth"})
        method = request.path.removeprefix("/api/")
        if method == "auth.test":
            return as_json({"ok": True, "user_id": "U0"})
        if method == "users.list":
            return self._cut([self.user(name) for name in self.world.people], request, "members")
        if method == "conversations.list":
            kinds = request.one("types").split(",")
            found = [self.channel(name) for name in self.world.communities]
            wanted = [c for c in found if c["is_private"] is False or "private_channel" in kinds]
            return self._cut(wanted, request, "channels")
        if token == NARROW_TOKEN:
            return as_json({"ok": False, "error": "missing_scope", "needed": "channels:history"})
        name = request.one("channel").removeprefix("c-")
        if name in self.denied:
            return as_json({"ok": False, "error": "not_in_channel"})
        if method == "conversations.history":
            return self._history(name, request)
        return self._replies(name, request)

    def _cut(self, items: list[dict[str, Any]], request: Request, key: str) -> Reply:
        start = int(request.one("cursor") or "0")
        end = start + self.page
        more = str(end) if end < len(items) else ""
        body = {"ok": True, key: items[start:end], "has_more": bool(more)}
        return as_json({**body, "response_metadata": {"next_cursor": more}})

    def user(self, name: str) -> dict[str, Any]:
        profile = {"real_name": name.title(), "email": f"{name}@ex.test", "title": "Nurse"}
        return {"id": self.person_id(name), "name": name, "profile": profile, "is_bot": False}

    def channel(self, name: str) -> dict[str, Any]:
        private = name in self.world.private
        found = {"id": self.community_id(name), "name": name, "is_private": private}
        return {**found, "created": 1_700_000_000, "is_archived": False}

    def _history(self, name: str, request: Request) -> Reply:
        oldest, latest = request.one("oldest") or "0", request.one("latest") or "9" * 10
        found = [
            self.message(post)
            for post in sorted(self.world.posts, key=self._ts, reverse=True)
            if post.community == name and post.root is None and self._stands(post)
            if float(oldest) < float(self._ts(post)) < float(latest)
        ]
        return self._cut(found, request, "messages")

    def _replies(self, name: str, request: Request) -> Reply:
        root = next((p for p in self.world.posts if self._ts(p) == request.one("ts")), None)
        if root is None or not self._stands(root):
            return as_json({"ok": False, "error": "thread_not_found"})
        replies = sorted(self.world.replies(root), key=self._ts)
        start = int(request.one("cursor") or "0")
        end = start + self.page
        more = str(end) if end < len(replies) else ""
        messages = [self.message(root), *map(self.message, replies[start:end])]
        meta = {"next_cursor": more}
        return as_json({"ok": True, "messages": messages, "response_metadata": meta})

    def _stands(self, post: Post) -> bool:
        return post.deleted is None or bool(self.world.replies(post))

    def _ts(self, post: Post) -> str:
        # unique within a channel, as Slack makes it: the number stands in the microseconds
        whole = ms(post.at)
        return f"{whole // 1000}.{whole % 1000:03d}{post.number % 1000:03d}"

    def message(self, post: Post) -> dict[str, Any]:
        found: dict[str, Any] = {
            "type": "message",
            "ts": self._ts(post),
            "text": post.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"),
            "user": self.person_id(post.author),
        }
        if post.kind == "webhook":
            found |= {"subtype": "bot_message", "bot_id": "B1"}
        if post.kind == "system":
            found |= {"subtype": "channel_join"}
        if post.kind == "odd":
            found |= {"subtype": "something_new"}
        if post.deleted:
            found |= {"subtype": "tombstone", "text": "This message was deleted."}
            found |= {"user": "USLACKBOT", "hidden": True}
        if post.edited:
            found["edited"] = {"user": found["user"], "ts": f"{post.edited.timestamp():.6f}"}
        replies = self.world.replies(post)
        if post.root:
            found["thread_ts"] = self._ts(post.root)
        elif replies:
            latest = max(map(self._ts, replies))
            found |= {"thread_ts": found["ts"], "reply_count": len(replies)}
            found |= {"latest_reply": latest}
        kinds = dict.fromkeys(kind for _, kind in post.reactions)
        if kinds:
            found["reactions"] = [
                {"name": kind, "users": users, "count": len(users)}
                for kind in kinds
                if (users := [self.person_id(w) for w, k in post.reactions if k == kind])
            ]
        return found
