"""Keeps secrets out of logs and messages."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from urllib.parse import quote

MASK = "***"
_SHORTEST = 6
_IN_QUERY = re.compile(
    r"(?i)([?&](?:access_token|token|sig|signature|code|key|secret|password)=)[^&\s\"']+"
)
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[a-z0-9._~+/=-]{8,}")


class Redactor:
    """Replaces known secrets, and what looks like one, by ``***``."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets: set[str] = set()
        for secret in secrets:
            self.add(secret)

    def add(self, secret: str) -> None:
        """Learn one more secret; very short ones are left out, they would blank ordinary words."""
        if len(secret) >= _SHORTEST:
            self._secrets |= {secret, quote(secret, safe="")}

    def __call__(self, text: str) -> str:
        """``text`` without secrets, longest first so that no remainder survives."""
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, MASK)
        text = _IN_QUERY.sub(lambda found: found.group(1) + MASK, text)
        return _BEARER.sub(lambda found: f"{found.group(1)} {MASK}", text)


class RedactingFilter(logging.Filter):
    """Passes every record on with its final text redacted and control characters escaped."""

    def __init__(self, redact: Redactor) -> None:
        super().__init__()
        self._redact = redact

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record in place; always true."""
        text = self._redact(record.getMessage())
        record.msg = "".join(sign if sign.isprintable() else f"\\x{ord(sign):02x}" for sign in text)
        record.args = ()
        record.exc_info = None
        return True
