"""Writes a report to a file, whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from adoption.errors import SettingsError, StoreError
from adoption.reports.build import Report
from adoption.reports.page import render_html
from adoption.reports.sheets import render_csv, render_xlsx
from adoption.reports.structured import render_json

WRITERS: Mapping[str, Callable[[Report], bytes]] = {
    "html": render_html,
    "csv": render_csv,
    "xlsx": render_xlsx,
    "json": render_json,
}
FORMATS = tuple(WRITERS)


def write_report(report: Report, kind: str, out: Path) -> Path:
    """Render a report and put it where it was asked for.

    Raises:
        SettingsError: there is no such format.
        StoreError: the file cannot be written; what was there before is untouched.

    """
    if kind not in WRITERS:
        raise SettingsError(
            f"{kind!r} is not a format of reports",
            where="--format",
            next_step=f"Use one of: {', '.join(FORMATS)}",
        )
    content = WRITERS[kind](report)
    draft = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        draft.write_bytes(content)
        os.replace(draft, out)
    except OSError as problem:
        draft.unlink(missing_ok=True)
        raise StoreError(
            f"The report cannot be written: {problem.strerror}",
            where=str(out),
            next_step="Choose a folder that exists and that you may write to",
        ) from None
    return out
