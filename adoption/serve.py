"""The app server: Streamlit's page behind our own headers, address and start-up.

``adoption dashboard`` calls :func:`serve`. The server listens on 127.0.0.1 only, sends a strict
content security policy, answers no other host name and sends nothing to anybody.
"""

from __future__ import annotations

import base64
import gc
import hashlib
import os
import re
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import adoption
from adoption.errors import SettingsError
from adoption.settings import HOME_VARIABLE, config_dir

HOST = "127.0.0.1"
ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
CLOSED_PATHS = ("/_stcore/metrics",)


def serve(home: Path, port: int, *, announce: Callable[[str], None]) -> None:
    """Serve the dashboard of a data folder until stopped.

    Args:
        home: the data folder.
        port: the port to listen on; 0 takes a free one.
        announce: told the address before the server starts.

    Raises:
        SettingsError: the port is taken.

    """
    chosen = free_port(port)
    os.environ[HOME_VARIABLE] = str(home)
    announce(f"http://{HOST}:{chosen}")
    # App.run takes sys.argv[0] as the script whose folder anchors everything else.
    sys.argv = [str(dashboard_script())]
    app().run(config=server_config(chosen))


def app() -> st.App:
    """The dashboard as an ASGI application."""
    return st.App(
        str(dashboard_script()),
        lifespan=warmed_up,
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=ALLOWED_HOSTS),
            Middleware(SecurityHeaders),
        ],
    )


def server_config(port: int) -> dict[str, Any]:
    """What ``.streamlit/config.toml`` says, for a start without that file."""
    return {
        "server.port": port,
        "server.address": HOST,
        "server.headless": True,
        "server.fileWatcherType": "none",
        "server.allowedHosts": ALLOWED_HOSTS,
        "server.maxUploadSize": 200,
        "server.disconnectedSessionTTL": 120,
        "browser.gatherUsageStats": False,
        "client.toolbarMode": "minimal",
        "client.showErrorDetails": "type",
        "client.showErrorLinks": False,
        "client.allowedOrigins": [],
        "logger.level": "warning",
        "theme.base": str(config_dir() / "theme.toml"),
    }


def free_port(wanted: int) -> int:
    """The port itself if it is free, or any free one for 0.

    Raises:
        SettingsError: the port is taken.

    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, wanted))
        except OSError as problem:
            raise SettingsError(
                f"Port {wanted} cannot be used: {problem.strerror}",
                where="--port",
                next_step="Choose another port, or 0 for any free one",
            ) from None
        number: int = probe.getsockname()[1]
        return number


def dashboard_script() -> Path:
    """``dashboard.py``, which lies beside the package in a checkout and when installed.

    Raises:
        SettingsError: it is missing.

    """
    script = Path(adoption.__file__).resolve().parent.parent / "dashboard.py"
    if not script.is_file():
        raise SettingsError(
            "The dashboard is missing from this installation",
            where=str(script),
            next_step="Install the product again",
        )
    return script


@asynccontextmanager
async def warmed_up(app: st.App) -> AsyncIterator[dict[str, Any] | None]:
    """Import what pages use before the first visitor comes, and keep it out of garbage collection.

    Streamlit collects garbage after each run of a page; freezing the imported libraries made a rerun
    three to twenty times cheaper.
    """
    import adoption.ui.warm  # noqa: F401

    gc.collect()
    gc.freeze()
    yield None


class SecurityHeaders:
    """Adds the policy headers to each answer and closes what must not be open."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._policy = content_policy()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "http" and scope["path"].startswith(CLOSED_PATHS):
            await send({"type": "http.response.start", "status": 404, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Content-Security-Policy"] = self._policy
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "no-referrer"
                headers["Cross-Origin-Opener-Policy"] = "same-origin"
                headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
                if scope["path"].startswith("/media/"):
                    headers["Cache-Control"] = "no-store"
            await send(message)

        await self._app(scope, receive, with_headers)


def content_policy() -> str:
    """A content security policy that lets through this server's own files and nothing else."""
    hashes = " ".join(f"'sha256-{digest}'" for digest in inline_script_hashes())
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' {hashes}".rstrip(),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "media-src 'self'",
            "connect-src 'self' ws://127.0.0.1:* ws://localhost:*",
            "worker-src 'self' blob:",
            "manifest-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'self'",
        )
    )


def inline_script_hashes() -> list[str]:
    """SHA-256 of each inline script of the installed Streamlit page, so that only those run."""
    page = Path(st.__file__).parent / "static" / "index.html"
    scripts = re.findall(r"<script>(.*?)</script>", page.read_text("utf-8"), re.DOTALL)
    return [
        base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts
    ]
