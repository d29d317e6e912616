"""The button that writes a report of what the page shows."""

from __future__ import annotations

import tempfile
from pathlib import Path

import streamlit as st

from adoption.reports import FORMATS
from adoption.ui.session import Filters, service

NAMES = {
    "html": "Web page (HTML)",
    "xlsx": "Spreadsheet (XLSX)",
    "csv": "Table (CSV)",
    "json": "Data (JSON)",
}


def export_button(chosen: Filters) -> None:
    """A popover with the formats; the report is made when a format is chosen."""
    with st.popover("Export report", icon=":material/download:", type="primary"):
        kind = st.radio(
            "Format", FORMATS, format_func=lambda name: NAMES[name], key="report_format"
        )
        st.caption(f"{chosen.period}, with the departments and communities chosen on this page.")
        st.download_button(
            "Download",
            data=lambda: _written(chosen, kind),
            file_name=f"resistance-report-{str(chosen.period).replace(':', '-to-')}.{kind}",
            on_click="ignore",
            key="download_report",
        )


def _written(chosen: Filters, kind: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / f"report.{kind}"
        return service().report(chosen.period, chosen.selection, kind, out).read_bytes()
