"""The engine under the live connectors: one session with limits, retries, redaction and a guard."""

from adoption.http.answer import (
    DEFAULT,
    Answer,
    Authorizer,
    FixedHeaders,
    Settings,
    Traffic,
    bearer,
)
from adoption.http.guard import checked_origin
from adoption.http.redact import Redactor
from adoption.http.refusals import NotThereError
from adoption.http.retry import RetryPolicy
from adoption.http.session import HttpSession
from adoption.http.transport import plain_transport
from adoption.limits import Rate

__all__ = [
    "DEFAULT",
    "Answer",
    "Authorizer",
    "FixedHeaders",
    "HttpSession",
    "NotThereError",
    "Rate",
    "Redactor",
    "RetryPolicy",
    "Settings",
    "Traffic",
    "bearer",
    "checked_origin",
    "plain_transport",
]
