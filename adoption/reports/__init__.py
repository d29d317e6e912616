"""Reports: one content made of released figures, one writer per format."""

from adoption.reports.build import Report, Section, build_report
from adoption.reports.write import FORMATS, write_report

__all__ = ["FORMATS", "Report", "Section", "build_report", "write_report"]
