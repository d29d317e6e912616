"""Mattermost's API v4 as far as the connector uses it, with its known traps."""

from __future__ import annotations

from typing import Any, ClassVar

from connectors.mattermost import Mattermost
from tests.live.peers.base import GOOD_TOKEN, NARROW_TOKEN, Peer, ms
from tests.live.server import Reply, Request, as_json
from tests.live.world import Post


class MattermostPeer(Peer):
    """Posts of a channel newest first; ``since`` is capped without order and without saying so."""

    connector = Mattermost
    since_cap = 1000
    overlap = 1
    message_path: ClassVar[str] = "channels/{}/posts"

    def settings(self, url: str, token: str = GOOD_TOKEN) -> dict[str, Any]:
        return {"base_url": url, "internal_server": True, "token": token}

    def __call__(self, request: Request) -> Reply:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in (GOOD_TOKEN, NARROW_TOKEN):
            return _error(401, "api.context.session_expired.app_error")
        path = request.path.removeprefix("/api/v4/")
        page = int(request.one("page", "0"))
        if path == "users/me":
            return as_json({"id": "me"})
        if path == "users":
            return self._page([self._user(name) for name in self.world.people], page)
        if path == "users/me/teams":
            return as_json([{"id": "t1", "name": "corp", "display_name": "Corp"}])
        if path.startswith("teams/t2/channels"):
            return _error(403, "api.context.permissions.app_error")
        if path == "teams":
            open_team = {"id": "t2", "name": "open", "display_name": "Open"}
            corporate = {"id": "t1", "name": "corp", "display_name": "Corp"}
            return self._page([open_team, corporate], page)
        if path.startswith("teams/t1/channels"):
            wanted = "P" if path.endswith("private") else "O"
            found = [c for c in map(self._channel, self.world.communities) if c["type"] == wanted]
            return _error(403, "no") if token == NARROW_TOKEN else self._page(found, page)
        if path.startswith("channels/") and path.endswith("/posts"):
            return self._posts(path.split("/")[1].removeprefix("c-"), request)
        return _error(404, "api.context.404.app_error")

    def _page(self, items: list[dict[str, Any]], number: int) -> Reply:
        return as_json(items[number * 200 : number * 200 + 200])

    def _user(self, name: str) -> dict[str, Any]:
        user = {"id": self.person_id(name), "username": name, "email": f"{name}@ex.test"}
        return {**user, "delete_at": 0, "position": "Nurse", "first_name": name.title()}

    def _channel(self, name: str) -> dict[str, Any]:
        kind = "P" if name in self.world.private else "O"
        found = {"id": self.community_id(name), "display_name": name, "name": name, "type": kind}
        return {**found, "team_id": "t1", "create_at": 1_700_000_000_000, "delete_at": 0}

    def _posts(self, name: str, request: Request) -> Reply:
        if name in self.denied:
            return _error(403, "api.context.permissions.app_error")
        every = sorted(
            [post for post in self.world.posts if post.community == name],
            key=lambda post: (post.at, post.number),
            reverse=True,
        )
        if "since" in request.query:
            since = int(request.one("since"))
            found = [post for post in every if ms(post.changed) > since]
            found = sorted(found, key=lambda post: post.number * 7919 % 101)[: self.since_cap]
        else:
            found = [post for post in every if post.deleted is None]
            if before := request.one("before"):
                edge = next(post for post in every if f"p-{post.number}" == before)
                found = [post for post in found if ms(post.at) < ms(edge.at)]
            start = int(request.one("page", "0")) * self.page
            found = found[start : start + self.page]
        posts = {f"p-{post.number}": self._post(post) for post in found}
        return as_json({"order": [*posts], "posts": posts, "next_post_id": "", "prev_post_id": ""})

    def _post(self, post: Post) -> dict[str, Any]:
        props: dict[str, Any] = {"from_webhook": "true"} if post.kind == "webhook" else {}
        raw_type = {"system": "system_join_channel", "odd": "custom_calls"}.get(post.kind, "")
        reactions = [
            {"user_id": self.person_id(who), "post_id": f"p-{post.number}", "emoji_name": kind,
             "create_at": ms(at), "update_at": ms(at), "delete_at": 0}
            for (who, kind), at in post.reactions.items()
        ]  # fmt: skip
        return {
            "id": f"p-{post.number}",
            "create_at": ms(post.at),
            "update_at": ms(post.changed),
            "edit_at": ms(post.edited),
            "delete_at": ms(post.deleted),
            "user_id": self.person_id(post.author),
            "channel_id": self.community_id(post.community),
            "root_id": f"p-{post.root.number}" if post.root else "",
            "original_id": "",
            "message": "" if post.deleted else post.text,
            "type": raw_type,
            "props": props,
            "metadata": {"reactions": reactions} if reactions else {},
        }


def _error(status: int, name: str) -> Reply:
    return as_json({"id": name, "message": name, "status_code": status}, status)
