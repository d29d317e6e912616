"""Mattermost by its API v4: public channels of all teams, with threads, edits, deletions, reactions.

Field names, paging and limits: Mattermost's API reference and, where marked, a real 6.7 server.
The first sync walks each channel from the newest post down; later ones ask for what changed
``since`` (by ``update_at``, which edits, deletions, replies and reactions all move).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from adoption.connector import Capability, Field
from adoption.http import Authorizer, Rate, Settings, bearer
from adoption.live.connector import (
    READING_FIELDS,
    SERVER_FIELDS,
    SIGN_IN,
    CommunityConnector,
    Part,
    Probe,
    listed,
    server_settings,
    text_of,
    unusable,
)
from adoption.live.recall import Recall
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

PAGE = 200
"""The most a server gives per page; it cuts larger wishes silently."""

SINCE_CAP = 1000
"""A ``since`` answer holds at most this many posts, in no particular order, without saying so."""

_REFUSED = frozenset({403})
_BY_A_PERSON = frozenset({"", "me", "reminder"})
_BY_A_BOT = frozenset({"slack_attachment", "add_bot_teams_channels"})
_AUTOMATIC = ("from_webhook", "from_bot", "from_oauth_app", "from_plugin")
_ADMIN = "a Mattermost system administrator"


class Mattermost(CommunityConnector):
    """Reads a Mattermost server with a personal access token."""

    name = "mattermost"
    title = "Mattermost"
    summary = "Reads posts, replies, reactions, people and channels of a Mattermost server."
    settings: ClassVar[tuple[Field, ...]] = (
        *SERVER_FIELDS,
        Field(
            "token",
            "Access token",
            "Profile > Security > Personal access tokens > Create token. The account must be "
            "allowed to see the channels; a system administrator's token sees all public ones.",
            secret=True,
        ),
        Field(
            "teams",
            "Teams",
            "Names of the teams to read, separated by commas. Empty reads all of them.",
            kind="list",
            required=False,
        ),
        Field(
            "requests_per_second",
            "Requests per second",
            "Stay below the limit of the server, which is 10 unless it was changed.",
            kind="number",
            required=False,
            default=8,
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
            Capability.ROSTER,
        }
    )
    lacks: ClassVar[Mapping[Capability, str]] = {
        Capability.VIEWS: "Mattermost does not tell who read a message",
        Capability.DEPARTMENTS: "Mattermost does not know departments; add a people file",
    }
    requires = (
        f"Personal access tokens switched on for the account: {_ADMIN}",
        f"Membership in the teams to read, or the system administrator role: {_ADMIN}",
    )

    def _session_settings(self) -> Settings:
        per_second = float(self.options["requests_per_second"] or 8)
        given = server_settings(self.options)
        given["base_url"] = given["base_url"].rstrip("/") + "/api/v4"
        return Settings(**given, rates={"default": Rate(max(1, int(per_second * 10)), 10.0)})

    def _authorizer(self) -> Authorizer:
        return bearer(Secret.of(self.options["token"]).reveal())

    def _probes(self) -> Sequence[Probe]:
        return (
            Probe(SIGN_IN, "the owner of the token", lambda: self.session.get_json("users/me")),
            Probe("list teams", _ADMIN, self._teams),
            Probe("list people", _ADMIN, lambda: next(self._user_pages(per_page=1), None)),
            Probe("list channels", _ADMIN, lambda: next(self._communities(), None)),
        )

    def _teams(self) -> dict[str, bool]:
        """The teams to read by id, and whether the account is a member.

        Others than one's own are listed to administrators, and the open ones to everybody.
        """
        wanted = {name.casefold() for name in listed(self.options["teams"])}
        own = self._list("users/me/teams") or []
        others = [team for page in self._pages_of("teams", accept=_REFUSED) for team in page]
        found: dict[str, bool] = {}
        for team, is_own in [*((team, True) for team in own), *((team, False) for team in others)]:
            names = {_fold(team.get("name")), _fold(team.get("display_name"))}
            if not wanted or wanted & names:
                found.setdefault(str(team["id"]), is_own)
        return found

    def _communities(self) -> Iterator[Sequence[Community]]:
        kinds = {"O", "P"} if self.include_private else {"O"}
        seen: set[str] = set()
        for team, is_own in self._teams().items():
            # an open team one has not joined may well keep its channels to itself
            accept = frozenset() if is_own else _REFUSED
            calls = [f"teams/{team}/channels"]
            if self.include_private:
                calls.append(f"teams/{team}/channels/private")
            for call in calls:
                for page in self._pages_of(call, accept=accept):
                    fresh = [c for c in page if c.get("type") in kinds and c["id"] not in seen]
                    seen |= {channel["id"] for channel in fresh}
                    yield [_community(channel) for channel in fresh]

    def _people(self) -> Iterator[Sequence[Person]]:
        for page in self._user_pages():
            yield [_person(user) for user in page]

    def _user_pages(self, per_page: int = PAGE) -> Iterator[list[dict[str, Any]]]:
        return self._pages_of("users", per_page)

    def _pages_of(
        self, path: str, per_page: int = PAGE, *, accept: frozenset[int] = frozenset()
    ) -> Iterator[list[dict[str, Any]]]:
        number, before = 0, None
        while True:
            params = {"page": number, "per_page": per_page}
            page = self._list(path, params, accept)
            if page is None:
                return
            if page and page == before:
                raise unusable("the same page twice", path)
            yield page
            # a server may give smaller pages than asked for, so only an empty page is the end of
            # a list that was longer than one page
            if not page or (number == 0 and len(page) < per_page):
                return
            number, before = number + 1, page

    def _list(
        self,
        path: str,
        params: Mapping[str, object] | None = None,
        accept: frozenset[int] = frozenset(),
    ) -> list[dict[str, Any]] | None:
        """A list, or ``None`` for a refusal the caller accepts."""
        body = self.session.get_json(path, params, accept=accept)
        if body is not None and not isinstance(body, list):
            raise unusable("a list", path)
        return body

    # -- messages ------------------------------------------------------------------------------

    def _messages_of(self, community: Community, state: Mapping[str, Any]) -> Iterator[Part]:
        recall = self.recall(state)
        walk, mark = state.get("walk"), int(state.get("mark", 0))
        notes: list[str] = []
        if walk is None and mark:
            changed = self._posts(community, {"since": mark - 1})
            if len(changed) < SINCE_CAP:
                latest = max([mark, *(int(post["update_at"]) for post in changed)])
                rows = self._rows(changed, recall)
                recall.finish(lambda *_: False, self.clock.now(), community.id)
                yield Part(rows, {"mark": latest, "recall": recall.data()})
                return
            goal = min(mark, _milliseconds(self.window_start()))
            walk = {"goal": goal}
            notes.append(
                f"{community.name}: more changed than the server lists at once, so the last "
                f"{self.look_back.days} days were read again; later edits of older posts are not seen."
            )
        if walk is None:
            walk = {"goal": _milliseconds(self.first_day) if self.first_day else 0}
        yield from self._walk(community, walk, mark, recall, notes)

    def _walk(
        self,
        community: Community,
        walk: Mapping[str, Any],
        mark: int,
        recall: Recall,
        notes: Sequence[str],
    ) -> Iterator[Part]:
        """From the newest post (or where a former run stopped) down to the goal."""
        guard = CursorGuard(f"channel {community.name}")
        goal, below, page = int(walk["goal"]), str(walk.get("below", "")), 0
        before: set[str] = set()
        next_mark = walk.get("mark")
        while True:
            guard.check((below, page))
            params = {"per_page": PAGE, "page": page, "before": below or None}
            posts = self._posts(community, params)
            if next_mark is None:
                # whatever changes after this answer has a later update_at than anything in it
                next_mark = max([mark, 1, *(int(post["update_at"]) for post in posts)])
            fresh = [p for p in posts if int(p["create_at"]) >= goal and p["id"] not in before]
            rows = self._rows(fresh, recall)
            before = {str(post["id"]) for post in posts}
            if not posts or min(int(post["create_at"]) for post in posts) < goal:
                recall.finish(lambda *_: False, self.clock.now(), community.id)
                yield Part(rows, {"mark": next_mark, "recall": recall.data()}, notes)
                return
            below, page = _edge(posts, below, page)
            going_on = {"goal": goal, "below": below, "mark": next_mark}
            kept = {"mark": mark} if mark else {}
            yield Part(rows, {**kept, "walk": going_on, "recall": recall.data()}, notes)
            notes = ()

    def _posts(self, community: Community, params: Mapping[str, object]) -> list[dict[str, Any]]:
        path = f"channels/{community.id}/posts"
        body = self.session.get_json(path, params)
        try:
            posts = body["posts"]
            return [posts[name] for name in dict.fromkeys(body["order"])]
        except (KeyError, TypeError) as error:
            raise unusable("a page of posts", path, error) from None

    def _rows(self, posts: Sequence[dict[str, Any]], recall: Recall) -> list[Row]:
        now = self.clock.now()
        rows: list[Row] = []
        for post in posts:
            if post.get("original_id"):
                continue  # the former text of an edited post
            try:
                message = _message(post)
                reactions = () if message.deleted_at else _reactions(post, message.created_at)
            except (KeyError, TypeError, ValueError) as error:
                raise unusable("a post", f"post {post.get('id')}", error) from None
            # what was written and deleted between two runs was never given, so it cannot go
            is_news = message.created_at >= self.window_start() and not recall.knows(message.id)
            if not self.too_old(message.created_at) and not (message.deleted_at and is_news):
                rows += recall.see(message, reactions, now)
        return rows


def _edge(posts: Sequence[dict[str, Any]], below: str, page: int) -> tuple[str, int]:
    """Where the next page begins.

    ``before`` compares creation times, so posts of the same millisecond that straddle a page edge
    would be lost: go on from the last post that is newer than the oldest, and read those again.
    """
    oldest = min(int(post["create_at"]) for post in posts)
    newer = [post for post in posts if int(post["create_at"]) > oldest]
    if newer:
        return str(min(newer, key=lambda post: int(post["create_at"]))["id"]), 0
    return below, page + 1


def _community(channel: Mapping[str, Any]) -> Community:
    return Community(
        id=channel["id"],
        name=text_of(channel.get("display_name")) or str(channel.get("name", "")),
        kind=CommunityKind.CHANNEL,
        is_private=channel.get("type") != "O",
        created_at=_moment(channel.get("create_at")),
        archived_at=_moment(channel.get("delete_at")),
    )


def _person(user: Mapping[str, Any]) -> Person:
    full = f"{user.get('first_name') or ''} {user.get('last_name') or ''}".strip()
    return Person(
        id=user["id"],
        name=text_of(full or user.get("nickname") or user.get("username")) or None,
        email=user.get("email") or None,
        handle=user.get("username") or None,
        author_kind=AuthorKind.BOT if user.get("is_bot") else AuthorKind.PERSON,
        job_family=text_of(user.get("position")) or None,
        employed_to=_moment(user.get("delete_at")),
    )


def _message(post: Mapping[str, Any]) -> Message:
    kind, author = _author(post)
    root = post.get("root_id") or ""
    deleted_at = _moment(post.get("delete_at"))
    return Message(
        id=post["id"],
        community_id=post["channel_id"],
        conversation_id=root or post["id"],
        parent_id=root or None,
        author_id=author,
        author_kind=kind,
        kind=MessageKind.REPLY if root else MessageKind.POST,
        created_at=from_milliseconds(int(post["create_at"])),
        text="" if deleted_at else text_of(post.get("message")),
        edited_at=_moment(post.get("edit_at")),
        deleted_at=deleted_at,
        raw_type=post.get("type") or None,
    )


def _author(post: Mapping[str, Any]) -> tuple[AuthorKind, str | None]:
    """Who stands behind a post. A webhook's post carries the id of whoever set it up: not credited."""
    raw_type = post.get("type") or ""
    props = post.get("props") or {}
    if raw_type.startswith("system_"):
        return AuthorKind.SYSTEM, None
    is_automatic = props and any(_is_true(props.get(name)) for name in _AUTOMATIC)
    if is_automatic or raw_type in _BY_A_BOT:
        return AuthorKind.BOT, None
    known = raw_type in _BY_A_PERSON
    return (AuthorKind.PERSON if known else AuthorKind.UNKNOWN), post.get("user_id")


def _reactions(post: Mapping[str, Any], message_at: datetime) -> list[Reaction]:
    found = (post.get("metadata") or {}).get("reactions") or ()
    return [
        Reaction(
            post["id"],
            message_at,
            item["user_id"],
            item["emoji_name"],
            _moment(item.get("create_at")),
        )
        for item in found
        if not item.get("delete_at")
    ]


def _moment(value: object) -> datetime | None:
    return from_milliseconds(int(str(value))) if value else None


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _is_true(value: object) -> bool:
    return value is True or value == "true"


def _fold(value: object) -> str:
    return str(value or "").casefold()
