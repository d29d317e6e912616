"""Charts as Vega-Lite specifications, drawn alike in the dashboard and in reports.

A chart never computes a figure: it gets released points and draws them. A point without a value is
left out of the line (a gap), never drawn at zero. The dashboard hands a specification to Streamlit,
which puts its theme over it; reports add :func:`printed` and turn it into SVG.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

TEAL = "#0B6E6E"
AMBER = "#B45309"
PALETTE = (TEAL, AMBER, "#3B5BA5", "#7A4E9C", "#5B7A1F", "#9D3C5C", "#4E6A73", "#8A6D1B")
SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"


@dataclass(frozen=True, slots=True)
class Point:
    """One released figure of a chart.

    ``at`` is an ISO date for a trend and the label of a bar otherwise; ``shown`` is the figure in
    words, as the page writes it; ``low`` and ``high`` bound its interval.
    """

    at: str
    value: float | None
    shown: str
    low: float | None = None
    high: float | None = None
    series: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, drawn as a vertical rule: an enabler, a launch."""

    at: str
    title: str


def trend(
    points: Sequence[Point],
    *,
    title: str,
    percent: bool = False,
    colour: str = TEAL,
    events: Sequence[Event] = (),
    height: int = 240,
    months: bool = False,
) -> dict[str, Any]:
    """A line over weeks (or months) with its 95 % band, and rules where something was done."""
    layers: list[dict[str, Any]] = []
    axis = {"format": "%b %y", "tickCount": "month"} if months else {"format": "%-d %b %y"}
    x = {"field": "at", "type": "temporal", "title": None, "axis": axis}
    y_axis = {"format": ".0%"} if percent else {}
    if any(point.low is not None for point in points):
        layers.append(
            {
                "mark": {"type": "area", "opacity": 0.18, "color": colour},
                "encoding": {
                    "x": x,
                    "y": {"field": "low", "type": "quantitative", "title": title, "axis": y_axis},
                    "y2": {"field": "high"},
                },
            }
        )
    layers.append(
        {
            "mark": {
                "type": "line",
                "color": colour,
                "strokeWidth": 2,
                "point": {"size": 28, "color": colour},
            },
            "encoding": {
                "x": x,
                "y": {
                    "field": "value",
                    "type": "quantitative",
                    "title": title,
                    "axis": y_axis,
                    "scale": {"zero": True},
                },
                "tooltip": [
                    {
                        "field": "at",
                        "type": "temporal",
                        "title": "Month" if months else "Week from",
                        "format": "%B %Y" if months else "%-d %B %Y",
                    },
                    {"field": "shown", "title": title},
                    {"field": "note", "title": "Counted from"},
                ],
            },
        }
    )
    layers += _event_layers(events)
    return _framed({"layer": layers, "data": {"values": _values(points)}}, height)


def as_series(points: Sequence[Point], name: str) -> list[Point]:
    """The points under one name, to be drawn as one of several lines."""
    return [replace(point, series=name) for point in points]


def lines(
    points: Sequence[Point],
    *,
    title: str,
    percent: bool = False,
    events: Sequence[Event] = (),
    height: int = 170,
) -> dict[str, Any]:
    """Several lines over weeks, one for each series, to compare groups."""
    order = list(dict.fromkeys(point.series for point in points))
    line = {
        "mark": {"type": "line", "strokeWidth": 2},
        "encoding": {
            "x": {
                "field": "at",
                "type": "temporal",
                "title": None,
                "axis": {"format": "%-d %b %y"},
            },
            "y": {
                "field": "value",
                "type": "quantitative",
                "title": None,
                "axis": {"format": ".0%"} if percent else {},
            },
            "color": {
                "field": "series",
                "type": "nominal",
                "title": None,
                "sort": order,
                "legend": {"orient": "bottom"},
            },
            "tooltip": [
                {"field": "at", "type": "temporal", "title": "Week from", "format": "%-d %B %Y"},
                {"field": "series", "title": "Group"},
                {"field": "shown", "title": title},
            ],
        },
    }
    spec = {"layer": [line, *_event_layers(events)], "data": {"values": _values(points)}}
    return _framed(spec, height)


def stacked(points: Sequence[Point], *, title: str, height: int = 280) -> dict[str, Any]:
    """Bars per period, stacked by series (the barrier groups over time)."""
    order = list(dict.fromkeys(point.series for point in points))
    spec = {
        "data": {"values": _values(points)},
        "mark": {"type": "bar", "cornerRadiusEnd": 2},
        "encoding": {
            "x": {
                "field": "at",
                "timeUnit": "yearmonthdate",
                "type": "ordinal",
                "title": None,
                "axis": {"format": "%-d %b %y", "labelAngle": 0, "labelOverlap": True},
            },
            "y": {"field": "value", "type": "quantitative", "title": title, "stack": "zero"},
            "color": {
                "field": "series",
                "type": "nominal",
                "title": None,
                "sort": order,
                "legend": {"orient": "bottom", "columns": 3, "labelLimit": 220},
            },
            "tooltip": [
                {
                    "field": "at",
                    "type": "temporal",
                    "title": "Four weeks from",
                    "format": "%-d %B %Y",
                },
                {"field": "series", "title": "Reason"},
                {"field": "shown", "title": title},
            ],
        },
    }
    return _framed(spec, height)


def bars(
    points: Sequence[Point], *, title: str, percent: bool = False, colour: str = TEAL
) -> dict[str, Any]:
    """Horizontal bars in the order given, each with its interval and its figure in words.

    A hidden figure keeps its row and says in words why there is none.
    """
    order = [point.at for point in points]
    y = {
        "field": "at",
        "type": "nominal",
        "sort": order,
        "title": None,
        "axis": {"labelLimit": 190, "ticks": False, "domain": False},
    }
    x_axis = {"format": ".0%"} if percent else {}
    layers: list[dict[str, Any]] = [
        {
            "mark": {
                "type": "bar",
                "color": colour,
                "cornerRadiusEnd": 3,
                "height": {"band": 0.62},
            },
            "encoding": {
                "y": y,
                "x": {
                    "field": "value",
                    "type": "quantitative",
                    "title": title,
                    "axis": {**x_axis, "tickCount": 5},
                    "scale": {"domain": [0, _reach(points)]},
                },
                "tooltip": [
                    {"field": "at", "title": " "},
                    {"field": "shown", "title": title},
                    {"field": "note", "title": "Counted from"},
                ],
            },
        },
        {
            "mark": {"type": "text", "align": "left", "dx": 6, "fontSize": 12},
            "encoding": {
                "y": y,
                "x": {"field": "edge", "type": "quantitative"},
                "text": {"field": "shown"},
            },
        },
    ]
    if any(point.value and point.low is not None for point in points):
        layers.insert(
            1,
            {
                "mark": {"type": "rule", "strokeWidth": 1.5, "opacity": 0.7},
                "transform": [{"filter": "datum.value > 0"}],
                "encoding": {
                    "y": y,
                    "x": {"field": "low", "type": "quantitative"},
                    "x2": {"field": "high"},
                },
            },
        )
    spec = {"layer": layers, "data": {"values": _values(points)}}
    return _framed(spec, max(90, 30 * len(points) + 50))


def inked(spec: dict[str, Any], ink: str) -> dict[str, Any]:
    """The chart with its texts and interval lines in a colour that suits the background."""
    return {**spec, "config": {"text": {"color": ink}, "rule": {"color": ink}}}


def printed(spec: dict[str, Any], width: int = 640) -> dict[str, Any]:
    """The same chart for paper: a fixed width, our own colours, dark text on white."""
    return {
        "$schema": SCHEMA,
        **spec,
        "width": width,
        "background": "#FFFFFF",
        "config": {
            "font": "DejaVu Sans, Noto Sans, Arial, sans-serif",
            "range": {"category": list(PALETTE)},
            "axis": {"labelColor": "#33444A", "titleColor": "#33444A", "gridColor": "#E3EAEA"},
            "legend": {"labelColor": "#33444A"},
            "text": {"color": "#33444A"},
            "rule": {"color": "#33444A"},
            "view": {"stroke": None},
        },
    }


def _reach(points: Sequence[Point]) -> float:
    """Where the axis of bars ends: room for the longest interval and its figure in words."""
    longest = max((max(p.value or 0.0, p.high or 0.0) for p in points if p.value), default=0.0)
    return longest * 1.18 or 1.0


def _event_layers(events: Sequence[Event]) -> list[dict[str, Any]]:
    if not events:
        return []
    values = [{"at": event.at, "title": event.title} for event in events]
    x = {"field": "at", "type": "temporal"}
    return [
        {
            "data": {"values": values},
            "mark": {"type": "rule", "strokeDash": [4, 3], "opacity": 0.8},
            "encoding": {"x": x, "tooltip": [{"field": "title", "title": "Done"}]},
        },
        {
            "data": {"values": values},
            "mark": {"type": "text", "align": "left", "baseline": "top", "dx": 4, "fontSize": 11},
            "encoding": {"x": x, "y": {"value": 2}, "text": {"field": "title"}},
        },
    ]


def _framed(spec: dict[str, Any], height: int) -> dict[str, Any]:
    return {**spec, "height": height, "autosize": {"type": "fit-x", "contains": "padding"}}


def _values(points: Sequence[Point]) -> list[dict[str, Any]]:
    return [
        {
            "at": point.at,
            "value": point.value,
            "shown": point.shown,
            "low": point.low,
            "high": point.high,
            "series": point.series,
            "note": point.note,
            "edge": max(point.value or 0.0, (point.high or 0.0) if point.value else 0.0),
        }
        for point in points
    ]
