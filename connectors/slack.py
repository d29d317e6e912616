"""Slack by its Web API, through an app the organisation creates in its own workspace.

Methods and limits: docs.slack.dev. Each run reads a channel from its newest message down to the look-back
window, and the threads that are still alive; that is how edits, deletions and reactions are seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from adoption.connector import Capability, Field
from adoption.errors import AccessError, SourceError
from adoption.http import Authorizer, NotThereError, Rate, Settings, bearer
from adoption.live.connector import (
    READING_FIELDS,
    SIGN_IN,
    CommunityConnector,
    Part,
    Probe,
    server_settings,
    unusable,
)
from adoption.live.recall import Entry, Recall
from adoption.model import Community, Message, Person, Reaction, Row
from adoption.paging import CursorGuard
from adoption.records.slack import community_row, message_rows, person_row
from adoption.secrets import Secret

PAGE = 999
SMALL_PAGE = 15
"""What apps sold outside Slack's marketplace get per request, once a minute, since 29 May 2025."""

_RIGHT_MISSING = frozenset(
    [
        "missing_scope",
        "not_authed",
        "account_inactive",
        "invalid_auth",
        "token_revoked",
        "token_expired",
        "no_permission",
        "org_login_required",
        "ekm_access_denied",
        "not_allowed_token_type",
    ]
)
_LEAVE_OUT = frozenset(
    ["not_in_channel", "channel_not_found", "channel_is_limited_access", "is_archived"]
)
_THREAD_GONE = "thread_not_found"
_PASSING = frozenset(
    ["ratelimited", "request_timeout", "service_unavailable", "fatal_error", "internal_error"]
)
_ADMIN = "a Slack workspace administrator"
_START = "0"


class Slack(CommunityConnector):
    """Reads a Slack workspace with a bot or user token of the organisation's own app."""

    name = "slack"
    id_space = "slack"
    title = "Slack"
    summary = "Reads posts, replies, reactions, people and channels of a Slack workspace."
    settings: ClassVar[tuple[Field, ...]] = (
        Field(
            "token",
            "Token",
            "Create an app from the manifest in docs/live-connectors.md, install it in the "
            "workspace, and copy the token that begins with xoxb- or xoxp-.",
            secret=True,
        ),
        Field(
            "base_url",
            "Address of the Web API",
            "Leave as it is, unless your organisation uses a gateway.",
            required=False,
            default="https://slack.com/api",
        ),
        Field(
            "internal_server",
            "The gateway stands inside our own network",
            "Only with a gateway of your own.",
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
            Capability.REACTION_PEOPLE,
            Capability.EDITS,
            Capability.DELETIONS,
            Capability.PEOPLE,
            Capability.COMMUNITIES,
            Capability.THREADS,
            Capability.ROSTER,
        }
    )
    lacks: ClassVar[Mapping[Capability, str]] = {
        Capability.VIEWS: "Slack does not tell who read a message",
        Capability.REACTION_TIMES: "Slack does not tell when a reaction was given",
        Capability.DEPARTMENTS: "Slack does not know departments; add a people file",
    }
    requires = (
        f"An app of your own workspace with channels:read, channels:history, users:read, "
        f"users:read.email and reactions:read: {_ADMIN}",
        "With a bot token: the app invited to each channel that is to be read",
    )

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self._slow = False

    def _session_settings(self) -> Settings:
        # Tiers 2 and 3 of Slack's limits, counted per method, with a little room to spare
        return Settings(
            **server_settings(self.options),
            rates={
                "list": Rate(18, 60.0),
                "users": Rate(18, 60.0),
                "history": Rate(45, 60.0),
                "replies": Rate(45, 60.0),
            },
        )

    def _authorizer(self) -> Authorizer:
        return bearer(Secret.of(self.options["token"]).reveal())

    def _probes(self) -> Sequence[Probe]:
        return (
            Probe(SIGN_IN, "whoever manages the app", lambda: self._call("auth.test", {}, "list")),
            Probe("list channels (channels:read)", _ADMIN, lambda: next(self._communities(), None)),
            Probe("list people (users:read)", _ADMIN, lambda: next(self._people(), None)),
            Probe("read messages (channels:history)", _ADMIN, self._try_history),
        )

    def _try_history(self) -> None:
        for page in self._communities():
            for community in page:
                try:
                    self._call(
                        "conversations.history", {"channel": community.id, "limit": 1}, "history"
                    )
                except NotThereError:
                    continue
                return

    def _communities(self) -> Iterator[Sequence[Community]]:
        kinds = "public_channel,private_channel" if self.include_private else "public_channel"
        for page in self._pages_of(
            "conversations.list", {"types": kinds, "exclude_archived": False}, "channels", "list"
        ):
            yield [
                community_row(channel, is_private=bool(channel.get("is_private")))
                for channel in page
            ]

    def _people(self) -> Iterator[Sequence[Person]]:
        for page in self._pages_of("users.list", {}, "members", "users"):
            yield [person_row(user) for user in page]

    def _pages_of(
        self, method: str, params: Mapping[str, object], key: str, rate: str
    ) -> Iterator[list[dict[str, Any]]]:
        guard, cursor = CursorGuard(method), ""
        while True:
            guard.check(cursor)
            body = self._call(method, {**params, "limit": PAGE, "cursor": cursor or None}, rate)
            yield _list(body, key, method)
            cursor = _next_cursor(body)
            if not cursor:
                return

    def _call(self, method: str, params: Mapping[str, object], rate: str) -> dict[str, Any]:
        body = self.session.get_json(
            method, params, rate=rate, judge=lambda found: _judge(found, method)
        )
        if not isinstance(body, dict):
            raise unusable("an answer", method)
        return body

    # -- messages ------------------------------------------------------------------------------

    def _messages_of(self, community: Community, state: Mapping[str, Any]) -> Iterator[Part]:
        recall = self.recall(state)
        walk = dict(state.get("walk") or self._new_walk(state))
        threads = dict(state.get("threads", {}))
        base = {"newest": state["newest"]} if "newest" in state else {}

        def now() -> dict[str, Any]:
            return {**base, "walk": dict(walk), "threads": dict(threads), "recall": recall.data()}

        while walk["todo"] or not walk["done"]:
            if walk["todo"]:
                rows: list[Row] = self._thread(community, walk["todo"][0], recall)
                walk["todo"] = walk["todo"][1:]
                yield Part(rows, now())
                continue
            rows, notes = self._history_page(community, walk, threads, recall)
            yield Part(rows, now(), notes)
        window = _ts(self.window_start().timestamp())
        alive = {root: last for root, last in threads.items() if _key(last) >= _key(window)}
        gone = recall.finish(_covered(walk, recall), self.clock.now(), community.id)
        newest = walk["top"] or state.get("newest", _START)
        yield Part(gone, {"newest": newest, "threads": alive, "recall": recall.data()})

    def _new_walk(self, state: Mapping[str, Any]) -> dict[str, Any]:
        goal = _ts(self.first_day.timestamp()) if self.first_day else _START
        if "newest" in state:
            window = _ts(self.window_start().timestamp())
            goal = max(goal, min(str(state["newest"]), window, key=_key), key=_key)
        return {"top": "", "below": "", "goal": goal, "todo": [], "visited": [], "done": False}

    def _history_page(
        self,
        community: Community,
        walk: dict[str, Any],
        threads: dict[str, str],
        recall: Recall,
    ) -> tuple[list[Row], Sequence[str]]:
        """One page of a channel, newest first; the walk is moved on and threads are put in line.

        The next page is asked for by the time of the oldest message: that stays valid after a
        restart, while Slack's cursors do not. A page that is empty is passed with its cursor.
        """
        params: dict[str, object] = {
            "channel": community.id,
            "limit": PAGE,
            "latest": walk["below"] or None,
            "oldest": walk["goal"] if walk["goal"] != _START else None,
            "inclusive": False,
        }
        body = self._call("conversations.history", params, "history")
        guard = CursorGuard(f"channel {community.name}")
        while not _list(body, "messages", "conversations.history") and _next_cursor(body):
            guard.check(_next_cursor(body))
            cursor = {**params, "cursor": _next_cursor(body)}
            body = self._call("conversations.history", cursor, "history")
        messages = _list(body, "messages", "conversations.history")
        rows = self._rows(community, messages, recall)
        self._line_up(messages, walk, threads, recall)
        times = sorted((str(message.get("ts")) for message in messages), key=_key)
        if times:
            guard.check(walk["below"])
            guard.check(times[0])
            walk["top"] = max(walk["top"] or _START, times[-1], key=_key)
            walk["below"] = times[0]
        walk["done"] = not messages or not (body.get("has_more") or _next_cursor(body))
        if walk["done"]:
            passed = [root for root in threads if _key(root) <= _key(walk["goal"])]
            walk["todo"] = [*walk["todo"], *passed]
            walk["visited"] = [*walk["visited"], *passed]
        return rows, self._notice(messages, body)

    def _line_up(
        self,
        messages: Sequence[Mapping[str, Any]],
        walk: dict[str, Any],
        threads: dict[str, str],
        recall: Recall,
    ) -> None:
        """Note which threads to read, and which starters have been met with no thread at all."""
        window = _key(_ts(self.window_start().timestamp()))
        remembered = {
            entry.root.rsplit(":", 1)[-1] for entry in recall.before.values() if entry.root
        }
        for message in messages:
            ts = str(message.get("ts"))
            if str(message.get("thread_ts") or ts) != ts:
                continue
            last = str(message.get("latest_reply") or "")
            known = threads.get(ts)
            has_replies = bool(message.get("reply_count")) and bool(last)
            if has_replies and (known != last or _key(last) >= window):
                walk["todo"] = [*walk["todo"], ts]
                if _key(last) >= window:
                    threads[ts] = last
            if ts in remembered and (ts in walk["todo"] or not has_replies):
                walk["visited"] = [*walk["visited"], ts]

    def _thread(self, community: Community, root: str, recall: Recall) -> list[Row]:
        """The replies of one thread; the root comes first on every page and is dropped."""
        rows: list[Row] = []
        guard, cursor = CursorGuard(f"thread in {community.name}"), ""
        while True:
            guard.check(cursor)
            params = {"channel": community.id, "ts": root, "limit": PAGE, "cursor": cursor or None}
            try:
                body = self._call("conversations.replies", params, "replies")
            except NotThereError as error:
                if _THREAD_GONE in error.what:
                    return rows
                raise
            found = _list(body, "messages", "conversations.replies")
            replies = [message for message in found if str(message.get("ts")) != root]
            rows += self._rows(community, replies, recall)
            cursor = _next_cursor(body)
            if not cursor:
                return rows

    def _rows(
        self, community: Community, messages: Sequence[Mapping[str, Any]], recall: Recall
    ) -> list[Row]:
        rows: list[Row] = []
        now = self.clock.now()
        for found in messages:
            try:
                given = message_rows(found, community.id)
            except ValueError as error:
                raise unusable("a message", f"channel {community.name}", error) from None
            if given and isinstance(given[0], Message) and not self.too_old(given[0].created_at):
                reactions = [row for row in given if isinstance(row, Reaction)]
                rows += recall.see(given[0], reactions, now)
        return rows

    def _notice(self, messages: Sequence[object], body: Mapping[str, Any]) -> Sequence[str]:
        if self._slow or len(messages) != SMALL_PAGE or not body.get("has_more"):
            return ()
        self._slow = True
        return (
            "Slack gives this app 15 messages a minute only, because it is not an app of your own "
            "workspace. Create one from the manifest in the documentation, or import Slack's export.",
        )


def _judge(body: Any, method: str) -> str | None:
    """Sort the failures Slack reports with status 200: try again, leave out, or stop."""
    if not isinstance(body, dict) or body.get("ok"):
        return None
    code = str(body.get("error", "unknown"))
    if code in _PASSING:
        return f"Slack says {code}"
    if code in _LEAVE_OUT or code == _THREAD_GONE:
        raise NotThereError(
            f"Slack says {code}", where=method, next_step="Invite the app to the channel"
        )
    if code in _RIGHT_MISSING:
        needed = f" ({body['needed']})" if body.get("needed") else ""
        raise AccessError(
            f"Slack says {code}{needed}",
            where=method,
            next_step="Add the right to the app, install it again and give the new token",
        )
    raise SourceError(f"Slack says {code}", where=method, next_step="Check the settings of the app")


def _list(body: Mapping[str, Any], key: str, method: str) -> list[dict[str, Any]]:
    found = body.get(key)
    if not isinstance(found, list):
        raise unusable(f"no list of {key}", method)
    return found


def _next_cursor(body: Mapping[str, Any]) -> str:
    return str((body.get("response_metadata") or {}).get("next_cursor") or "")


def _key(ts: str) -> tuple[int, str]:
    """Order of Slack's times without going through floats, which round the sixth digit."""
    seconds, _, fraction = ts.partition(".")
    return int(seconds or 0), fraction.ljust(6, "0")


def _ts(seconds: float) -> str:
    return f"{seconds:.6f}"


def _covered(walk: Mapping[str, Any], recall: Recall) -> Callable[[str, Entry], bool]:
    """What the walk would have met: starters above its goal, and replies in the threads it read."""
    visited = set(walk["visited"])
    goal = _key(walk["goal"])

    def covered(name: str, entry: Entry) -> bool:
        if not entry.root:
            return _key(name.rsplit(":", 1)[-1]) > goal
        if entry.root.rsplit(":", 1)[-1] in visited:
            return True
        starter = recall.before.get(entry.root)
        return starter is not None and entry.root not in recall.now and covered(entry.root, starter)

    return covered
