"""Reads reports back, each format in its own way, into what a reader would take from it."""

from __future__ import annotations

import csv
import io
import json
from html.parser import HTMLParser
from typing import Any, NamedTuple

import openpyxl

LINKS = ("src", "href", "action", "data", "poster", "srcset", "xlink:href", "formaction", "ping")


class Cell(NamedTuple):
    """One figure of a section: its group and its value, ``None`` where there is none."""

    group: str
    value: float | None


class Page(HTMLParser):
    """What an HTML report holds: elements, references, texts by element, tables, cards."""

    def __init__(self, content: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[str] = []
        self.references: list[str] = []
        self.handlers: list[str] = []
        self.styles = ""
        self.text = ""
        self.comments = 0
        self.quotes: list[str] = []
        self.cards: dict[str, str] = {}
        self.tables: dict[str, dict[str, list[str]]] = {}
        self._open: list[str] = []
        self._heading = ""
        self._row: list[str] = []
        self._card = ["", ""]
        self._class = ""
        self.feed(content.decode())
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        for name, value in attrs:
            if name in LINKS and not (value or "").startswith("#"):
                self.references.append(f"{tag} {name}={value}")
            if name.startswith("on"):
                self.handlers.append(name)
            if name == "style":
                self.styles += value or ""
        if tag in ("meta", "link", "br", "path", "line", "rect"):
            return
        self._open.append(tag)
        self._class = dict(attrs).get("class") or ""
        if tag == "tr":
            self._row = []
        elif tag in ("th", "td"):
            self._row.append("")
        elif tag == "blockquote":
            self.quotes.append("")
        elif tag in ("h2", "h3"):
            self._heading = ""
        elif tag == "li":
            self._card = ["", ""]

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open[-1] != tag:
            self._open.pop()
        if self._open:
            self._open.pop()
        if tag == "tr" and self._row:
            self.tables.setdefault(self._heading, {})[self._row[0]] = self._row[1:]
        elif tag == "li":
            self.cards[self._card[0]] = self._card[1]

    def handle_comment(self, data: str) -> None:
        self.comments += 1

    def handle_data(self, data: str) -> None:
        here = self._open[-1] if self._open else ""
        if here == "style":
            self.styles += data
            return
        self.text += data
        if "blockquote" in self._open:
            self.quotes[-1] += data
        elif here in ("th", "td"):
            self._row[-1] += data
        elif here == "h2":
            self._heading += data
        elif here == "div" and self._class == "name":
            self._card[0] += data
        elif here == "div" and self._class.startswith("value"):
            self._card[1] += data


def table(content: bytes) -> list[dict[str, str]]:
    """The rows of a CSV report."""
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def book(content: bytes) -> Any:
    """The workbook of an XLSX report."""
    return openpyxl.load_workbook(io.BytesIO(content))


def sheet_cells(content: bytes, name: str) -> list[Cell]:
    """The groups and values of one sheet."""
    rows = list(book(content)[name[:31]].iter_rows(min_row=2, max_col=2, values_only=True))
    return [Cell(str(g), v if isinstance(v, (int, float)) else None) for g, v in rows]


def plain(content: bytes) -> Any:
    """A JSON report."""
    return json.loads(content)


def csv_number(text: str) -> float | None:
    """A number of a CSV cell, ``None`` where it is empty."""
    return float(text) if text else None
