"""Microsoft Graph: paging, batches and addresses, as both Graph connectors need them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from adoption.auth import CLOUDS
from adoption.connector import Field
from adoption.errors import AccessError
from adoption.files.connector import is_on
from adoption.http import DEFAULT, HttpSession
from adoption.live.connector import unusable
from adoption.paging import CursorGuard

VERSION = "v1.0"
MOST_PER_BATCH = 20
_RETRIED = frozenset({429, 500, 502, 503, 504})
_BATCH_TRIES = 5

GRAPH_FIELDS = (
    Field(
        "base_url",
        "Address of Microsoft Graph",
        "Leave empty; it follows from the cloud.",
        required=False,
        default="",
    ),
    Field(
        "internal_server",
        "The address stands inside our own network",
        "Only with a gateway of your own.",
        kind="switch",
        required=False,
        default=False,
    ),
)


def graph_scopes(options: Mapping[str, Any]) -> tuple[str, ...]:
    """The scope for everything that was granted, in the chosen cloud."""
    return (f"{CLOUDS[str(options['cloud'])].graph}/.default",)


def graph_server(options: Mapping[str, Any]) -> dict[str, Any]:
    """The part of the session's settings that says where Graph is."""
    base = str(options.get("base_url") or CLOUDS[str(options["cloud"])].graph)
    return {
        "base_url": f"{base.rstrip('/')}/{VERSION}",
        "internal": is_on(options.get("internal_server")),
        "proxy": options.get("proxy") or None,
    }


def values(body: Any, where: str) -> list[dict[str, Any]]:
    """The ``value`` list of an answer.

    Raises:
        SourceError: there is none.

    """
    found = body.get("value") if isinstance(body, dict) else None
    if not isinstance(found, list):
        raise unusable("no list of values", where)
    return found


def graph_pages(
    session: HttpSession,
    path: str,
    params: Mapping[str, object] | None = None,
    *,
    rate: str = DEFAULT,
    headers: Mapping[str, str] | None = None,
) -> Iterator[dict[str, Any]]:
    """Answer by answer along ``@odata.nextLink``, which is used whole and unchanged.

    An answer may be empty and still have a next one.
    """
    guard = CursorGuard(path)
    link: str | None = path
    while link:
        guard.check(link)
        body = session.get_json(link, params, rate=rate, headers=headers)
        values(body, path)
        yield body
        link, params = body.get("@odata.nextLink"), None


def batch(
    session: HttpSession, paths: Sequence[str], *, rate: str = DEFAULT
) -> dict[str, dict[str, Any] | None]:
    """Read several paths with one request per twenty; ``None`` for one that is not there.

    The outer answer is 200 even when members fail, and each member is throttled by itself, so
    members that failed for the moment are asked for again by themselves.

    Raises:
        AccessError, SourceError, TransientSourceError: as :meth:`HttpSession.get`.

    """
    found: dict[str, dict[str, Any] | None] = {}
    for start in range(0, len(paths), MOST_PER_BATCH):
        waiting = list(paths[start : start + MOST_PER_BATCH])
        for attempt in range(_BATCH_TRIES):
            waiting = _batch_once(session, waiting, found, rate)
            if not waiting:
                break
            if attempt == _BATCH_TRIES - 1:
                # asked for one by one, the session's own patience and its errors apply
                found |= {path: session.get_json(path, rate=rate) for path in waiting}
    return found


def _batch_once(
    session: HttpSession,
    paths: Sequence[str],
    found: dict[str, dict[str, Any] | None],
    rate: str,
) -> list[str]:
    """One request; gives the paths to ask for again."""
    numbered = {str(number): path for number, path in enumerate(paths, start=1)}
    requests = [{"id": n, "method": "GET", "url": f"/{path}"} for n, path in numbered.items()]
    body = session.post_json("$batch", {"requests": requests}, rate=rate)
    answers = body.get("responses") if isinstance(body, dict) else None
    if not isinstance(answers, list):
        raise unusable("no list of responses", "$batch")
    again = dict(numbered)
    for answer in answers:
        number, status = str(answer.get("id")), int(answer.get("status", 0))
        path = numbered.get(number)
        if path is None or status in _RETRIED:
            continue
        if status in (401, 403):
            raise AccessError(
                "Reading this is not allowed",
                where=f"Microsoft Graph, {path}",
                next_step="Ask an Entra administrator for the missing permission",
            )
        again.pop(number, None)
        found[path] = answer.get("body") if 200 <= status < 300 else None
    return list(again.values())
