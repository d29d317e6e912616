"""Rights, secrets and politeness, for every live connector."""

from __future__ import annotations

import logging
from collections import Counter

import pytest

from adoption.errors import AccessError, AdoptionError, InterruptedRunError, SettingsError
from adoption.limits import SystemClock
from tests.live.peers.base import GOOD_TOKEN, NARROW_TOKEN
from tests.live.rig import Rig
from tests.live.server import Reply


def test_with_good_credentials_every_right_works(rig: Rig) -> None:
    rig.world.post()
    health = rig.connector().check()
    assert health.ok, health
    assert all(permission.works for permission in health.permissions)


def test_with_wrong_credentials_the_sign_in_is_what_fails(rig: Rig) -> None:
    health = rig.connector(token="wrong-token-canary-55").check()
    assert not health.ok
    assert not any(permission.works for permission in health.permissions)
    assert "wrong-token-canary-55" not in repr(health)


def test_with_too_few_rights_the_missing_one_is_named_with_who_grants_it(rig: Rig) -> None:
    rig.world.post()
    health = rig.connector(token=NARROW_TOKEN).check()
    assert not health.ok
    missing = [permission for permission in health.permissions if not permission.works]
    assert missing
    assert missing[0].granted_by
    assert health.permissions[0].works


def test_secrets_are_marked_and_unknown_settings_refused(rig: Rig) -> None:
    kind = rig.peer.connector
    assert any(item.secret for item in kind.settings)
    given = rig.peer.settings(rig.server.url)
    with pytest.raises(SettingsError, match="no setting called"):
        kind({**given, "tokn": "x"})


def test_reading_private_communities_needs_a_name(rig: Rig) -> None:
    with pytest.raises(SettingsError, match="approved"):
        rig.connector(include_private=True)


def test_no_secret_shows_in_logs_errors_or_checkpoints(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    rig.world.post()
    caplog.set_level(logging.DEBUG)
    connector = rig.connector()
    text = repr(connector) + repr(connector.session)
    rig.server.faults += [
        lambda request, usual: Reply(500, GOOD_TOKEN.encode()),
        lambda request, usual: Reply(manner="reset"),
    ]
    for stream in connector.streams:
        for page in connector.read(stream, None):
            text += repr(page.checkpoint) + repr(page.notes)
    rig.server.faults.append(lambda request, usual: Reply(418, GOOD_TOKEN.encode()))
    with pytest.raises(AdoptionError) as caught:
        list(connector.read(connector.streams[0], None))
    text += str(caught.value) + repr(caught.value.__dict__) + caplog.text
    assert GOOD_TOKEN not in text


def test_a_redirect_to_another_host_never_gets_the_credentials(rig: Rig) -> None:
    rig.world.post()
    elsewhere = rig.server.url.replace("127.0.0.1", "localhost")
    rig.server.faults.append(lambda request, usual: Reply(302, b"", {"Location": f"{elsewhere}/x"}))
    with pytest.raises(AdoptionError, match="another address"):
        rig.full()
    assert all("localhost" not in request.headers.get("Host", "") for request in rig.server.log)


def test_the_rate_is_never_exceeded(rig: Rig) -> None:
    for number in range(60):
        rig.world.post(root=None if number % 5 else rig.world.post())
    rig.full()
    most, seconds = rig.peer.rate
    times = [request.at for request in rig.server.log]
    for start in times:
        assert sum(1 for at in times if start <= at < start + seconds) <= most


def test_a_run_that_is_stopped_ends_soon_even_while_it_waits(rig: Rig) -> None:
    rig.world.post()
    rig.server.faults += [lambda request, usual: Reply(429, b"", {"Retry-After": "600"})]
    connector = rig.connector()
    connector.clock = SystemClock()
    connector.cancel()
    with pytest.raises(InterruptedRunError):
        list(connector.read(connector.streams[0], None))


def test_an_address_that_is_not_allowed_is_refused_before_anything_is_sent(rig: Rig) -> None:
    for bad in ("http://example.org", "https://user:pw@example.org", "https://169.254.169.254/"):
        with pytest.raises((SettingsError, AccessError)):
            list(rig.connector(base_url=bad).read(rig.peer.connector.streams[0], None))
    assert rig.server.log == []


def test_requests_stay_within_the_least_a_page_size_allows(rig: Rig) -> None:
    rig.peer.page = rig.peer.full_page
    for _ in range(600):
        rig.world.post("ada", "all-company")
    rig.full()
    paths = Counter(request.path for request in rig.server.log)
    pages = -(-600 // (rig.peer.page - rig.peer.overlap))
    name = rig.peer.message_path.format(rig.peer.community_id("all-company"))
    asked = sum(number for path, number in paths.items() if name in path)
    assert asked <= pages + rig.peer.spare_requests
