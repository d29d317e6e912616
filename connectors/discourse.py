"""Discourse by its API: the posts of the whole site, newest first, with topics and likes.

Endpoints: docs.discourse.org (official OpenAPI). ``posts.json`` gives the posts of the site below an
id; each run goes down to the look-back window, and so sees edits, likes and deletions there.
A message is called ``topic.number``, which is how Discourse itself links to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from adoption.connector import Capability, Field
from adoption.files.connector import is_on
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
from adoption.live.recall import Entry, Recall
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

SPAN = 50
"""Some versions of posts.json look at this many ids only, so a page may be empty half-way."""

_SITE = Community("site", "the whole site", CommunityKind.CATEGORY)
_REGULAR, _MODERATOR, _SMALL_ACTION, _WHISPER = 1, 2, 3, 4
_LIKE_ACTION = 2
_ADMIN = "a Discourse administrator"


class Discourse(CommunityConnector):
    """Reads a Discourse site with an API key of an administrator."""

    name = "discourse"
    title = "Discourse"
    summary = "Reads topics, posts, likes, people and categories of a Discourse site."
    settings: ClassVar[tuple[Field, ...]] = (
        *SERVER_FIELDS,
        Field(
            "api_token",
            "API key",
            "Admin > Advanced > API keys > New, for a single user, with read access.",
            secret=True,
        ),
        Field("username", "User name", "The user the key was made for."),
        Field(
            "read_emails",
            "Read mail addresses",
            "They serve to recognise people in a people file; Discourse logs that they were shown.",
            kind="switch",
            required=False,
            default=False,
        ),
        *READING_FIELDS,
    )
    gives = frozenset(
        {
            Capability.POSTS,
            Capability.REPLIES,
            Capability.REACTIONS,
            Capability.EDITS,
            Capability.DELETIONS,
            Capability.PEOPLE,
            Capability.COMMUNITIES,
            Capability.THREADS,
            Capability.ROSTER,
        }
    )
    lacks: ClassVar[Mapping[Capability, str]] = {
        Capability.VIEWS: "Discourse tells how often a topic was opened, not by whom",
        Capability.REACTION_PEOPLE: "Discourse gives the number of likes with a post, not the names",
        Capability.REACTION_TIMES: "Discourse does not tell when a like was given",
        Capability.DEPARTMENTS: "Discourse does not know departments; add a people file",
    }
    requires = (f"An API key for a single user with read access: {_ADMIN}",)

    def _session_settings(self) -> Settings:
        # 60 requests a minute are shared by all administrators' keys of a site
        return Settings(**server_settings(self.options), rates={"default": Rate(50, 60.0)})

    def _authorizer(self) -> Authorizer:
        key = self.options["api_token"].reveal()
        return FixedHeaders({"Api-Key": key, "Api-Username": str(self.options["username"])}, (key,))

    def _probes(self) -> Sequence[Probe]:
        return (
            Probe(SIGN_IN, _ADMIN, lambda: self._object("session/current.json")),
            Probe("list categories", _ADMIN, self._categories),
            Probe("list people", _ADMIN, lambda: next(self._people(), None)),
            Probe("read posts", _ADMIN, lambda: self._posts(None)),
        )

    def _object(self, path: str, params: Mapping[str, object] | None = None) -> dict[str, Any]:
        body = self.session.get_json(path, params)
        if not isinstance(body, dict):
            raise unusable("an answer", path)
        return body

    def _categories(self) -> list[Community]:
        body = self._object("categories.json", {"include_subcategories": True})
        found = (body.get("category_list") or {}).get("categories")
        if not isinstance(found, list):
            raise unusable("no list of categories", "categories.json")
        rows = [_community(item) for top in found for item in _with_inner(top)]
        return [row for row in rows if self.include_private or not row.is_private]

    def _communities(self) -> Iterator[Sequence[Community]]:
        yield self._categories()

    def _people(self) -> Iterator[Sequence[Person]]:
        params = {"show_emails": is_on(self.options["read_emails"])}
        number, before = 1, None
        while True:
            path = "admin/users/list/active.json"
            page = self.session.get_json(path, {**params, "page": number})
            if not isinstance(page, list) or (page and page == before):
                raise unusable("a list of people", path)
            if not page:
                return
            yield [_person(user) for user in page]
            number, before = number + 1, page

    # -- messages ------------------------------------------------------------------------------

    def _places(self) -> list[Community]:
        return [_SITE]

    def _messages_of(self, community: Community, state: Mapping[str, Any]) -> Iterator[Part]:
        recall = self.recall(state)
        walk = state.get("walk") or {}
        last = int(state.get("last", 0))
        goal = int(walk.get("goal", self._goal(last, recall)))
        below = int(walk["below"]) if "below" in walk else None
        top = int(walk.get("top", 0))
        shown = {category.id for category in self._categories()}
        base = {"last": last} if last else {}
        guard = CursorGuard("posts.json")
        before: set[Any] = set()
        while True:
            guard.check(below)
            posts = self._posts(below)
            ids = [int(post["id"]) for post in posts]
            top = max([top, *ids])
            fresh = [post for post in posts if int(post["id"]) > goal and post["id"] not in before]
            rows, skipped = self._rows(fresh, shown, recall)
            before = {post["id"] for post in posts}
            is_first_page_empty = not posts and below is None
            below = _next(below, ids)
            is_past = bool(posts) and all(self.too_old(_created(post)) for post in posts)
            is_end = below is None or below <= goal or below < 1 or 1 in ids
            if is_first_page_empty or is_end or is_past:
                break
            going_on = {"goal": goal, "below": below, "top": top}
            yield Part(rows, {**base, "walk": going_on, "recall": recall.data()}, (), skipped)

        def covered(name: str, entry: Entry) -> bool:
            return int(entry.mark) > goal

        gone = recall.finish(covered, self.clock.now(), None)
        yield Part([*rows, *gone], {"last": max(top, last), "recall": recall.data()}, (), skipped)

    def _goal(self, last: int, recall: Recall) -> int:
        """Everything above this id is read: what is new, and what is remembered."""
        if not last:
            return 0
        remembered = [int(entry.mark) for entry in recall.before.values()]
        return min([last, *(number - 1 for number in remembered)])

    def _posts(self, below: int | None) -> list[dict[str, Any]]:
        body = self._object("posts.json", {"before": below})
        posts = body.get("latest_posts")
        if not isinstance(posts, list):
            raise unusable("no list of posts", "posts.json")
        return posts

    def _rows(
        self, posts: Sequence[Mapping[str, Any]], shown: set[str], recall: Recall
    ) -> tuple[list[Row], int]:
        """The rows of a page, and how many posts stand in categories that are not read."""
        rows: list[Row] = []
        skipped = 0
        now = self.clock.now()
        for post in posts:
            try:
                message = _message(post)
            except (KeyError, TypeError, ValueError) as error:
                raise unusable("a post", f"post {post.get('id')}", error) from None
            is_shown = message.community_id in shown and post.get("post_type") != _WHISPER
            if not is_shown or self.too_old(message.created_at):
                skipped += 1
                continue
            likes = [] if message.deleted_at else _likes(post, message)
            rows += recall.see(message, likes, now, mark=str(post["id"]))
        return rows, skipped


def _next(below: int | None, ids: Sequence[int]) -> int | None:
    """Where the next page begins.

    ``before`` is exclusive in some versions and inclusive in others, so the smallest id is asked
    for again; a page with nothing below that is passed by one span.
    """
    lowest = min(ids, default=None)
    if lowest is None:
        return None if below is None else below - SPAN
    return lowest if below is None or lowest < below else below - 1


def _with_inner(category: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield category
    for inner in category.get("subcategory_list") or ():
        yield from _with_inner(inner)


def _community(category: Mapping[str, Any]) -> Community:
    return Community(
        id=str(category["id"]),
        name=text_of(category.get("name")),
        kind=CommunityKind.CATEGORY,
        is_private=bool(category.get("read_restricted")),
    )


def _person(user: Mapping[str, Any]) -> Person:
    number = int(user["id"])
    return Person(
        id=str(number),
        name=text_of(user.get("name")) or None,
        email=text_of(user.get("email")) or None,
        handle=text_of(user.get("username")) or None,
        author_kind=AuthorKind.BOT if number < 0 else AuthorKind.PERSON,
        job_family=text_of(user.get("title")) or None,
    )


def _message(post: Mapping[str, Any]) -> Message:
    topic, number = int(post["topic_id"]), int(post["post_number"])
    is_reply = number != 1
    answered = post.get("reply_to_post_number")
    deleted = post.get("deleted_at")
    is_gone = bool(deleted or post.get("user_deleted"))
    kind = _author_kind(post)
    edited = post.get("updated_at") if int(post.get("version") or 1) > 1 else None
    category = post.get("category_id")
    return Message(
        id=f"{topic}.{number}",
        community_id=str(category) if category is not None else None,
        conversation_id=f"{topic}.1",
        parent_id=f"{topic}.{int(answered) if answered else 1}" if is_reply else None,
        author_id=None if kind is AuthorKind.SYSTEM else str(post["user_id"]),
        author_kind=kind,
        kind=MessageKind.REPLY if is_reply else MessageKind.POST,
        created_at=_created(post),
        text="" if is_gone else text_of(post.get("raw")),
        edited_at=from_iso(str(edited)) if edited else None,
        deleted_at=from_iso(str(deleted or post["updated_at"])) if is_gone else None,
        raw_type=None if post.get("post_type") in (None, _REGULAR) else str(post["post_type"]),
    )


def _author_kind(post: Mapping[str, Any]) -> AuthorKind:
    user, kind = int(post["user_id"]), post.get("post_type", _REGULAR)
    if kind in (_MODERATOR, _SMALL_ACTION) or user == -1:
        return AuthorKind.SYSTEM
    if user < 0:
        return AuthorKind.BOT
    return AuthorKind.PERSON if kind in (_REGULAR, _WHISPER) else AuthorKind.UNKNOWN


def _likes(post: Mapping[str, Any], message: Message) -> list[Reaction]:
    for action in post.get("actions_summary") or ():
        if action.get("id") == _LIKE_ACTION and int(action.get("count") or 0) > 0:
            number = int(action["count"])
            return [Reaction(message.id, message.created_at, None, "like", number=number)]
    return []


def _created(post: Mapping[str, Any]) -> datetime:
    return from_iso(str(post["created_at"]))
