"""Microsoft Graph: people with managers, communities by their real id, reports without leaks."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from adoption.connector import Checkpoint, Health
from adoption.errors import AccessError, SourceError
from adoption.model import ActivityCount, Community, Person, Row
from connectors.microsoft_graph import MicrosoftGraph
from tests.live.clock import SteppedClock
from tests.live.peers.base import NARROW_TOKEN
from tests.live.peers.microsoft_graph import GraphPeer
from tests.live.server import PeerServer, Reply


@dataclass
class Tenant:
    peer: GraphPeer
    server: PeerServer
    clock: SteppedClock

    def connector(self, **settings: Any) -> MicrosoftGraph:
        made = MicrosoftGraph({**self.peer.settings(), **settings})
        made.clock = self.clock
        return made

    def read(
        self, name: str, since: Checkpoint | None = None, **settings: Any
    ) -> tuple[list[Row], Checkpoint, list[str]]:
        connector = self.connector(**settings)
        stream = next(stream for stream in connector.streams if stream.name == name)
        rows: list[Row] = []
        notes: list[str] = []
        checkpoint = since
        for page in connector.read(stream, since):
            rows += page.rows
            notes += page.notes
            stored = json.loads(json.dumps(page.checkpoint.data))
            checkpoint = Checkpoint(page.checkpoint.version, stored)
        connector.close()
        assert checkpoint is not None
        return rows, checkpoint, notes

    def check(self, **settings: Any) -> Health:
        return self.connector(**settings).check()


@pytest.fixture
def tenant() -> Iterator[Tenant]:
    clock = SteppedClock()
    peer = GraphPeer(clock)
    with PeerServer(peer, clock.monotonic) as server:
        peer.url = server.url
        yield Tenant(peer, server, clock)


def test_people_come_with_department_office_job_and_whether_they_lead(tenant: Tenant) -> None:
    rows, _, _ = tenant.read("people")
    assert [row for row in rows if isinstance(row, Person)] == rows
    assert {(row.id, row.is_leader) for row in rows if isinstance(row, Person)} == {
        ("guid-ada", True),
        ("guid-ben", False),
        ("guid-cem", False),
    }
    first = rows[0]
    assert isinstance(first, Person)
    assert (first.department, first.location, first.job_family) == ("Nursing", "North", "Nurse")
    assert first.email == "ada@ex.test"


def test_a_blocked_account_leaves_on_the_day_it_was_first_seen_blocked(tenant: Tenant) -> None:
    _, checkpoint, _ = tenant.read("people")
    tenant.peer.blocked = {"ben"}
    noticed = tenant.clock.now()
    rows, checkpoint, _ = tenant.read("people", checkpoint)
    tenant.clock.advance(9 * 86_400)
    again, _, _ = tenant.read("people", checkpoint)
    left = {row.id: row.employed_to for row in again if isinstance(row, Person)}
    assert left == {"guid-ada": None, "guid-ben": noticed, "guid-cem": None}
    assert rows == again


def test_communities_have_the_id_that_viva_engage_uses(tenant: Tenant) -> None:
    rows, _, _ = tenant.read("communities")
    assert [(row.id, row.name) for row in rows if isinstance(row, Community)] == [("71", "news")]
    more, _, _ = tenant.read("communities", include_private=True, approved_by="Works council")
    assert {row.name for row in more if isinstance(row, Community)} == {"news", "board"}


def test_national_clouds_have_no_communities_and_that_is_said(tenant: Tenant) -> None:
    rows, _, notes = tenant.read("communities", cloud="china")
    assert rows == []
    assert notes == ["Communities are not available in national clouds."]


def test_reports_give_what_each_person_did_on_each_day(tenant: Tenant) -> None:
    rows, checkpoint, _ = tenant.read("activity", reports="viva-engage, teams, email")
    counts = [row for row in rows if isinstance(row, ActivityCount)]
    assert {row.person_id for row in counts} == {"guid-ben", "guid-cem"}
    kinds = {"posted", "read", "liked", "chat_sent", "channel_sent", "email_sent"}
    assert {row.kind for row in counts} == kinds
    assert len({row.day for row in counts}) == 27
    assert all(row.number == row.day.day * (1 + (row.person_id == "guid-cem")) for row in counts)
    tenant.server.log.clear()
    tenant.clock.advance(86_400)
    tenant.read("activity", checkpoint, reports="viva-engage, teams, email")
    asked = [request.path for request in tenant.server.log if "reports/" in request.path]
    assert len(asked) == 9


def test_concealed_names_are_noticed_said_and_replaced_by_sums(tenant: Tenant) -> None:
    tenant.peer.concealed = True
    rows, checkpoint, notes = tenant.read("activity")
    counts = [row for row in rows if isinstance(row, ActivityCount)]
    assert {row.person_id for row in counts} == {None}
    assert any("conceals who is who" in note for note in notes)
    assert len({row.day for row in counts}) == 180 - 25
    tenant.peer.concealed = False
    rows, _, _ = tenant.read("activity", checkpoint)
    assert {row.person_id for row in rows if isinstance(row, ActivityCount)} > {"guid-ben"}


def test_the_download_never_gets_our_token_and_its_address_stays_out_of_logs(
    tenant: Tenant, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    tenant.read("activity")
    assert tenant.peer.downloads
    for request in tenant.peer.downloads:
        assert request.headers.get("Authorization") is None
        assert request.headers["Host"].startswith("localhost")
    assert "presigned-canary" not in caplog.text


def test_a_report_that_comes_without_a_redirect_is_read_as_well(tenant: Tenant) -> None:
    tenant.peer.reports_are_direct = True
    rows, _, _ = tenant.read("activity")
    assert rows


@pytest.mark.parametrize("body", [b"\xff\xfe", b"<html>sign in</html>", b"a,b\r\n1,2", b""])
def test_a_report_that_is_none_is_a_clear_error(tenant: Tenant, body: bytes) -> None:
    tenant.peer.reports_are_direct = True
    tenant.server.faults.append(lambda request, usual: Reply(200, body))
    with pytest.raises(SourceError, match=r"report|kept failing"):
        tenant.read("activity")


def test_a_download_address_inside_the_network_is_refused(tenant: Tenant) -> None:
    tenant.server.faults.append(
        lambda request, usual: Reply(302, b"", {"Location": "https://169.254.169.254/latest"})
    )
    with pytest.raises(SourceError, match="link-local"):
        tenant.read("activity")


def test_a_next_link_to_another_host_never_gets_our_token(tenant: Tenant) -> None:
    body = {"value": [], "@odata.nextLink": "https://elsewhere.example/v1.0/users?x"}
    tenant.server.faults.append(lambda request, usual: Reply(200, json.dumps(body).encode()))
    with pytest.raises(SourceError, match="another address"):
        tenant.read("people")


def test_an_unknown_report_is_refused_by_name(tenant: Tenant) -> None:
    with pytest.raises(SourceError, match="fax"):
        tenant.read("activity", reports="fax")


def test_the_reports_are_asked_for_no_faster_than_allowed(tenant: Tenant) -> None:
    tenant.read("activity")
    times = [request.at for request in tenant.server.log if "reports/" in request.path]
    assert len(times) == 27
    for start in times:
        assert sum(1 for at in times if start <= at < start + 600) <= 14


def test_rights_are_told_apart(tenant: Tenant) -> None:
    assert tenant.check().ok
    narrow = tenant.check(token=NARROW_TOKEN)
    assert not narrow.ok
    assert [p.works for p in narrow.permissions] == [True, False, False, False]
    tenant.peer.concealed = True
    health = tenant.check()
    assert health.ok
    assert [p.name for p in health.permissions if not p.works] == ["see names in usage reports"]
    assert not tenant.check(token="wrong-token").ok


def test_without_the_right_to_see_communities_the_rest_is_read(tenant: Tenant) -> None:
    rows, _, notes = tenant.read("communities", token=NARROW_TOKEN)
    assert rows == []
    assert any("Communities were left out" in note for note in notes)
    with pytest.raises(AccessError):
        tenant.read("activity", token=NARROW_TOKEN)
