"""How a figure is written, everywhere: pages, reports and the command line use these words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from adoption.period import Period
from adoption.privacy import Cell, Released

DASH = "–"
SAME = "as before"
UNIT_WORDS = {
    "people": "people",
    "count": "",
    "share": "",
    "hours": "hours",
    "per_1000": "per 1,000 messages",
}


class Tone(StrEnum):
    """Whether a change is welcome. Direction and desirability are different things."""

    GOOD = "good"
    BAD = "bad"
    FLAT = "flat"


@dataclass(frozen=True, slots=True)
class Change:
    """The difference to the comparison period, in words; ``sign`` is -1, 0 or 1."""

    text: str
    tone: Tone
    sign: int


def amount(value: float | None, unit: str) -> str:
    """A value with its unit, such as ``31.4 %``, ``1,204`` or ``5.2 hours``; a dash for nothing."""
    if value is None:
        return DASH
    if unit == "share":
        return f"{value * 100:.1f} %"
    if unit == "hours":
        return f"{value:,.1f} h" if value < 72 else f"{value / 24:,.1f} days"
    if unit == "per_1000":
        return f"{value:,.1f}"
    return f"{value:,.0f}"


def figure(cell: Cell, unit: str) -> str:
    """What stands where a figure belongs: the figure, or in words why there is none."""
    if cell.shown and cell.value is not None:
        return amount(cell.value, unit)
    return cell.note or "Not available"


def short_figure(cell: Cell, unit: str) -> str:
    """The figure, ``hidden`` or ``not available``: for table cells and chart labels."""
    if cell.shown and cell.value is not None:
        return amount(cell.value, unit)
    return "hidden" if cell.state == "suppressed" else "not available"


def interval(cell: Cell, unit: str) -> str:
    """The 95 % interval in words, or an empty text where there is none."""
    if not cell.shown or cell.low is None or cell.high is None:
        return ""
    return f"95 % interval {amount(cell.low, unit)} to {amount(cell.high, unit)}"


def counted_from(cell: Cell) -> str:
    """The two counts behind a share or rate, such as ``312 of 1,004``."""
    if not cell.shown or cell.numerator is None or cell.denominator is None:
        return ""
    return f"{cell.numerator:,.0f} of {cell.denominator:,.0f}"


def change(now: Released, before: Released) -> Change | None:
    """The change of a headline figure since the comparison period; ``None`` if either is missing."""
    old, new = before.total.value, now.total.value
    if not (now.total.shown and before.total.shown) or old is None or new is None:
        return None
    difference = new - old
    text = _difference(difference, old, now.unit)
    if not any(digit in text for digit in "123456789"):
        return Change(SAME, Tone.FLAT, 0)
    sign = _sign(difference)
    if now.better == "none":
        tone = Tone.FLAT
    else:
        tone = Tone.GOOD if (sign > 0) == (now.better == "up") else Tone.BAD
    return Change(text, tone, sign)


def change_words(moved: Change) -> str:
    """A change inside a sentence: ``4.0 fewer than before``, ``0.3 points more than before``."""
    if not moved.sign:
        return moved.text
    return f"{moved.text.lstrip('+-')} {'more' if moved.sign > 0 else 'less'} than before"


def age(moment: datetime, now: datetime | None = None) -> str:
    """How long ago something was, in the coarsest unit that says it: ``3 hours ago``."""
    seconds = ((now or datetime.now(UTC)) - moment).total_seconds()
    for size, word in (
        (31_557_600.0, "year"),
        (86_400.0, "day"),
        (3_600.0, "hour"),
        (60.0, "minute"),
    ):
        if seconds >= size:
            number = int(seconds // size)
            return f"{number} {word}{'s' if number > 1 else ''} ago"
    return "just now"


def day(moment: date) -> str:
    """A day as people write it: ``5 Jan 2026``."""
    return f"{moment.day} {moment:%b %Y}"


def period_words(period: Period) -> str:
    """A period as people write it, with its ISO weeks: ``29 Dec 2025 to 29 Mar 2026 (...)``."""
    return f"{day(period.start)} to {day(period.end - timedelta(days=1))} ({period})"


def plural(number: int, one: str, many: str | None = None) -> str:
    """``1 message``, ``1,204 messages``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _difference(difference: float, old: float, unit: str) -> str:
    if unit == "share":
        return f"{difference * 100:+.1f} points"
    if unit == "hours":
        return f"{difference:+,.1f} h" if abs(difference) < 72 else f"{difference / 24:+,.1f} days"
    if unit == "per_1000":
        return f"{difference:+,.1f}"
    if old:
        return f"{difference / old * 100:+.1f} %"
    return f"{difference:+,.0f}"


def _sign(number: float) -> int:
    return (number > 0) - (number < 0)
