"""Discourse's API as far as the connector uses it, with its known traps."""

from __future__ import annotations

from typing import Any, ClassVar

from connectors.discourse import Discourse
from tests.live.peers.base import GOOD_TOKEN, NARROW_TOKEN, Peer, iso
from tests.live.server import Reply, Request, as_json
from tests.live.world import Post


class DiscoursePeer(Peer):
    """Posts of the site below an id; likes as a number; ``inclusive`` and ``spans`` as in some versions."""

    connector = Discourse
    full_page = 50
    overlap = 1
    names_reactions = False
    asks_per_community = False
    rate = (60, 60.0)
    message_path: ClassVar[str] = "posts.json"
    inclusive = False
    spans = False

    def settings(self, url: str, token: str = GOOD_TOKEN) -> dict[str, Any]:
        account = {"api_token": token, "username": "reader"}
        return {"base_url": url, "internal_server": True, **account}

    def community_id(self, name: str) -> str:
        return str(4 + self.world.communities.index(name))

    def person_id(self, name: str) -> str:
        return str(100 + self.world.people.index(name))

    def __call__(self, request: Request) -> Reply:
        token = request.headers.get("Api-Key", "")
        if token not in (GOOD_TOKEN, NARROW_TOKEN) or request.headers.get("Api-Username") is None:
            return as_json({"errors": ["no access"], "error_type": "invalid_access"}, 403)
        path = request.path.removeprefix("/")
        if path == "session/current.json":
            return as_json({"current_user": {"id": 1}})
        if token == NARROW_TOKEN:
            return as_json({"errors": ["no access"]}, 403)
        if path == "categories.json":
            categories = [self._category(name) for name in self.world.communities]
            outer = {**categories[0], "subcategory_list": categories[1:]}
            return as_json({"category_list": {"categories": [outer]}})
        if path == "admin/users/list/active.json":
            first = request.one("page") == "1"
            return as_json([self._user(name) for name in self.world.people] if first else [])
        return self._posts(request)

    def _category(self, name: str) -> dict[str, Any]:
        restricted = name in self.world.private
        return {"id": int(self.community_id(name)), "name": name, "read_restricted": restricted}

    def _user(self, name: str) -> dict[str, Any]:
        return {"id": int(self.person_id(name)), "username": name, "name": name.title()}

    def _posts(self, request: Request) -> Reply:
        before = int(request.one("before") or 10**9) + self.inclusive
        every = sorted(self.world.standing(), key=lambda post: post.number, reverse=True)
        found = [post for post in every if post.number < before]
        if self.spans and request.one("before"):
            found = [post for post in found if post.number > before - 50]
        return as_json({"latest_posts": [self._post(post) for post in found[: self.page]]})

    def _post(self, post: Post) -> dict[str, Any]:
        topic = [p for p in self.world.posts if p is (post.root or post) or p.root is post.root]
        replies = [p for p in topic if p.root is not None and p.root is post.root]
        number = 2 + replies.index(post) if post.root else 1
        user = {"webhook": -2, "system": -1}.get(post.kind, int(self.person_id(post.author)))
        people = {who for who, _ in post.reactions}
        found: dict[str, Any] = {
            "id": post.number,
            "user_id": user,
            "username": post.author,
            "created_at": iso(post.at),
            "updated_at": iso(post.edited or post.at),
            "version": 2 if post.edited else 1,
            "raw": post.text,
            "post_number": number,
            "post_type": 9 if post.kind == "odd" else 1,
            "topic_id": 1000 + (post.root or post).number,
            "category_id": int(self.community_id(post.community)),
            "actions_summary": [{"id": 2, "count": len(people)}] if people else [],
        }
        return found
