"""One HTTP session for every live connector: polite, patient, bounded and discreet."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO
from urllib.parse import urljoin, urlsplit

import requests
from urllib3.exceptions import HTTPError as TransportError

from adoption.errors import SourceError, TransientSourceError
from adoption.http.answer import DEFAULT, Answer, Authorizer, Settings, Traffic
from adoption.http.guard import Origin, RefusedAddressError, checked_origin, split_strictly
from adoption.http.redact import RedactingFilter, Redactor
from adoption.http.refusals import caused_by, gave_up, refused, refused_address
from adoption.http.retry import RETRIED_STATUSES, requested_wait
from adoption.http.transport import allow_other_origin, transport_for
from adoption.limits import Clock, Limiter, Rate, SystemClock, stop_if

LOG = logging.getLogger("adoption.http")
for _noisy in ("urllib3", "msal"):  # their debug lines hold full addresses with signed queries
    logging.getLogger(_noisy).setLevel(logging.WARNING)

_CHUNK = 256 * 1024
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_HOPS = 3
_AGENT = "adoption-tracker"


Judge = Callable[[Any], str | None]


@dataclass(frozen=True, slots=True)
class _Call:
    method: str
    url: str
    params: Sequence[tuple[str, str]]
    body: Any
    headers: Mapping[str, str]
    rate: str
    accept: frozenset[int]
    where: str
    signed: bool = True


class _TryAgainError(Exception):
    """An answer that is worth another try; ``wait`` is what the server asked for."""

    def __init__(self, reason: str, wait: float | None = None, *, throttled: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.wait = wait
        self.throttled = throttled


class HttpSession:
    """Reads from one origin.

    Safe to use from two threads. Only ``GET``, and ``POST`` where a network documents it as a read,
    so every request may be repeated.
    """

    def __init__(
        self,
        settings: Settings,
        authorizer: Authorizer | None = None,
        *,
        clock: Clock | None = None,
        cancelled: threading.Event | None = None,
    ) -> None:
        self.traffic = Traffic()
        self._settings = settings
        self._authorizer = authorizer
        self._clock = clock or SystemClock()
        self._cancelled = cancelled or threading.Event()
        self.origin = checked_origin(settings.base_url, internal=settings.internal)
        self.base = settings.base_url.rstrip("/") + "/"
        rates = {DEFAULT: Rate(10, 1.0), **settings.rates}
        self._limiters = {name: Limiter(rate, self._clock) for name, rate in rates.items()}
        self._chance = random.Random()
        self._redact = Redactor(authorizer.secrets() if authorizer else ())
        self._filter = RedactingFilter(self._redact)
        LOG.addFilter(self._filter)
        self._lock = threading.Lock()
        self._ends = self._clock.monotonic() + settings.patience.run_seconds
        self._transport = transport_for(settings)

    def close(self) -> None:
        """Close all connections."""
        self._transport.close()
        LOG.removeFilter(self._filter)

    def get(
        self,
        path: str,
        params: Mapping[str, object] | Sequence[tuple[str, object]] | None = None,
        *,
        rate: str = DEFAULT,
        accept: frozenset[int] = frozenset(),
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Read ``path`` (relative to the base address, or a whole address of the same origin).

        Args:
            path: what to read; a whole address is used unchanged, as a ``nextLink`` must be.
            params: query parameters; ``None`` values are left out.
            rate: the class of endpoints it counts for.
            accept: statuses other than 2xx the caller wants to see itself.
            headers: extra headers.

        Raises:
            AccessError: 401 (after one renewal) or 403.
            SourceError: another refusal, a foreign address, an answer too large.
            TransientSourceError: the server kept failing, or asked to wait too long.
            InterruptedRunError: the user stopped the run.

        """
        return self._exchange(self._call("GET", path, params, None, rate, accept, headers), None)

    def get_json(
        self,
        path: str,
        params: Mapping[str, object] | Sequence[tuple[str, object]] | None = None,
        *,
        rate: str = DEFAULT,
        accept: frozenset[int] = frozenset(),
        headers: Mapping[str, str] | None = None,
        judge: Judge | None = None,
    ) -> Any:
        """As :meth:`get`, decoded. An accepted status gives ``None``.

        ``judge`` sees the decoded body and names a reason to try again, or raises.
        """
        call = self._call("GET", path, params, None, rate, accept, headers)
        return self._json(call, judge)

    def post_json(
        self,
        path: str,
        body: Any,
        *,
        rate: str = DEFAULT,
        accept: frozenset[int] = frozenset(),
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """A read that a network documents as ``POST`` with a JSON body; else as :meth:`get_json`."""
        return self._json(self._call("POST", path, None, body, rate, accept, headers), None)

    def download(
        self,
        url: str,
        target: BinaryIO,
        *,
        most_bytes: int,
        signed: bool = False,
        rate: str = DEFAULT,
    ) -> int:
        """Write a file to ``target``; gives its size in bytes.

        ``signed`` sends our credentials, to our own origin only. Otherwise the address may be a
        pre-authenticated one on any public https host, reached without any credential.

        Raises:
            as :meth:`get`; the download begins again from the start on every try.

        """
        where = f"{urlsplit(url).hostname or self.origin.host} (download)"
        if signed:
            call = self._call("GET", url, None, None, rate, frozenset(), None)
        else:
            allow_other_origin(url, self._settings.internal)
            call = _Call("GET", url, (), None, {}, rate, frozenset(), where, signed=False)
        start = target.tell()
        sizes: list[int] = []

        def put(chunk: bytes) -> None:
            try:
                target.write(chunk)
            except OSError as error:
                raise SourceError(
                    f"The download could not be written: {error.strerror}",
                    where=where,
                    next_step="Free space on the disk that holds temporary files",
                ) from None

        def write(response: requests.Response) -> bytes:
            target.seek(start)
            target.truncate()
            sizes[:] = [self._copy(response, put, most_bytes, where)]
            return b""

        self._exchange(call, None, write)
        return sizes[0]

    # -- one call ------------------------------------------------------------------------------

    def _call(
        self,
        method: str,
        path: str,
        params: Mapping[str, object] | Sequence[tuple[str, object]] | None,
        body: Any,
        rate: str,
        accept: frozenset[int],
        headers: Mapping[str, str] | None,
    ) -> _Call:
        url = path if "://" in path else self.base + path.lstrip("/").replace(" ", "%20")
        self._own(url)
        pairs = params.items() if isinstance(params, Mapping) else params or ()
        query = tuple((name, _text(value)) for name, value in pairs if value is not None)
        where = self._redact(f"{self.origin.host}{urlsplit(url).path}")
        return _Call(method, url, query, body, headers or {}, rate, accept, where)

    def _own(self, url: str) -> None:
        try:
            parts = split_strictly(url)
            port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
            found = Origin(parts.scheme, (parts.hostname or "").lower(), port or 0)
            is_ours = found == self.origin and parts.username is None
        except ValueError:
            is_ours = False
        if not is_ours:
            raise SourceError(
                "The server points to another address, which our credentials must not reach",
                where=self.origin.host,
                next_step="Check the base address of the connection",
            )

    def _json(self, call: _Call, judge: Judge | None) -> Any:
        decoded: list[Any] = []

        def look(answer: Answer) -> None:
            if answer.status in call.accept:
                decoded[:] = [None]
                return
            try:
                decoded[:] = [answer.json()]
            except ValueError:
                raise _TryAgainError("an answer that is not complete JSON") from None
            if decoded[0] is None:
                raise _TryAgainError("an answer that says nothing")
            reason = judge(decoded[0]) if judge else None
            if reason:
                wait = requested_wait(answer.headers, self._clock.now())
                raise _TryAgainError(reason, wait, throttled=wait is not None)

        self._exchange(call, look)
        return decoded[0]

    def _exchange(
        self,
        call: _Call,
        look: Callable[[Answer], None] | None,
        consume: Callable[[requests.Response], bytes] | None = None,
    ) -> Answer:
        patience = self._settings.patience
        renewed = False
        attempt = 0
        while True:
            try:
                answer = self._once(call, consume)
                if answer.status == 401 and call.signed and not renewed and self._authorizer:
                    renewed = True
                    if self._authorizer.renew(answer):
                        continue
                self._sort_out(call, answer)
                if look is not None:
                    look(answer)
                return answer
            except _TryAgainError as trouble:
                if attempt >= patience.attempts:
                    raise gave_up(call.where, trouble.reason, attempt + 1) from None
                self._pause(call, trouble, attempt)
                attempt += 1

    def _once(self, call: _Call, consume: Callable[[requests.Response], bytes] | None) -> Answer:
        url, params = call.url, call.params
        for _ in range(_MOST_HOPS + 1):
            answer = self._send(call, url, params, consume)
            moved = answer.headers.get("Location") if answer.status in _REDIRECTS else None
            if moved is None or answer.status in call.accept or call.method != "GET":
                return answer
            url, params = urljoin(url, moved), ()
            if call.signed:
                self._own(url)
            else:
                allow_other_origin(url, self._settings.internal)
        raise SourceError(
            "The server redirects in circles", where=call.where, next_step="Check the base address"
        )

    def _send(
        self,
        call: _Call,
        url: str,
        params: Sequence[tuple[str, str]],
        consume: Callable[[requests.Response], bytes] | None,
    ) -> Answer:
        stop_if(self._cancelled)
        self._count(wait=self._limiters[call.rate].acquire(self._cancelled))
        if self._clock.monotonic() > self._ends:
            raise TransientSourceError(
                "The run took longer than allowed",
                where=call.where,
                next_step="Run it again to go on from the last committed page",
            )
        headers = {"User-Agent": _AGENT, "Accept": "application/json"}
        if call.signed:
            headers |= {**self._settings.headers, **call.headers}
            if self._authorizer is not None:
                headers |= self._authorizer.headers()
                for secret in self._authorizer.secrets():
                    self._redact.add(secret)
        self._count(requests=1)
        patience = self._settings.patience
        try:
            with self._transport.request(
                call.method,
                url,
                params=list(params),
                json=call.body,
                headers=headers,
                timeout=(patience.connect_seconds, patience.read_seconds),
                allow_redirects=False,
                stream=True,
            ) as response:
                good = 200 <= response.status_code < 300
                body = consume(response) if consume and good else self._body(response, call.where)
        except RefusedAddressError:
            raise refused_address(call.where) from None
        except (requests.RequestException, TransportError, OSError) as error:
            if caused_by(error, RefusedAddressError):
                raise refused_address(call.where) from None
            raise self._unreachable(call, error) from None
        LOG.debug("%s %s %s", call.method, call.where, response.status_code)
        return Answer(response.status_code, response.headers, body, call.where)

    def _unreachable(self, call: _Call, error: Exception) -> Exception:
        if isinstance(error, requests.exceptions.SSLError):
            return SourceError(
                "The server's certificate could not be trusted",
                where=call.where,
                next_step="Have the certificate renewed, or name the organisation's own authority "
                "in the setting 'ca_bundle'",
            )
        return _TryAgainError(f"the connection failed ({type(error).__name__})")

    def _body(self, response: requests.Response, where: str) -> bytes:
        parts: list[bytes] = []
        self._copy(response, parts.append, self._settings.patience.answer_bytes, where)
        return b"".join(parts)

    def _copy(
        self, response: requests.Response, write: Callable[[bytes], Any], most: int, where: str
    ) -> int:
        # read1 gives what has arrived, so the deadline is looked at even when bytes only trickle
        size = 0
        ends = self._clock.monotonic() + self._settings.patience.answer_seconds
        while chunk := response.raw.read1(_CHUNK, decode_content=True):
            write(chunk)
            size += len(chunk)
            self._count(received=len(chunk))
            stop_if(self._cancelled)
            if size > most:
                raise SourceError(
                    f"An answer is larger than {most // 2**20} MiB",
                    where=where,
                    next_step="Lower the page size of the connection",
                )
            if self._clock.monotonic() > ends:
                raise _TryAgainError("the answer took too long to arrive")
        return size

    def _sort_out(self, call: _Call, answer: Answer) -> None:
        """Decide by the status first; a body is only looked at once the status is good."""
        status = answer.status
        if 200 <= status < 300 or status in call.accept:
            return
        if status in RETRIED_STATUSES:
            wait = requested_wait(answer.headers, self._clock.now())
            raise _TryAgainError(f"answered {status}", wait, throttled=status == 429)
        raise refused(answer)

    def _pause(self, call: _Call, trouble: _TryAgainError, attempt: int) -> None:
        patience = self._settings.patience
        wait = patience.backoff(attempt, self._chance)
        if trouble.wait is not None:
            if trouble.wait > patience.longest_wait_seconds:
                raise TransientSourceError(
                    "The server asks to wait longer than this run may last",
                    where=f"{call.where}, {trouble.wait:.0f} seconds",
                    next_step="Run it again later; it goes on from the last committed page",
                )
            wait = trouble.wait + self._chance.uniform(0, min(1.0, trouble.wait / 10))
        elif trouble.throttled:
            wait = max(wait, patience.floor_seconds)
        self._count(retries=1, wait=wait)
        LOG.info("%s: %s, waiting %.1f s", call.where, trouble.reason, wait)
        if trouble.throttled:
            self._limiters[call.rate].hold(wait)
        self._clock.wait(wait, self._cancelled)
        stop_if(self._cancelled)

    def _count(
        self, *, requests: int = 0, retries: int = 0, wait: float = 0.0, received: int = 0
    ) -> None:
        with self._lock:
            self.traffic.requests += requests
            self.traffic.retries += retries
            self.traffic.wait_seconds += wait
            self.traffic.bytes_received += received


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
