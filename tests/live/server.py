"""A real HTTP server on loopback that answers as an application says, and misbehaves on demand."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: dict[str, list[str]]
    headers: Any
    body: bytes
    at: float

    def one(self, name: str, default: str = "") -> str:
        return self.query.get(name, [default])[0]


@dataclass(frozen=True)
class Reply:
    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    manner: str = "whole"
    """``whole``; ``cut``: half the body; ``reset``: no answer; ``drip``: one byte at a time."""


def as_json(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    return Reply(
        status,
        json.dumps(value).encode(),
        {"Content-Type": "application/json", **(headers or {})},
    )


Application = Callable[[Request], Reply]
Fault = Callable[[Request, Reply], Reply | None]


class PeerServer:
    """Serves an application; ``faults`` may replace a reply, one at a time, in order."""

    def __init__(self, application: Application, monotonic: Callable[[], float]) -> None:
        self.application = application
        self.faults: list[Fault] = []
        self.log: list[Request] = []
        self._lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                super().setup()
                self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

            def log_message(self, *args: object) -> None:
                pass

            def handle_one_request(self) -> None:
                try:
                    super().handle_one_request()
                except (ConnectionError, TimeoutError):
                    self.close_connection = True

            def _any(self) -> None:
                parts = urlsplit(self.path)
                length = int(self.headers.get("Content-Length") or 0)
                request = Request(
                    self.command,
                    unquote(parts.path),
                    parse_qs(parts.query, keep_blank_values=True),
                    self.headers,
                    self.rfile.read(length),
                    monotonic(),
                )
                reply = outer.answer(request)
                outer.send(self, reply)

            do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _any  # noqa: N815

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def answer(self, request: Request) -> Reply:
        with self._lock:
            self.log.append(request)
            reply = self.application(request)
            while self.faults:
                changed = self.faults[0](request, reply)
                if changed is None:
                    break
                self.faults.pop(0)
                return changed
            return reply

    def send(self, handler: BaseHTTPRequestHandler, reply: Reply) -> None:
        if reply.manner == "reset":
            linger = struct.pack("ii", 1, 0)
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            handler.close_connection = True
            handler.connection.close()
            return
        head = [f"HTTP/1.1 {reply.status} X", f"Content-Length: {len(reply.body)}"]
        head += [f"{name}: {value}" for name, value in reply.headers.items()]
        data = ("\r\n".join(head) + "\r\n\r\n").encode("latin-1")
        body = reply.body[: len(reply.body) // 2] if reply.manner == "cut" else reply.body
        if reply.manner == "drip":
            handler.wfile.write(data)
            for offset in range(len(body)):
                handler.wfile.write(body[offset : offset + 1])
                handler.wfile.flush()
                time.sleep(0.05)
        else:
            handler.wfile.write(data + body)
            handler.wfile.flush()
        if reply.manner == "cut":
            handler.close_connection = True
