"""The report as one HTML file: no script, no outside reference, printable, charts as inline SVG."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import vl_convert
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from adoption.privacy import Released
from adoption.reports import charts
from adoption.reports.build import LIMITS, PURPOSE, Report
from adoption.reports.points import points, ranked, ranking
from adoption.wording import (
    amount,
    change,
    counted_from,
    figure,
    interval,
    period_words,
    short_figure,
)

TEMPLATES = Path(__file__).parent / "templates"
VEGA_LITE = "6.1"


def render_html(report: Report) -> bytes:
    """The report as UTF-8 HTML."""
    template = _environment().get_template("report.html")
    page = template.render(
        report=report,
        purpose=PURPOSE,
        limits=LIMITS,
        trend=_trend(report),
        section_charts={section.heading: _bars(section.figures) for section in report.sections},
    )
    return page.encode()


def svg(spec: dict[str, Any], width: int = 680) -> Markup:
    """A chart as an SVG element; remote data and fonts are out of reach."""
    drawn = vl_convert.vegalite_to_svg(
        charts.printed(spec, width), vl_version=VEGA_LITE, allowed_base_urls=[]
    )
    without_links = re.sub(r"<\?xml[^>]*\?>|<!DOCTYPE[^>]*>", "", drawn)
    return Markup(_renamed(without_links))  # noqa: S704 - made by the chart library, escaped


class WithEvidence(Protocol):
    """A masked text and the spans of it (start, end, weight) that decided."""

    @property
    def text(self) -> str:
        """The masked text."""

    @property
    def evidence(self) -> Sequence[tuple[int, int, float]]:
        """The spans."""


def _renamed(drawn: str) -> str:
    """The same SVG with ids that depend on its content only.

    The library numbers clip paths through the life of the process; two builds of one report would
    differ by that.
    """
    pattern = re.compile(r'(id="|url\(#)((?:clip|gradient)\d+)')
    order = list(dict.fromkeys(match[2] for match in pattern.finditer(drawn)))
    bare = pattern.sub(lambda match: f"{match[1]}{order.index(match[2])}", drawn)
    chart = hashlib.sha256(bare.encode()).hexdigest()[:8]
    return pattern.sub(lambda match: f"{match[1]}c{chart}-{order.index(match[2])}", drawn)


def marked(comment: WithEvidence) -> Markup:
    """A comment, escaped, with the words that decided in ``<mark>``."""
    pieces: list[Markup] = []
    last = 0
    for start, end, _ in sorted(comment.evidence):
        start = max(start, last)
        if end > start:
            pieces.append(Markup.escape(comment.text[last:start]))
            pieces.append(Markup("<mark>{}</mark>").format(comment.text[start:end]))
            last = end
    pieces.append(Markup.escape(comment.text[last:]))
    return Markup("").join(pieces)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "amount": amount,
        "change": change,
        "counted_from": counted_from,
        "figure": figure,
        "interval": interval,
        "period_words": period_words,
        "ranking": ranking,
        "short_figure": short_figure,
        "marked": marked,
    }
    return environment


def _trend(report: Report) -> Markup | None:
    if not any(cell.shown for cell in report.trend):
        return None
    spec = charts.trend(
        points(report.trend),
        title="Per 1,000 messages",
        colour=charts.AMBER,
        events=report.events,
        height=200,
    )
    return svg(spec)


def _bars(figures: Released) -> Markup | None:
    rows = ranked(figures, 12)
    if not any(point.value for point in rows):
        return None
    colour = charts.TEAL if figures.metric.startswith("active") else charts.AMBER
    return svg(
        charts.bars(rows, title=figures.title, percent=figures.unit == "share", colour=colour)
    )
