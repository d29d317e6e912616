"""Points in time as networks write them, turned into timezone-aware UTC without rounding."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_OTHER_FORMATS = (
    "%Y/%m/%d %H:%M:%S %z",  # Yammer REST API v1
    "%Y-%m-%d %H:%M:%S %z",
    "%Y-%m-%d %H:%M:%S UTC",
    "%Y/%m/%d %H:%M:%S",
)


def from_iso(text: str) -> datetime:
    """Read an ISO 8601 time, or Yammer's ``2024/03/05 14:02:11 +0000``; no zone means UTC.

    Raises:
        ValueError: it is none of these.

    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = _from_other(text.strip())
    if moment.tzinfo is UTC:
        return moment
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC)


def from_milliseconds(number: int) -> datetime:
    """Read milliseconds since 1970 exactly.

    Raises:
        ValueError: outside the years 1 to 9999.

    """
    try:
        return _EPOCH + timedelta(milliseconds=number)
    except OverflowError as error:
        raise ValueError("time out of range") from error


def from_seconds(text: str) -> datetime:
    """Read decimal seconds since 1970 such as ``1512085950.000216``, to the microsecond, exactly.

    Raises:
        ValueError: it is no such number.

    """
    seconds, _, fraction = text.partition(".")
    if not seconds.isdigit() or (fraction and not fraction.isdigit()):
        raise ValueError("no seconds since 1970")
    micros = int(fraction[:6].ljust(6, "0")) if fraction else 0
    try:
        return _EPOCH + timedelta(seconds=int(seconds), microseconds=micros)
    except OverflowError as error:
        raise ValueError("time out of range") from error


def _from_other(text: str) -> datetime:
    for form in _OTHER_FORMATS:
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    raise ValueError("no time in a known form")
