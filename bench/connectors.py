"""Live connectors from a loopback server: messages per second, and GrimoireLab Perceval beside them.

``python -m bench.connectors [--perceval /path/to/venv/bin/python] [--messages 10000]``

Both read the same 10,000 messages of 200 people from the same server, a process of its own that
answers from prepared bytes. Ours maps every message to rows, remembers it for the look-back and
makes its checkpoints; Perceval (GPL, so run as a program of its own) gives parsed dictionaries. The
time is that of reading alone: interpreters are started and modules imported before it begins. Seconds
are those of the processor, so that a machine that is shared gives the same answer.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from multiprocessing.connection import Connection
from typing import Any
from urllib.parse import parse_qs, urlsplit

from adoption.connector import Connector
from adoption.live.connector import LiveConnector
from adoption.model import Message
from connectors.mattermost import Mattermost
from connectors.slack import Slack

PEOPLE = 200
FLOOR = 20_000
ROUNDS = 3
FIRST_SECOND = 1_770_000_000
TEXT = "Why is this not in an email like before, the new page is hard to find on the ward " * 2


class EagerClock:
    """Waits for nothing: what is measured is work, not politeness."""

    def now(self) -> datetime:
        """A moment after the last message."""
        return datetime.fromtimestamp(FIRST_SECOND + 200_000, UTC)

    def monotonic(self) -> float:
        """A fast clock."""
        return time.monotonic() * 1000

    def wait(self, seconds: float, cancelled: threading.Event) -> None:
        """Return at once."""


# -- the server ------------------------------------------------------------------------------------


def mattermost_posts(number: int) -> list[bytes]:
    """Newest first, as JSON members ``"id":{...}``."""
    found = []
    for n in range(number, 0, -1):
        post = {
            "id": f"p{n}", "create_at": (FIRST_SECOND + n) * 1000, "delete_at": 0, "edit_at": 0,
            "update_at": (FIRST_SECOND + n) * 1000, "user_id": f"u{n % PEOPLE}", "props": {},
            "channel_id": "c1", "root_id": f"p{n - n % 4}" if n % 4 else "", "original_id": "",
            "message": f"{TEXT}{n}", "type": "", "hashtags": "", "metadata": {},
        }  # fmt: skip
        found.append(f'"p{n}":{json.dumps(post)}'.encode())
    return found


def slack_messages(number: int) -> list[bytes]:
    """Newest first."""
    return [
        json.dumps(
            {
                "type": "message",
                "ts": f"{FIRST_SECOND + n}.000{n % 1000:03d}",
                "user": f"u{n % PEOPLE}",
                "text": f"{TEXT}{n}",
                "client_msg_id": f"{n}",
                "team": "T1",
            }
        ).encode()
        for n in range(number, 0, -1)
    ]


class Answers:
    """What the server says to each path; counts the requests of a reader."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.requests = 0
        self._posts = mattermost_posts(number)
        self._messages = slack_messages(number)
        users = [
            {"id": f"u{n}", "username": f"user{n}", "email": f"u{n}@ex.test"} for n in range(PEOPLE)
        ]
        members = [{"id": f"u{n}", "name": f"user{n}", "profile": {}} for n in range(PEOPLE)]
        channel = {
            "id": "c1",
            "name": "all",
            "display_name": "all",
            "type": "O",
            "is_archived": False,
        }
        self._fixed: dict[str, Any] = {
            "/api/v4/users/me/teams": [{"id": "t1", "name": "corp"}],
            "/api/v4/teams": [{"id": "t1", "name": "corp"}],
            "/api/v4/teams/t1/channels": [channel],
            "/api/v4/channels/c1": channel,
            "/api/conversations.list": {"ok": True, "channels": [channel]},
            "/api/conversations.info": {"ok": True, "channel": channel},
            "/api/conversations.members": {"ok": True, "members": [], "response_metadata": {}},
            "/api/users.list": {"ok": True, "members": members},
        }
        self._users = users

    def __call__(self, target: str) -> bytes:
        """The body for a path with its query."""
        self.requests += 1
        parts = urlsplit(target)
        query = {name: found[0] for name, found in parse_qs(parts.query).items()}
        path = parts.path
        if path in self._fixed:
            return json.dumps(self._fixed[path]).encode()
        if path == "/api/v4/users":
            return json.dumps(self._users if query.get("page", "0") == "0" else []).encode()
        if path.startswith("/api/v4/users/"):
            return json.dumps(self._users[int(path.rsplit("u", 1)[1])]).encode()
        if path == "/api/users.info":
            user = {"id": query["user"], "name": query["user"]}
            return json.dumps({"ok": True, "user": user}).encode()
        if path == "/api/conversations.history":
            return self._history(query)
        return self._page(query)

    def _page(self, query: dict[str, str]) -> bytes:
        size = min(int(query.get("per_page", "60")), 200)
        start = int(query.get("page", "0")) * size
        if "before" in query:
            start += self.number - int(query["before"][1:]) + 1
        shown = self._posts[start : start + size]
        order = [f"p{self.number - place}" for place in range(start, start + len(shown))]
        head = f'{{"order":{json.dumps(order)},"posts":{{'.encode()
        return head + b",".join(shown) + b'},"next_post_id":"","prev_post_id":""}'

    def _history(self, query: dict[str, str]) -> bytes:
        size = min(int(query.get("limit", query.get("count", "100"))), 999)
        start = 0
        if query.get("latest"):
            below = int(query["latest"].split(".")[0]) - FIRST_SECOND
            start = max(0, self.number - below + 1)
        shown = self._messages[start : start + size]
        more = start + size < self.number
        cursor = '"next"' if more else '""'
        tail = f'],"has_more":{json.dumps(more)},"response_metadata":{{"next_cursor":{cursor}}}}}'
        return b'{"ok":true,"messages":[' + b",".join(shown) + tail.encode()


async def serve(pipe: Connection, number: int) -> None:
    """Answer until the pipe closes; any line on it is answered with the number of requests so far."""
    answers = Answers(number)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n") if not reader.at_eof() else b"":
            body = answers(head.split(b" ", 2)[1].decode())
            writer.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
                + str(len(body)).encode()
                + b"\r\n\r\n"
                + body
            )
            await writer.drain()

    async def quiet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await talk(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(quiet, "127.0.0.1", 0, limit=2**20)
    pipe.send(server.sockets[0].getsockname()[1])
    while await asyncio.to_thread(pipe.recv) != "stop":
        pipe.send(answers.requests)
        answers.requests = 0
    server.close()


def run_server(pipe: Connection, number: int) -> None:
    asyncio.run(serve(pipe, number))


# -- the readers -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Result:
    """What one reader needed."""

    messages: int
    seconds: float
    requests: int

    @property
    def per_second(self) -> float:
        """Messages per second."""
        return self.messages / self.seconds


def ours(make: Callable[[], Connector]) -> tuple[int, float]:
    connector = make()
    assert isinstance(connector, LiveConnector)
    connector.clock = EagerClock()
    began = time.process_time()
    read = sum(
        isinstance(row, Message)
        for stream in connector.streams
        for page in connector.read(stream, None)
        for row in page.rows
    )
    seconds = time.process_time() - began
    connector.close()
    return read, seconds


PERCEVAL = {
    "mattermost": """
from perceval.backends.core.mattermost import Mattermost
backend = Mattermost({url!r}, "c1", "token", max_items=200)
""",
    "slack": """
from perceval.backends.core.slack import Slack, SlackClient
SlackClient.URL = {url!r} + "/api/%(resource)s"
backend = Slack("c1", "token", max_items=999)
""",
}
PERCEVAL_RUN = """
import time
began = time.process_time()
read = sum(1 for _ in backend.fetch())
print(read, time.process_time() - began)
"""


def perceval(python: str, kind: str, url: str) -> tuple[int, float]:
    code = PERCEVAL[kind].format(url=url) + PERCEVAL_RUN
    done = subprocess.run([python, "-c", code], check=True, capture_output=True, text=True)
    read, seconds = done.stdout.split()
    return int(read), float(seconds)


def best(pipe: Connection, action: Callable[[], tuple[int, float]]) -> Result:
    found = []
    for _ in range(ROUNDS):
        pipe.send("count")
        pipe.recv()
        read, seconds = action()
        pipe.send("count")
        found.append(Result(read, seconds, pipe.recv()))
    return min(found, key=lambda result: result.seconds)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--perceval", help="the Python of an environment that holds Perceval")
    arguments.add_argument("--messages", type=int, default=10_000)
    given = arguments.parse_args()
    pipe, far = multiprocessing.Pipe()
    server = multiprocessing.Process(target=run_server, args=(far, given.messages), daemon=True)
    server.start()
    url = f"http://127.0.0.1:{pipe.recv()}"
    common = {"internal_server": True, "token": "token-for-a-bench"}
    readers: dict[str, Callable[[], Connector]] = {
        "mattermost": lambda: Mattermost(
            {"base_url": url, "requests_per_second": 10_000, **common}
        ),
        "slack": lambda: Slack({"base_url": f"{url}/api", **common}),
    }
    print(f"{'network':<12}{'reader':<10}{'messages/s':>12}{'seconds':>10}{'requests':>10}")
    good = True
    for kind, make in readers.items():
        mine = best(pipe, partial(ours, make))
        assert mine.messages == given.messages, mine
        show(kind, "ours", mine)
        good &= mine.per_second >= FLOOR
        if given.perceval:
            theirs = best(pipe, partial(perceval, given.perceval, kind, url))
            show(kind, "perceval", theirs)
            print(
                f"{'':<12}{mine.per_second / theirs.per_second:.1f} times as fast, "
                f"{mine.requests} requests instead of {theirs.requests}"
            )
            good &= mine.per_second > theirs.per_second and mine.requests < theirs.requests
    pipe.send("stop")
    server.join(5)
    return 0 if good else 1


def show(kind: str, reader: str, result: Result) -> None:
    print(
        f"{kind:<12}{reader:<10}{result.per_second:>12,.0f}{result.seconds:>10.2f}"
        f"{result.requests:>10}"
    )


if __name__ == "__main__":
    sys.exit(main())
