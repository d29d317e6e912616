"""A misbehaving network: each fault has one documented outcome, and no run hangs or lies."""

from __future__ import annotations

import gzip
import json
from contextlib import suppress
from email.utils import format_datetime

import pytest

from adoption.errors import AccessError, AdoptionError, SourceError, TransientSourceError
from tests.live.rig import Checkpoints, Rig
from tests.live.server import Fault, Reply, Request, as_json
from tests.live.world import Kept


def once(reply: Reply) -> Fault:
    return lambda request, usual: reply


def on_messages(rig: Rig, fault: Fault) -> Fault:
    """Wait for a request for messages before misbehaving."""
    paths = [
        rig.peer.message_path.format(rig.peer.community_id(name)) for name in rig.world.communities
    ]

    def when_due(request: Request, usual: Reply) -> Reply | None:
        return fault(request, usual) if any(path in request.path for path in paths) else None

    return when_due


def filled(rig: Rig) -> None:
    for number in range(8):
        rig.world.post(community=rig.world.communities[number % 2])


RETRY_LATER = [
    ("7", 7, 9),
    ("24.2088", 24, 28),
    ("0", 0, 2),
    (None, 6, 61),
    ("soon", 6, 61),
    ("-5", 6, 61),
    ("nan", 6, 61),
    ("9" * 400, 6, 61),
]


@pytest.mark.parametrize(("value", "least", "most"), RETRY_LATER)
def test_a_throttled_request_waits_as_asked(
    rig: Rig, value: str | None, least: float, most: float
) -> None:
    filled(rig)
    headers = {"Content-Type": "text/plain"} | ({"Retry-After": value} if value else {})
    rig.server.faults.append(on_messages(rig, once(Reply(429, b"limit exceeded", headers))))
    connector = rig.connector()
    kept = Kept()
    for page in connector.read(connector.streams[-1], None):
        kept.add(page.rows)
    assert connector.traffic.retries == 1
    assert least <= max(rig.clock.waits, default=0) <= most or (least == 0)
    assert len(kept.messages) == 8


def test_a_date_in_retry_after_is_understood(rig: Rig) -> None:
    filled(rig)
    when = format_datetime(rig.clock.now().replace(microsecond=0), usegmt=True)
    rig.server.faults.append(once(Reply(429, b"", {"Retry-After": when})))
    assert rig.full().live() == rig.peer.live()


@pytest.mark.parametrize("reset", ["3", "{epoch}", "{epoch}000"])
def test_a_reset_header_in_any_unit_is_understood(rig: Rig, reset: str) -> None:
    filled(rig)
    value = reset.format(epoch=int(rig.clock.now().timestamp()) + 20)
    rig.server.faults.append(once(Reply(429, b"", {"X-RateLimit-Reset": value})))
    assert rig.full().live() == rig.peer.live()
    assert max(rig.clock.waits) < 30


def test_an_absurd_wait_ends_the_run_and_says_so(rig: Rig) -> None:
    filled(rig)
    rig.server.faults.append(once(Reply(429, b"", {"Retry-After": "31536000"})))
    with pytest.raises(TransientSourceError, match="31536000 seconds"):
        rig.full()
    assert sum(rig.clock.waits) < 900


PASSING_TROUBLE = {
    "500": Reply(500, b"oops"),
    "502 as a web page": Reply(502, b"<html>bad gateway</html>", {"Content-Type": "text/html"}),
    "503": Reply(503, b"", {"Retry-After": "1"}),
    "504": Reply(504, b""),
    "reset": Reply(manner="reset"),
    "cut body": Reply(200, json.dumps({"ok": True, "x": ["y" * 200]}).encode(), manner="cut"),
    "truncated JSON": Reply(200, b'{"messages": [{"id": 1,'),
    "empty 200": Reply(200, b""),
    "another encoding": Reply(200, '{"ok": true, "who": "é"}'.encode("latin-1")),
    "nothing as JSON": Reply(200, b"null"),
    "broken gzip": Reply(200, gzip.compress(b"{}" * 99)[:-9], {"Content-Encoding": "gzip"}),
    "no gzip at all": Reply(200, b"{}", {"Content-Encoding": "gzip"}),
}


@pytest.mark.parametrize("name", PASSING_TROUBLE)
def test_passing_trouble_is_outlasted(rig: Rig, name: str) -> None:
    filled(rig)
    for _ in range(3):
        rig.server.faults.append(on_messages(rig, once(PASSING_TROUBLE[name])))
    assert rig.full().live() == rig.peer.live()
    assert rig.server.faults == []


@pytest.mark.parametrize("name", PASSING_TROUBLE)
def test_lasting_trouble_ends_the_run_after_six_tries_and_keeps_what_was_read(
    rig: Rig, name: str
) -> None:
    filled(rig)
    kept, reached = Kept(), Checkpoints()
    forever = on_messages(rig, once(PASSING_TROUBLE[name]))
    rig.server.faults += [forever] * 6
    with pytest.raises(TransientSourceError, match="6 tries"):
        reached = rig.sync(kept)
    assert rig.server.faults == []
    rig.sync(kept, reached)
    assert kept.live() == rig.peer.live()


def test_a_web_page_instead_of_data_is_called_that(rig: Rig) -> None:
    filled(rig)
    page = Reply(200, b"\n<!doctype html><title>Sign in</title>", {"Content-Type": "text/html"})
    rig.server.faults.append(on_messages(rig, once(page)))
    with pytest.raises(SourceError, match="web page instead of data"):
        rig.full()


@pytest.mark.parametrize("value", [[], {}, 5, "text", {"messages": 5}, {"ok": True}])
def test_data_of_another_form_is_a_clear_error(rig: Rig, value: object) -> None:
    filled(rig)
    rig.server.faults.append(on_messages(rig, once(as_json(value))))
    with pytest.raises(AdoptionError):
        rig.full()
    assert rig.server.faults == []


def test_deeply_nested_data_is_a_clear_error(rig: Rig) -> None:
    filled(rig)
    rig.server.faults.append(on_messages(rig, once(Reply(200, b"[" * 200_000))))
    with pytest.raises(SourceError, match="nested"):
        rig.full()


def test_one_community_that_refuses_is_left_out_and_named_and_the_others_go_on(rig: Rig) -> None:
    if not rig.peer.asks_per_community:
        pytest.skip("this network is read as one whole, so no single community can refuse")
    filled(rig)
    rig.peer.denied = {"all-company"}
    kept = Kept()
    reached = rig.sync(kept)
    assert {item.community for item in kept.live()} == {"news"}
    named = [note.casefold().replace(" ", "-") for note in rig.notes]
    assert any("all-company-was-left-out" in note for note in named)
    rig.peer.denied = set()
    rig.sync(kept, reached)
    assert kept.live() == rig.peer.live()


def test_a_token_that_is_revoked_meanwhile_ends_the_run(rig: Rig) -> None:
    filled(rig)
    connector = rig.connector()
    pages = connector.read(connector.streams[-1], None)
    next(pages)
    rig.server.application = lambda request: rig.peer(
        Request(request.method, request.path, request.query, {}, request.body, request.at)
    )
    with pytest.raises(AccessError):
        list(pages)


def test_an_endless_repetition_of_one_page_is_noticed(rig: Rig) -> None:
    filled(rig)
    first: dict[str, Reply] = {}
    inner = rig.server.application

    def stuck(request: Request) -> Reply:
        if "messages" in first:
            return first["messages"] if _is_message(rig, request) else inner(request)
        reply = inner(request)
        if _is_message(rig, request):
            first["messages"] = reply
        return reply

    rig.server.application = stuck
    with suppress(SourceError):
        rig.full()
    assert len(rig.server.log) < 100


def _is_message(rig: Rig, request: Request) -> bool:
    return any(
        rig.peer.message_path.format(rig.peer.community_id(name)) in request.path
        for name in rig.world.communities
    )
