"""Microsoft Graph for people, communities and reports as far as the connector uses it."""

from __future__ import annotations

import base64
import json
import re
from datetime import date, timedelta
from typing import Any

from tests.live.clock import SteppedClock
from tests.live.peers.base import GOOD_TOKEN, NARROW_TOKEN
from tests.live.server import Reply, Request, as_json

DETAIL = {
    "getYammerActivityUserDetail": ("Posted Count", "Read Count", "Liked Count"),
    "getTeamsUserActivityUserDetail": ("Team Chat Message Count", "Private Chat Message Count"),
    "getEmailActivityUserDetail": ("Send Count", "Receive Count"),
}
TOTALS = {
    "getYammerActivityCounts": ("Liked", "Posted", "Read"),
    "getTeamsUserActivityCounts": ("Team Chat Messages", "Private Chat Messages"),
    "getEmailActivityCounts": ("Send", "Receive"),
}
_CALL = re.compile(r"reports/(\w+)\((?:date=([\d-]+)|period='(D\d+)')\)")


class GraphPeer:
    """A tenant with a director who manages two nurses, one of whom is blocked later."""

    def __init__(self, clock: SteppedClock) -> None:
        self.clock = clock
        self.url = ""
        self.blocked: set[str] = set()
        self.concealed = False
        self.reports_are_direct = False
        self.people = ("ada", "ben", "cem")
        self.downloads: list[Request] = []

    def settings(self, token: str = GOOD_TOKEN) -> dict[str, Any]:
        return {
            "base_url": self.url,
            "internal_server": True,
            "sign_in_with": "token",
            "token": token,
        }

    def __call__(self, request: Request) -> Reply:
        if request.path.startswith("/download/"):
            self.downloads.append(request)
            return Reply(200, self._csv(request.path.removeprefix("/download/")))
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in (GOOD_TOKEN, NARROW_TOKEN):
            return as_json({"error": {"code": "InvalidAuthenticationToken"}}, 401)
        path = request.path.removeprefix("/v1.0/")
        if path == "users":
            return self._users(request)
        if token == NARROW_TOKEN:
            return as_json({"error": {"code": "Authorization_RequestDenied"}}, 403)
        if path == "employeeExperience/communities":
            return as_json({"value": [_community("news", 71), _community("board", 72, "private")]})
        if path == "admin/reportSettings":
            return as_json({"displayConcealedNames": self.concealed})
        return self._report(path)

    def _users(self, request: Request) -> Reply:
        start = int(request.one("skip", "0"))
        user = self._user(self.people[start])
        body: dict[str, Any] = {"value": [user]}
        if start + 1 < len(self.people):
            link = f"{self.url}/v1.0/users?skip={start + 1}&$select=x"
            body["@odata.nextLink"] = link
        return as_json(body)

    def _user(self, name: str) -> dict[str, Any]:
        user = {"id": f"guid-{name}", "displayName": name.title(), "department": "Nursing"}
        user |= {"userPrincipalName": f"{name.title()}@ex.test", "mail": f"{name}@ex.test"}
        user |= {"officeLocation": "North", "jobTitle": "Nurse", "userType": "Member"}
        found: dict[str, Any] = {**user, "accountEnabled": name not in self.blocked}
        if name != "ada":
            found["manager"] = {"id": "guid-ada"}
        return found

    def _report(self, path: str) -> Reply:
        found = _CALL.fullmatch(path)
        if found is None:
            return as_json({"error": {"code": "BadRequest"}}, 400)
        name = f"{found[1]},{found[2] or found[3]}"
        if self.reports_are_direct:
            return Reply(200, self._csv(name))
        elsewhere = self.url.replace("127.0.0.1", "localhost")
        return Reply(302, b"", {"Location": f"{elsewhere}/download/{name}?sig=presigned-canary"})

    def _csv(self, name: str) -> bytes:
        function, argument = name.split(",")
        if function in DETAIL:
            return self._details(DETAIL[function], argument)
        days = int(argument[1:])
        header = ["Report Refresh Date", *TOTALS[function], "Report Date", "Report Period"]
        today = self.clock.now().date()
        lines = [",".join(header)]
        for back in range(days, 0, -1):
            day = today - timedelta(days=back)
            counts = ["" if back % 7 == 0 else str(back)] * len(TOTALS[function])
            lines.append(",".join([str(today), *counts, str(day), str(days)]))
        return ("\ufeff" + "\r\n".join(lines)).encode()

    def _details(self, columns: tuple[str, ...], day: str) -> bytes:
        lines = [",".join(["Report Refresh Date", "User Principal Name", *columns])]
        for number, name in enumerate(self.people):
            shown = "ABCDEF0123456789" * 2 if self.concealed else f"{name}@EX.test"
            counts = [str(number * date.fromisoformat(day).day)] * len(columns)
            lines.append(",".join([day, shown, *counts]))
        return ("\ufeff" + "\r\n".join(lines)).encode()


def _community(name: str, number: int, privacy: str = "public") -> dict[str, Any]:
    inner = json.dumps({"_type": "Group", "id": str(number)}, separators=(",", ":"))
    packed = base64.urlsafe_b64encode(inner.encode()).decode().rstrip("=")
    return {"id": packed, "displayName": name, "privacy": privacy}
