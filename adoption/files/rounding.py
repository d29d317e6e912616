"""Ids that a spreadsheet has rounded.

Excel keeps 15 digits of a number. A longer id loses its last digits when a table is opened and
saved, and shows as ``1.2E+15``; nothing brings the digits back.
"""

from __future__ import annotations

import re

EXACT_BELOW = 10**15
"""The smallest whole number a spreadsheet may have rounded."""

_ROUNDED = re.compile(r"\d+(?:[.,]\d+)?E\+?\d+", re.IGNORECASE)


def is_rounded(cell: object) -> bool:
    """Whether a cell that should hold an id holds what a spreadsheet left of it."""
    if isinstance(cell, float):
        return abs(cell) >= EXACT_BELOW
    return isinstance(cell, str) and bool(_ROUNDED.fullmatch(cell.strip()))
