"""Microsoft Graph: people with department and manager, communities, and the usage reports.

Permissions, columns and limits: learn.microsoft.com/graph/api (reportroot-getyammer*, user-list,
employeeexperience-list-communities) and /graph/throttling-limits. The reports tell who read,
posted and liked, which no other source tells; by default they conceal who, and then give sums only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, ClassVar

from adoption.auth import PersonSignIn
from adoption.connector import Capability, Checkpoint, Field, Page, Stream
from adoption.errors import AccessError, SourceError
from adoption.http import Authorizer, Rate, Settings
from adoption.live.connector import (
    CHECKPOINT_VERSION,
    COMMUNITIES,
    PEOPLE,
    READING_FIELDS,
    LiveConnector,
    Probe,
    listed,
    plain_pages,
    unusable,
)
from adoption.live.graph import GRAPH_FIELDS, graph_pages, graph_scopes, graph_server, values
from adoption.live.graph_reports import REPORTS, Report, Table, fetch_report
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
from adoption.model import ActivityCount, Community, Person
from adoption.records.graph import community_row, is_active, manager_of, person_row

ACTIVITY = Stream("activity", ActivityCount, ("person_id", "day", "kind", "window_days"))
USER_FIELDS = (
    "id,displayName,userPrincipalName,mail,department,officeLocation,jobTitle,accountEnabled,"
    "userType,employeeHireDate"
)
OLDEST_REPORT_DAYS = 28
"""Reports of a single day reach back this far."""

LAG_DAYS = 2
"""Reports are usually complete after 48 hours."""

_ADMIN = "an Entra administrator"


class MicrosoftGraph(LiveConnector):
    """Reads the directory and the usage reports of a Microsoft 365 tenant."""

    name = "microsoft-graph"
    title = "Microsoft Graph"
    summary = "Reads people, departments, communities and usage reports of a Microsoft 365 tenant."
    streams: ClassVar[tuple[Stream, ...]] = (COMMUNITIES, PEOPLE, ACTIVITY)
    settings: ClassVar[tuple[Field, ...]] = (
        *TENANT_FIELDS,
        sign_in_field(SECRET, CERTIFICATE, MANAGED_IDENTITY, PERSON, TOKEN),
        *APP_FIELDS,
        *PERSON_FIELDS,
        CLOUD_FIELD,
        *GRAPH_FIELDS,
        Field(
            "reports",
            "Usage reports",
            f"Which to read, separated by commas: {', '.join(REPORTS)}. Teams and email show "
            "whether work moves from email and chat to the network.",
            kind="list",
            required=False,
            default="viva-engage",
        ),
        *READING_FIELDS,
    )
    gives = frozenset(
        {
            Capability.PEOPLE,
            Capability.DEPARTMENTS,
            Capability.COMMUNITIES,
            Capability.ROSTER,
            Capability.VIEWS,
        }
    )
    lacks: ClassVar[Mapping[Capability, str]] = {
        **dict.fromkeys(
            (
                Capability.POSTS,
                Capability.REPLIES,
                Capability.THREADS,
                Capability.REACTIONS,
                Capability.REACTION_PEOPLE,
                Capability.REACTION_TIMES,
                Capability.EDITS,
                Capability.DELETIONS,
            ),
            "Graph has no posts of Viva Engage; connect Viva Engage itself for them",
        )
    }
    requires = (
        f"User.Read.All for people and departments: {_ADMIN}",
        f"Reports.Read.All for the usage reports: {_ADMIN}",
        f"Community.Read.All for the names of communities: {_ADMIN}",
    )

    def person_sign_in(self) -> PersonSignIn | None:
        """The sign-in of a person, where delegated permissions were chosen."""
        return person_sign_in(self.options, graph_scopes(self.options))

    def _session_settings(self) -> Settings:
        # 14 CSV reports per 10 minutes and function; directory limits are far above this
        rates = {"default": Rate(100, 10.0)} | {name: Rate(12, 600.0) for name in REPORTS}
        return Settings(**graph_server(self.options), rates=rates)

    def _authorizer(self) -> Authorizer:
        return authorizer_for(self.options, graph_scopes(self.options))

    def _probes(self) -> Sequence[Probe]:
        probes = [
            Probe("list people (User.Read.All)", _ADMIN, self._try_people),
            Probe("read usage reports (Reports.Read.All)", _ADMIN, self._try_report),
            Probe("see names in usage reports", "a global administrator", self._try_names, False),
        ]
        if self._has_communities:
            probes.append(
                Probe(
                    "list communities (Community.Read.All)",
                    _ADMIN,
                    lambda: next(self._communities(), None),
                    essential=False,
                )
            )
        return probes

    @property
    def _has_communities(self) -> bool:
        return str(self.options["cloud"]) == "global"

    def _try_people(self) -> None:
        params = {"$select": "id,department", "$top": 1}
        values(self.session.get_json("users", params), "users")

    def _try_report(self) -> None:
        for report in self._reports()[:1]:
            self._fetch(report, report.totals_call("D7"))

    def _try_names(self) -> None:
        body = self.session.get_json("admin/reportSettings")
        if isinstance(body, dict) and body.get("displayConcealedNames"):
            raise AccessError(
                "Usage reports conceal who is who, so they give sums only",
                where="Microsoft 365 admin centre > Settings > Org settings > Reports",
                next_step="Leave it so, or have a global administrator switch concealed names off",
            )

    def _pages(self, stream: Stream, data: Mapping[str, Any]) -> Iterator[Page]:
        if stream == COMMUNITIES:
            yield from self._community_pages()
        elif stream == PEOPLE:
            yield from self._people_pages(data)
        else:
            yield from self._activity_pages(data)

    def _community_pages(self) -> Iterator[Page]:
        done = Checkpoint(CHECKPOINT_VERSION, {})
        if not self._has_communities:
            yield Page((), done, ("Communities are not available in national clouds.",))
            return
        try:
            yield from plain_pages(self._communities())
        except AccessError as error:
            yield Page((), done, (f"Communities were left out: {error.what}.",))

    def _communities(self) -> Iterator[Sequence[Community]]:
        for body in graph_pages(self.session, "employeeExperience/communities"):
            rows = [community_row(item) for item in values(body, "communities")]
            yield [row for row in rows if self.include_private or not row.is_private]

    # -- people --------------------------------------------------------------------------------

    def _users(self) -> Iterator[list[dict[str, Any]]]:
        params = {"$select": USER_FIELDS, "$expand": "manager", "$top": 999}
        for body in graph_pages(self.session, "users", params):
            yield values(body, "users")

    def _people_pages(self, data: Mapping[str, Any]) -> Iterator[Page]:
        """Everybody, in one pass over the directory: a leader is who manages somebody.

        Graph tells that an account is blocked but not since when; the day on which that was first
        seen is kept in the checkpoint.
        """
        users = [user for page in self._users() for user in page]
        leaders = {manager for user in users if (manager := manager_of(user))}
        blocked: dict[str, str] = {}
        today = self.clock.now().isoformat()
        rows: list[Person] = []
        for user in users:
            left: datetime | None = None
            if not is_active(user):
                noticed = str(data.get("blocked", {}).get(str(user.get("id")), today))
                blocked[str(user.get("id"))] = noticed
                left = datetime.fromisoformat(noticed)
            rows.append(person_row(user, leads=user.get("id") in leaders, left=left))
        yield Page(rows, Checkpoint(CHECKPOINT_VERSION, {"blocked": blocked}))

    def _ids_by_name(self) -> dict[str, str]:
        params = {"$select": "id,userPrincipalName", "$top": 999}
        return {
            str(user.get("userPrincipalName") or "").casefold(): str(user["id"])
            for body in graph_pages(self.session, "users", params)
            for user in values(body, "users")
        }

    # -- reports -------------------------------------------------------------------------------

    def _reports(self) -> list[Report]:
        names = listed(self.options["reports"])
        unknown = [name for name in names if name not in REPORTS]
        if unknown:
            raise SourceError(
                f"There is no usage report called {unknown[0]!r}",
                where="setting reports of connector microsoft-graph",
                next_step=f"Use some of: {', '.join(REPORTS)}",
            )
        return [REPORTS[name] for name in names]

    def _activity_pages(self, data: Mapping[str, Any]) -> Iterator[Page]:
        reached: dict[str, str] = dict(data.get("reports", {}))
        ids: dict[str, str] | None = None
        for report in self._reports():
            for day in self._days(reached.get(report.name)):
                table = self._fetch(report, report.day_call(day))
                if table.is_concealed:
                    yield from self._totals(report, reached)
                    break
                ids = self._ids_by_name() if ids is None else ids
                rows = list(table.by_person(day, ids))
                reached = {**reached, report.name: day.isoformat()}
                yield Page(rows, Checkpoint(CHECKPOINT_VERSION, {"reports": reached}))

    def _totals(self, report: Report, reached: Mapping[str, str]) -> Iterator[Page]:
        """Sums over everybody, day by day, where names are concealed."""
        table = self._fetch(report, report.totals_call("D30" if reached else "D180"))
        note = f"The {report.name} report conceals who is who, so it gives sums only."
        done = Checkpoint(CHECKPOINT_VERSION, {"reports": {**reached, report.name: ""}})
        yield Page(list(table.totals(report)), done, (note,))

    def _days(self, reached: str | None) -> list[date]:
        """Days to read: those not read yet, and the last few again, which may still have grown."""
        today = self.clock.now().date()
        first = today - timedelta(days=OLDEST_REPORT_DAYS)
        if reached:
            try:
                first = max(first, date.fromisoformat(reached) - timedelta(days=1))
            except ValueError:
                raise unusable("a checkpoint", "stream activity") from None
        last = today - timedelta(days=LAG_DAYS)
        return [first + timedelta(days=n) for n in range((last - first).days + 1)]

    def _fetch(self, report: Report, call: str) -> Table:
        return fetch_report(self.session, report, call)
