"""Microsoft Teams: channel posts and replies of named teams, through Microsoft Graph.

``messages/delta`` gives new, edited and deleted posts of a channel and reaches back eight months;
replies come with their post and, for posts that are still alive, are asked for again twenty at a
time (learn.microsoft.com/graph/api: chatmessage-delta, chatmessage-list-replies, json-batching).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import quote

from adoption.auth import PersonSignIn
from adoption.connector import Capability, Field
from adoption.errors import SettingsError
from adoption.http import Authorizer, Rate, Settings
from adoption.live.connector import (
    READING_FIELDS,
    CommunityConnector,
    Part,
    Probe,
    listed,
    text_of,
    unusable,
)
from adoption.live.graph import (
    GRAPH_FIELDS,
    batch,
    graph_pages,
    graph_scopes,
    graph_server,
    values,
)
from adoption.live.microsoft import (
    APP_FIELDS,
    CERTIFICATE,
    CLOUD_FIELD,
    MANAGED_IDENTITY,
    PERSON,
    PERSON_FIELDS,
    SECRET,
    TENANT_FIELDS,
    TOKEN,
    authorizer_for,
    person_sign_in,
    sign_in_field,
)
from adoption.live.recall import Recall, tombstone
from adoption.model import Community, CommunityKind, Person, Row
from adoption.paging import CursorGuard
from adoption.records.graph import channel_message, person_row
from adoption.times import from_iso

PAGE = 50
MESSAGES = "messages"
_EXPIRED = frozenset({410})
_KNOW_ENUMS = {"Prefer": "include-unknown-enum-members"}
_ADMIN = "an Entra administrator"


class MicrosoftTeams(CommunityConnector):
    """Reads the standard channels of the teams that were named."""

    name = "microsoft-teams"
    title = "Microsoft Teams"
    summary = "Reads channel posts, replies and reactions of named Microsoft Teams teams."
    settings: ClassVar[tuple[Field, ...]] = (
        *TENANT_FIELDS,
        sign_in_field(SECRET, CERTIFICATE, MANAGED_IDENTITY, PERSON, TOKEN),
        *APP_FIELDS,
        *PERSON_FIELDS,
        Field(
            "teams",
            "Teams",
            "Names or ids of the teams to read, separated by commas.",
            kind="list",
        ),
        CLOUD_FIELD,
        *GRAPH_FIELDS,
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
        }
    )
    lacks: ClassVar[Mapping[Capability, str]] = {
        Capability.VIEWS: "Teams does not tell who read a message",
        Capability.DEPARTMENTS: "Add Microsoft Graph or a people file for departments",
        Capability.ROSTER: "Only members of the teams that were named are known",
    }
    requires = (
        f"ChannelMessage.Read.All and Channel.ReadBasic.All: {_ADMIN}",
        f"Team.ReadBasic.All and TeamMember.Read.All: {_ADMIN}",
    )

    def person_sign_in(self) -> PersonSignIn | None:
        """The sign-in of a person, where delegated permissions were chosen."""
        return person_sign_in(self.options, graph_scopes(self.options))

    def _session_settings(self) -> Settings:
        # one app may ask for one channel four times a second; a batch of twenty counts as twenty
        rates = {"default": Rate(30, 10.0), MESSAGES: Rate(30, 10.0), "batch": Rate(1, 6.0)}
        return Settings(**graph_server(self.options), rates=rates)

    def _authorizer(self) -> Authorizer:
        return authorizer_for(self.options, graph_scopes(self.options))

    def _probes(self) -> Sequence[Probe]:
        return (
            Probe("list teams (Team.ReadBasic.All)", _ADMIN, self._teams),
            Probe("list channels (Channel.ReadBasic.All)", _ADMIN, lambda: [*self._communities()]),
            Probe("list members (TeamMember.Read.All)", _ADMIN, lambda: next(self._people(), None)),
            Probe(
                "read messages (ChannelMessage.Read.All)",
                f"{_ADMIN}; with an application also Microsoft's approval for protected APIs",
                self._try_messages,
            ),
        )

    def _try_messages(self) -> None:
        for page in self._communities():
            for community in page[:1]:
                path = f"{_path(community)}/messages"
                values(self.session.get_json(path, {"$top": 1}, rate=MESSAGES), path)
                return

    def _teams(self) -> list[tuple[str, str]]:
        """Ids and names of the teams to read."""
        wanted = {name.casefold() for name in listed(self.options["teams"])}
        found: list[tuple[str, str]] = []
        for body in graph_pages(self.session, "teams", {"$select": "id,displayName"}):
            for team in values(body, "teams"):
                name = text_of(team.get("displayName"))
                if wanted & {str(team.get("id")).casefold(), name.casefold()}:
                    found.append((str(team["id"]), name))
        if not found:
            raise SettingsError(
                "None of the teams that were named exists",
                where="setting teams of connector microsoft-teams",
                next_step="Give their names as Teams shows them, separated by commas",
            )
        return found

    def _communities(self) -> Iterator[Sequence[Community]]:
        for team, name in self._teams():
            for body in graph_pages(self.session, f"teams/{quote(team, safe='')}/channels"):
                rows = [_channel(team, name, found) for found in values(body, "channels")]
                yield [row for row in rows if self.include_private or not row.is_private]

    def _people(self) -> Iterator[Sequence[Person]]:
        seen: set[str] = set()
        for team, _ in self._teams():
            for body in graph_pages(self.session, f"teams/{quote(team, safe='')}/members"):
                members = values(body, "members")
                fresh = [m for m in members if m.get("userId") and m["userId"] not in seen]
                seen |= {m["userId"] for m in fresh}
                yield [_member(member) for member in fresh]

    # -- messages ------------------------------------------------------------------------------

    def _messages_of(self, community: Community, state: Mapping[str, Any]) -> Iterator[Part]:
        recall = self.recall(state)
        link = state.get("walk") or state.get("delta")
        reader = _ChannelReader(self, community, recall)
        guard = CursorGuard(f"channel {community.name}")
        params: dict[str, object] | None = None if link else {"$top": PAGE, "$expand": "replies"}
        base = {"delta": state["delta"]} if "delta" in state else {}
        while True:
            path = str(link or f"{_path(community)}/messages/delta()")
            guard.check(path)
            body = self.session.get_json(
                path, params, rate=MESSAGES, accept=_EXPIRED, headers=_KNOW_ENUMS
            )
            if body is None:  # the delta link has run out: read the channel again from the start
                yield Part((), {"recall": recall.data()}, (f"{community.name} is read again.",))
                yield from self._messages_of(community, {"recall": recall.data()})
                return
            rows = reader.posts(values(body, path))
            link, params = body.get("@odata.nextLink"), None
            if link:
                yield Part(rows, {**base, "walk": link, "recall": recall.data()})
                continue
            if not body.get("@odata.deltaLink"):
                raise unusable("a last page without a delta link", path)
            yield Part([*rows, *reader.living_threads()], reader.end(body["@odata.deltaLink"]))
            return


class _ChannelReader:
    """Turns posts of one channel into rows, and reads the replies that did not come with them."""

    def __init__(self, connector: MicrosoftTeams, community: Community, recall: Recall) -> None:
        self._connector = connector
        self._community = community
        self._recall = recall
        self._read: set[str] = set()

    def posts(self, found: Sequence[Mapping[str, Any]]) -> list[Row]:
        """The rows of a page of posts with their replies."""
        rows: list[Row] = []
        for post in found:
            if "@removed" in post:
                rows += self._removed(str(post.get("id")))
                continue
            rows += self._rows([post, *(post.get("replies") or ())])
            if more := post.get("replies@odata.nextLink"):
                rows += self._replies_at(str(more))
            if "replies" in post:
                self._read.add(f"{self._community.id}:{post.get('id')}")
        return rows

    def living_threads(self) -> list[Row]:
        """Replies to posts that were written, or answered, within the look-back.

        A new reply does not always bring its post back into the delta.
        """
        known = {**self._recall.before, **self._recall.now}
        roots = {entry.root or name for name, entry in known.items()} - self._read
        if not roots:
            return []
        base = f"{_path(self._community)}/messages"
        paths = {f"{base}/{root.rsplit(':', 1)[-1]}/replies?$top={PAGE}": root for root in roots}
        rows: list[Row] = []
        answers = batch(self._connector.session, sorted(paths), rate="batch")
        for path, body in answers.items():
            if body is None:
                continue
            rows += self._rows(values(body, path))
            if more := body.get("@odata.nextLink"):
                rows += self._replies_at(str(more))
        self._read |= {paths[path] for path, body in answers.items() if body is not None}
        return rows

    def end(self, delta: str) -> dict[str, Any]:
        """The state after the last page; what Teams deletes stays visible as deleted."""
        self._recall.finish(lambda *_: False, self._connector.clock.now(), self._community.id)
        return {"delta": delta, "recall": self._recall.data()}

    def _replies_at(self, link: str) -> list[Row]:
        rows: list[Row] = []
        for body in graph_pages(self._connector.session, link, rate=MESSAGES):
            rows += self._rows(values(body, link))
        return rows

    def _rows(self, found: Sequence[Mapping[str, Any]]) -> list[Row]:
        rows: list[Row] = []
        now = self._connector.clock.now()
        for item in found:
            try:
                message, reactions = channel_message(item, self._community.id)
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                where = f"message {item.get('id') if isinstance(item, Mapping) else ''}"
                raise unusable("a message", where, error) from None
            if not self._connector.too_old(message.created_at):
                rows += self._recall.see(message, reactions, now)
        return rows

    def _removed(self, message_id: str) -> list[Row]:
        name = f"{self._community.id}:{message_id}"
        entry = self._recall.knows(name)
        if entry is None:
            return []
        return [tombstone(name, entry, self._connector.clock.now(), self._community.id)]


def _path(community: Community) -> str:
    team, channel = community.id.split("/", 1)
    return f"teams/{quote(team, safe='')}/channels/{quote(channel, safe='')}"


def _channel(team: str, team_name: str, found: Mapping[str, Any]) -> Community:
    created = found.get("createdDateTime")
    return Community(
        id=f"{team}/{found['id']}",
        name=f"{team_name}: {text_of(found.get('displayName'))}",
        kind=CommunityKind.CHANNEL,
        is_private=found.get("membershipType") not in (None, "standard"),
        created_at=from_iso(str(created)) if created else None,
    )


def _member(found: Mapping[str, Any]) -> Person:
    user = {"id": found["userId"], "displayName": found.get("displayName")}
    return person_row({**user, "mail": found.get("email")}, leads=False, left=None)._replace(
        is_leader=None
    )
