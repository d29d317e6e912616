"""A server that answers as a test says, and a session on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from adoption.http import Authorizer, HttpSession, RetryPolicy, Settings, bearer
from adoption.limits import Clock
from tests.live.clock import SteppedClock
from tests.live.server import PeerServer, Reply, Request, as_json

TOKEN = "engine-token-canary-42"


@dataclass
class Bench:
    server: PeerServer
    clock: SteppedClock
    replies: list[Reply]

    def session(
        self,
        authorizer: Authorizer | None = None,
        clock: Clock | None = None,
        patience: RetryPolicy | None = None,
        **settings: Any,
    ) -> HttpSession:
        given = Settings(
            self.server.url, internal=True, patience=patience or RetryPolicy(), **settings
        )
        return HttpSession(given, authorizer or bearer(TOKEN), clock=clock or self.clock)


@pytest.fixture
def bench() -> Iterator[Bench]:
    clock = SteppedClock()
    replies: list[Reply] = []

    def answer(request: Request) -> Reply:
        return replies.pop(0) if replies else as_json({"path": request.path})

    with PeerServer(answer, clock.monotonic) as server:
        yield Bench(server, clock, replies)
