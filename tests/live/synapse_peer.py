"""A real Matrix homeserver (Synapse) on loopback, in a virtual environment of its own.

It is installed once from the package registry, with the hashes of ``synapse.lock``, and kept in the
user's cache folder. Synapse is AGPL: it is run, not linked.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

from platformdirs import user_cache_path

LOCK = Path(__file__).with_name("synapse.lock")
SECRET = "dev-only"

CONFIGURATION = """\
server_name: "loop.test"
pid_file: {d}/hs.pid
listeners:
  - {{bind_addresses: ["127.0.0.1"], port: {port}, type: http, tls: false, resources: [{{names: [client]}}]}}
database: {{name: sqlite3, args: {{database: "{d}/hs.db"}}}}
log_config: "{d}/log.yaml"
media_store_path: "{d}/media"
registration_shared_secret: "dev-only"
macaroon_secret_key: "dev-only"
form_secret: "dev-only"
signing_key_path: "{d}/signing.key"
report_stats: false
bcrypt_rounds: 4
trusted_key_servers: []
federation_domain_whitelist: []
enable_search: false
url_preview_enabled: false
rc_login: {{address: {{per_second: 1000, burst_count: 1000}}, account: {{per_second: 1000, burst_count: 1000}}}}
rc_joins: {{local: {{per_second: 1000, burst_count: 1000}}}}
rc_message: {rate}
"""
LOGGING = """\
version: 1
formatters: {f: {format: '%(levelname)s %(message)s'}}
handlers: {file: {class: logging.FileHandler, filename: LOGFILE, formatter: f}}
root: {level: WARNING, handlers: [file]}
disable_existing_loggers: false
"""


class CannotInstallError(Exception):
    """Synapse could not be had from the package registry."""


def synapse_python() -> Path:
    """The interpreter of an environment that holds Synapse; made on first use, then kept."""
    digest = hashlib.sha256(LOCK.read_bytes()).hexdigest()[:16]
    folder = user_cache_path("adoption-tracker-tests", appauthor=False) / f"synapse-{digest}"
    python = folder / "bin" / "python"
    done = folder / "complete"
    if done.exists():
        return python
    shutil.rmtree(folder, ignore_errors=True)
    try:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True, capture_output=True)
        command = [str(python), "-m", "pip", "install", "--quiet", "--require-hashes", "-r"]
        command.append(str(LOCK))
        subprocess.run(command, check=True, capture_output=True, timeout=280)
    except (subprocess.SubprocessError, OSError) as error:
        detail = getattr(error, "stderr", b"") or b""
        raise CannotInstallError(detail.decode(errors="replace")[-300:] or str(error)) from error
    done.touch()
    return python


@dataclass
class Expected:
    """What a connector must report of the seeded room."""

    live_texts: set[str] = field(default_factory=set)
    replies: set[str] = field(default_factory=set)
    reactions: set[tuple[str, str]] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)


class SynapsePeer:
    """Starts, seeds and stops the server; ``limited`` keeps its stock limit on sending."""

    def __init__(self, python: Path, folder: Path, *, limited: bool = False) -> None:
        self._python = python
        self._folder = folder
        self._limited = limited
        self._sent = 0
        self._pairs = 0
        self.names = ("", "")
        self.expected = Expected()
        folder.mkdir(parents=True, exist_ok=True)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = int(probe.getsockname()[1])
        self.url = f"http://127.0.0.1:{self._port}"

    def __enter__(self) -> Self:
        rate = "{per_second: 1000, burst_count: 1000}"
        if self._limited:
            rate = "{per_second: 0.5, burst_count: 5}"
        text = CONFIGURATION.format(d=self._folder, port=self._port, rate=rate)
        (self._folder / "hs.yaml").write_text(text)
        log = LOGGING.replace("LOGFILE", str(self._folder / "hs.log"))
        (self._folder / "log.yaml").write_text(log)
        command = [str(self._python), "-m", "synapse.app.homeserver", "-c"]
        command.append(str(self._folder / "hs.yaml"))
        subprocess.run([*command, "--generate-keys"], check=True, capture_output=True)
        with (self._folder / "out.log").open("wb") as out:
            self._process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
        try:
            self._wait()
            self.admin = self.register("root", admin=True)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(20)

    def begin(self) -> Self:
        """Two new people and a public room of theirs, so that tests may share a server."""
        self._pairs += 1
        self.names = (f"alice{self._pairs}", f"bob{self._pairs}")
        self.alice, self.bob = map(self.register, self.names)
        self.room = self.make_room("All company", "public_chat")
        self.expected = Expected()
        return self

    def _wait(self) -> None:
        for _ in range(600):
            try:
                self.call("GET", "/_matrix/client/versions")
            except (urllib.error.URLError, ConnectionError):
                if self._process.poll() is not None:
                    break
                time.sleep(0.1)
            else:
                return
        raise RuntimeError((self._folder / "out.log").read_text()[-2000:])

    def call(self, method: str, path: str, body: Any = None, token: str | None = None) -> Any:
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=30) as answer:
            return json.load(answer)

    def register(self, user: str, *, admin: bool = False) -> str:
        nonce = self.call("GET", "/_synapse/admin/v1/register")["nonce"]
        words = [nonce, user, f"pw-{user}", "admin" if admin else "notadmin"]
        mac = hmac.new(SECRET.encode(), "\0".join(words).encode(), hashlib.sha1).hexdigest()
        body = {"nonce": nonce, "username": user, "password": f"pw-{user}", "admin": admin}
        answer = self.call("POST", "/_synapse/admin/v1/register", {**body, "mac": mac})
        return str(answer["access_token"])

    def make_room(self, name: str, preset: str) -> str:
        body = {"name": name, "preset": preset}
        room = str(self.call("POST", "/_matrix/client/v3/createRoom", body, self.alice)["room_id"])
        if preset == "public_chat":
            self.call("POST", f"/_matrix/client/v3/join/{quote(room)}", {}, self.bob)
        return room

    def send(self, token: str, kind: str, content: dict[str, Any], room: str | None = None) -> str:
        self._sent += 1
        path = f"/_matrix/client/v3/rooms/{quote(room or self.room)}/send/{kind}/t{self._sent}"
        return str(self.call("PUT", path, content, token)["event_id"])

    def say(self, token: str, text: str, **more: Any) -> str:
        return self.send(token, "m.room.message", {"msgtype": "m.text", "body": text, **more})

    def redact(self, token: str, event: str) -> None:
        self._sent += 1
        room = quote(self.room)
        path = f"/_matrix/client/v3/rooms/{room}/redact/{quote(event)}/t{self._sent}"
        self.call("PUT", path, {}, token)

    def edit(self, token: str, event: str, text: str) -> None:
        new = {"msgtype": "m.text", "body": text}
        relation = {"rel_type": "m.replace", "event_id": event}
        self.say(token, f"* {text}", **{"m.new_content": new, "m.relates_to": relation})

    def react(self, token: str, event: str, key: str) -> str:
        relation = {"rel_type": "m.annotation", "event_id": event, "key": key}
        return self.send(token, "m.reaction", {"m.relates_to": relation})

    def seed(self, messages: int) -> str:
        """Fill the room with a little of everything; gives the id of the first message."""
        root = self.say(self.alice, "Bonjour à tous")
        thread = {"rel_type": "m.thread", "event_id": root, "is_falling_back": True}
        thread["m.in_reply_to"] = {"event_id": root}
        self.say(self.bob, "in a thread", **{"m.relates_to": thread})
        plain = {"m.in_reply_to": {"event_id": root}}
        self.say(self.bob, "> <@alice:loop.test> x\n\nplain", **{"m.relates_to": plain})
        self.react(self.bob, root, "👍")
        taken_back = self.react(self.alice, root, "🎉")
        self.redact(self.alice, taken_back)
        self.edit(self.alice, root, "edited")
        gone = self.say(self.bob, "to be deleted")
        self.redact(self.bob, gone)
        texts = [f"message {number}" for number in range(messages)]
        for number, text in enumerate(texts):
            self.say(self.alice if number % 2 else self.bob, text)
        self.expected = Expected(
            {"edited", "in a thread", "plain", *texts},
            {"in a thread", "plain"},
            {(f"@{self.names[1]}:loop.test", "👍")},
            {gone},
        )
        return root
