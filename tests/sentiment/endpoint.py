"""A chat endpoint on loopback that answers as a test wants, well or badly."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from adoption.http import HttpSession, RetryPolicy, Settings
from adoption.http.answer import bearer
from adoption.limits import Rate

Body = dict[str, Any]
Behaviour = Callable[["Handler", Body], None]


class Handler(BaseHTTPRequestHandler):
    """One request; ``server.behave`` decides what happens."""

    server: Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.bodies.append(body)
        self.server.behave(self, body)

    def reply(self, content: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(content)

    def label(self, content: str, **extra: Any) -> None:
        self.reply(json.dumps({"choices": [{"message": {"content": content}}], **extra}).encode())

    def log_message(self, format: str, *args: Any) -> None:
        """Keep the test output clean."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    behave: Behaviour
    bodies: list[Body]


@contextmanager
def endpoint(
    behave: Behaviour, answer_seconds: float = 2.0
) -> Iterator[tuple[Server, HttpSession]]:
    """The server, and the product's own session to it, with short patience."""
    server = Server(("127.0.0.1", 0), Handler)
    server.behave, server.bodies = behave, []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    patience = RetryPolicy(
        attempts=1, base_seconds=0.01, cap_seconds=0.01, floor_seconds=0.01, longest_wait_seconds=1,
        read_seconds=answer_seconds, answer_seconds=answer_seconds, answer_bytes=100_000,
    )  # fmt: skip
    session = HttpSession(
        Settings(
            f"http://127.0.0.1:{server.server_port}/v1",
            rates={"default": Rate(1000, 1.0)},
            internal=True,
            patience=patience,
        ),
        bearer("sk-test-not-a-secret"),
    )
    try:
        yield server, session
    finally:
        session.close()
        server.shutdown()
        server.server_close()
        thread.join()


def label_text(stance: str = "pushback", **changes: Any) -> str:
    """A well-formed label."""
    label: dict[str, Any] = {
        "stance": stance,
        "confidence": 90,
        "barrier": "no_value" if stance == "pushback" else None,
        "kind": "objection" if stance == "pushback" else None,
        "intensity": 2 if stance == "pushback" else None,
    }
    return json.dumps({**label, **changes})
