"""The report as JSON: every figure with its counts, interval, window and definition."""

from __future__ import annotations

import json
from typing import Any

from adoption.reports.build import LIMITS, PURPOSE, Report


def render_json(report: Report) -> bytes:
    """UTF-8 JSON with stable keys."""
    return (json.dumps(as_dict(report), indent=2, ensure_ascii=False) + "\n").encode()


def as_dict(report: Report) -> dict[str, Any]:
    """The report as plain values."""
    return {
        "title": report.title,
        "period": str(report.period),
        "comparison": str(report.period.previous()),
        "selection": report.selection.as_dict(),
        "made_at": report.made_at.isoformat(timespec="seconds"),
        "version": report.version,
        "snapshot": report.snapshot,
        "headlines": [
            {"now": h.now.as_dict(), "before": h.before.as_dict()} for h in report.headlines
        ],
        "trend": report.trend.as_dict(),
        "sections": [
            {"heading": s.heading, "figures": s.figures.as_dict()} for s in report.sections
        ],
        "comments": [
            {"barrier": v.barrier, "title": v.title, "comments": v.comments.as_dict()["comments"]}
            for v in report.voices
        ],
        "events": [{"on": event.at, "title": event.title} for event in report.events],
        "purpose": PURPOSE,
        "limits": LIMITS,
    }
