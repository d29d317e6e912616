"""Registering what was done about barriers, and seeing what it changed."""

from __future__ import annotations

from datetime import date

import pytest

from adoption.enabling import departments_of, new_enabler
from adoption.errors import SettingsError
from adoption.store import Enabler


def test_an_enabler_for_some_departments_names_them() -> None:
    enabler = new_enabler(
        "training", " Half-hour sessions ", date(2026, 3, 2), ["Surgery", "Imaging"]
    )
    assert enabler.title == "Half-hour sessions"
    assert departments_of(enabler) == ("Imaging", "Surgery")


def test_an_enabler_without_departments_is_for_everybody() -> None:
    assert departments_of(new_enabler("policy", "Plain words", date(2026, 3, 2), [])) == ()


def test_a_kind_nobody_knows_is_refused() -> None:
    with pytest.raises(SettingsError, match="is no kind of enabler"):
        new_enabler("magic", "Plain words", date(2026, 3, 2), [])


def test_an_enabler_needs_a_title() -> None:
    with pytest.raises(SettingsError, match="no title"):
        new_enabler("policy", "  ", date(2026, 3, 2), [])


def test_a_target_that_is_not_about_departments_is_for_everybody() -> None:
    assert departments_of(Enabler(1, "policy", "x", date(2026, 3, 2), target={"site": ["A"]})) == ()
