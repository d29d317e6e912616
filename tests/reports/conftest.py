"""A network whose people and places have names and words that would break a careless report."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adoption.metrics import Selection
from adoption.period import Period
from adoption.reports import Report, build_report
from adoption.service import Service
from tests.service.objector import flag_everything
from tests.service.talk import write_staff, write_talk

PERIOD = Period.parse("2026-W09:2026-W14")
CLOCK = datetime(2026, 4, 7, 8, 30, tzinfo=UTC)

HOSTILE_TEXTS = (
    "=HYPERLINK(1+1) is what my mail did before",
    "+1 for going back to mail, this is nonsense",
    "-2 points for this idea, mail was better",
    "@SUM(1+1) and other reasons to keep mail",
    "\t=1+1 with a tab before it, mail please",
    "＝1+1 with a wide equals sign, mail please",
    "<script>alert(1)</script> mail was fine",
    "<img src=x onerror=alert(1)> mail was fine",
    "]]> &amp; <!-- mail was fine --> \"quoted\" 'single'",
    "{{ 7 * 7 }} {% raw %} mail was fine",
    "mail \u202egnp.exe\u202c was fine \u2066here\u2069",
    "mail\x07 was\x1b[31m fine\x08 with controls\x0b",
    "メールで十分です。わざわざ増やさないでください",
    "mail 👩🏽\u200d⚕️ was fine 🏥",
)
HOSTILE_PLACES = (
    "=cmd|' /C calc'!A0",
    '<b>Ward</b> & "Co"',
    "{{ config }}",
    "救急 🚑",
    "Long " * 20 + "name",
)


@dataclass(frozen=True)
class Built:
    """A report of a network, and the network's data folder."""

    home: Path
    report: Report


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """A report on comments and communities that mean harm, 30 authors for each."""
    folder = tmp_path_factory.mktemp("hostile")
    texts = [text for text in HOSTILE_TEXTS for _ in range(30)]
    home = folder / "home"
    with Service(home, create=True) as service:
        service.import_files([write_staff(folder / "staff.csv", 60, ["=Surgery", "Imaging"])])
        service.import_files(
            [write_talk(folder / "talk.csv", texts, authors=60, communities=HOSTILE_PLACES)]
        )
        flag_everything(home)
        return Built(home, report_of(service, PERIOD))


@pytest.fixture(scope="session")
def sample_report(northfield_home: Path) -> Report:
    """A report on the sample network."""
    with Service(northfield_home) as service:
        return report_of(service, Period.parse("2026-W14:2026-W26"))


@pytest.fixture(scope="session")
def northfield_home(request: pytest.FixtureRequest) -> Path:
    """The flagged sample, to be looked at only."""
    found: Path = request.getfixturevalue("northfield").flagged
    return found


def report_of(service: Service, period: Period, selection: Selection | None = None) -> Report:
    """A report made at a fixed time."""
    return build_report(service, period, selection or Selection(), now=CLOCK)
