"""One session: patience with bounds, credentials that stay at home, no trust in the surroundings."""

from __future__ import annotations

import io
import logging
import socket
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from adoption.errors import (
    AccessError,
    InterruptedRunError,
    SourceError,
    TransientSourceError,
)
from adoption.http import Answer, FixedHeaders, HttpSession, NotThereError, RetryPolicy, Settings
from adoption.limits import Rate, SystemClock
from tests.http.conftest import TOKEN, Bench
from tests.http.secure import secure_server
from tests.live.server import PeerServer, Reply, as_json


def test_an_answer_is_decoded_and_counted(bench: Bench) -> None:
    session = bench.session()
    assert session.get_json("a/b", {"x": True, "y": None, "z": 5}) == {"path": "/a/b"}
    (request,) = bench.server.log
    assert request.query == {"x": ["true"], "z": ["5"]}
    assert request.headers["Authorization"] == f"Bearer {TOKEN}"
    assert (session.traffic.requests, session.traffic.retries) == (1, 0)
    assert session.traffic.bytes_received == len(b'{"path": "/a/b"}')


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, AccessError),
        (403, AccessError),
        (404, NotThereError),
        (400, SourceError),
        (405, SourceError),
        (410, SourceError),
        (501, SourceError),
    ],
)
def test_a_refusal_is_final(bench: Bench, status: int, error: type[Exception]) -> None:
    bench.replies.append(Reply(status, b"no"))
    with pytest.raises(error):
        bench.session().get("x")
    assert len(bench.server.log) == 1


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_passing_trouble_is_tried_six_times(bench: Bench, status: int) -> None:
    bench.replies += [Reply(status)] * 6
    with pytest.raises(TransientSourceError, match="6 tries"):
        bench.session().get("x")
    assert len(bench.server.log) == 6
    assert all(wait <= 60 for wait in bench.clock.waits)


def test_a_status_the_caller_accepts_is_given_as_it_is(bench: Bench) -> None:
    bench.replies += [Reply(410), Reply(410)]
    session = bench.session()
    assert session.get("x", accept=frozenset({410})).status == 410
    assert session.get_json("x", accept=frozenset({410})) is None


def test_a_wait_of_one_endpoint_class_holds_only_that_class(bench: Bench) -> None:
    rates = {"default": Rate(100, 1.0), "slow": Rate(100, 1.0)}
    session = bench.session(rates=rates)
    bench.replies.append(Reply(429, b"", {"Retry-After": "50"}))
    threads = threading.Thread(target=lambda: session.get("x", rate="slow"))
    threads.start()
    threads.join()
    assert bench.clock.monotonic() >= 50


def test_no_more_requests_leave_than_the_rate_allows(bench: Bench) -> None:
    session = bench.session(rates={"default": Rate(3, 10.0)})
    for _ in range(10):
        session.get("x")
    times = [request.at for request in bench.server.log]
    assert all(sum(1 for at in times if start <= at < start + 10) <= 3 for start in times)


class Renewing:
    """A token that runs out once."""

    def __init__(self, helps: bool) -> None:
        self.token = "old-token-canary"
        self.helps = helps
        self.renewals = 0

    def headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def renew(self, answer: Answer) -> bool:
        self.renewals += 1
        self.token = "new-token-canary"
        return self.helps

    def secrets(self) -> Sequence[str]:
        return (self.token,)


def test_a_token_that_has_run_out_is_renewed_once(bench: Bench) -> None:
    bench.replies.append(Reply(401))
    authorizer = Renewing(helps=True)
    assert bench.session(authorizer).get_json("x") == {"path": "/x"}
    sent = [request.headers["Authorization"] for request in bench.server.log]
    assert sent == ["Bearer old-token-canary", "Bearer new-token-canary"]


@pytest.mark.parametrize("helps", [True, False])
def test_a_renewal_that_does_not_help_is_not_repeated(bench: Bench, helps: bool) -> None:
    bench.replies += [Reply(401)] * 3
    authorizer = Renewing(helps)
    with pytest.raises(AccessError, match="run out"):
        bench.session(authorizer).get("x")
    assert authorizer.renewals == 1


def test_a_redirect_within_the_origin_is_followed_and_another_one_is_not(bench: Bench) -> None:
    bench.replies.append(Reply(302, b"", {"Location": "/elsewhere"}))
    assert bench.session().get_json("x") == {"path": "/elsewhere"}
    bench.replies += [Reply(302, b"", {"Location": "/round"})] * 9
    with pytest.raises(SourceError, match="circles"):
        bench.session().get("x")
    assert len(bench.server.log) == 2 + 4


def test_no_header_of_ours_reaches_another_host(bench: Bench) -> None:
    with PeerServer(lambda request: as_json({}), bench.clock.monotonic) as other:
        bench.replies.append(Reply(307, b"", {"Location": f"{other.url}/steal"}))
        headers = FixedHeaders({"X-Auth-Token": TOKEN, "X-User-Id": "me"}, (TOKEN,))
        with pytest.raises(SourceError, match="another address"):
            bench.session(headers).get("x")
        with pytest.raises(SourceError, match="another address"):
            bench.session(headers).get(f"{other.url}/next-page")
        assert other.log == []


@pytest.mark.parametrize("trick", ["\\@elsewhere.example", "\t", " ", "@"])
def test_an_address_that_reads_in_two_ways_is_refused(bench: Bench, trick: str) -> None:
    ours = bench.server.url
    link = ours.replace("://", "://x@") if trick == "@" else f"{ours}{trick}/next"
    with pytest.raises(SourceError, match="another address"):
        bench.session().get(link)
    assert bench.server.log == []


def test_a_download_elsewhere_goes_without_any_credential(bench: Bench) -> None:
    with PeerServer(lambda request: Reply(200, b"x" * 9999), bench.clock.monotonic) as other:
        file = io.BytesIO()
        size = bench.session().download(f"{other.url}/f?sig=abc", file, most_bytes=10_000)
        assert (size, file.getvalue()) == (9999, b"x" * 9999)
        (request,) = other.log
        assert "Authorization" not in request.headers


def test_a_download_that_breaks_off_begins_again_and_one_too_large_ends(bench: Bench) -> None:
    bench.replies += [Reply(200, b"abcdef", manner="cut"), Reply(200, b"abcdef")]
    file = io.BytesIO()
    session = bench.session()
    assert session.download(f"{session.base}f", file, most_bytes=99, signed=True) == 6
    assert file.getvalue() == b"abcdef"
    bench.replies.append(Reply(200, b"abcdef"))
    with pytest.raises(SourceError, match="larger"):
        session.download(f"{session.base}f", io.BytesIO(), most_bytes=5, signed=True)


def test_a_full_disk_is_not_blamed_on_the_server(bench: Bench) -> None:
    class FullDisk(io.BytesIO):
        def write(self, chunk: object) -> int:
            raise OSError(28, "No space left on device")

    bench.replies.append(Reply(200, b"abcdef"))
    session = bench.session()
    with pytest.raises(SourceError, match="No space left"):
        session.download(f"{session.base}f", FullDisk(), most_bytes=99, signed=True)
    assert session.traffic.retries == 0


def test_an_answer_that_is_too_large_is_not_read_to_its_end(bench: Bench) -> None:
    bench.replies.append(Reply(200, b" " * 3_000_000))
    patience = RetryPolicy(answer_bytes=1_000_000)
    session = bench.session(patience=patience)
    with pytest.raises(SourceError, match="larger"):
        session.get("x")
    assert session.traffic.bytes_received < 2_000_000


def test_an_answer_that_only_trickles_is_given_up(bench: Bench) -> None:
    bench.replies += [Reply(200, b'{"slow": "answer"}', manner="drip")]
    patience = RetryPolicy(answer_seconds=0.2, attempts=1, base_seconds=0.01)
    session = bench.session(clock=SystemClock(), patience=patience)
    assert session.get_json("x") == {"path": "/x"}
    assert session.traffic.retries == 1


def test_a_run_has_an_end(bench: Bench) -> None:
    session = bench.session(patience=RetryPolicy(run_seconds=100))
    session.get("x")
    bench.clock.advance(101)
    with pytest.raises(TransientSourceError, match="longer than allowed"):
        session.get("x")


def test_a_wait_ends_when_the_user_stops_the_run(bench: Bench) -> None:
    bench.replies.append(Reply(429, b"", {"Retry-After": "800"}))
    cancelled = threading.Event()
    settings = Settings(bench.server.url, internal=True)
    session = HttpSession(settings, clock=SystemClock(), cancelled=cancelled)
    threading.Timer(0.2, cancelled.set).start()
    with pytest.raises(InterruptedRunError):
        session.get("x")


def test_the_surroundings_are_not_trusted(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login thief password pw\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none.pem"))
    bench.session().get("x")
    assert bench.server.log[0].headers["Authorization"] == f"Bearer {TOKEN}"


def test_a_certificate_nobody_vouches_for_is_refused_until_its_authority_is_named(
    tmp_path: Path,
) -> None:
    with secure_server(tmp_path) as (url, authority):
        stranger = HttpSession(Settings(url, internal=True))
        with pytest.raises(SourceError, match="certificate could not be trusted"):
            stranger.get("x")
        assert stranger.traffic.requests == 1
        stranger.close()
        known = HttpSession(Settings(url, internal=True, ca_bundle=str(authority)))
        assert known.get("x").body == b"safe"
        known.close()


def test_a_name_nobody_knows_is_passing_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    patience = RetryPolicy(base_seconds=0.001)
    session = HttpSession(Settings("https://chat.example.org", patience=patience))
    with pytest.raises(TransientSourceError, match="connection failed"):
        session.get("x")
    session.close()


def test_a_file_of_authorities_must_exist(bench: Bench) -> None:
    with pytest.raises(SourceError, match="certificate authorities"):
        bench.session(ca_bundle="/nowhere/ca.pem")


def test_a_server_that_is_not_there_is_tried_and_then_named() -> None:
    session = HttpSession(
        Settings("http://127.0.0.1:9", internal=True, patience=RetryPolicy(base_seconds=0.001)),
    )
    with pytest.raises(TransientSourceError, match=r"connection failed.*127\.0\.0\.1"):
        session.get("x")
    session.close()


def test_logs_hold_neither_secrets_nor_queries_nor_line_breaks(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    bench.replies += [Reply(503), Reply(200, TOKEN.encode())]
    session = bench.session()
    session.get(f"{TOKEN}/x%0Ay", {"access_token": TOKEN, "page": 7})
    assert TOKEN not in caplog.text
    assert "page" not in caplog.text
    assert all("\n" not in record.getMessage() for record in caplog.records)
    assert any("answered 503" in record.getMessage() for record in caplog.records)
