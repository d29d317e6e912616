"""The sample network that many tests look at: made, imported and flagged once."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from adoption.demo import Sample, write_sample
from adoption.service import Service
from adoption.store import Enabler, Store

pytest.register_assert_rewrite("adoption.conformance")

UNTIL = date(2026, 6, 28)
"""The last day of the sample, a Sunday, so that its last week is whole."""


@dataclass(frozen=True)
class Northfield:
    """The sample hospital with 400 people and six months of talk. Copy a folder before writing."""

    sample: Sample
    imported: Path
    """A data folder with the people file and the export in it, nothing flagged."""
    flagged: Path
    """The same, flagged by the lite profile, with the enablers of the sample."""


@pytest.fixture(scope="session")
def northfield(tmp_path_factory: pytest.TempPathFactory) -> Northfield:
    """The sample network, imported as a customer would."""
    folder = tmp_path_factory.mktemp("northfield")
    sample = write_sample(folder / "sample", people=400, months=6, seed=1, until=UNTIL)
    imported, flagged = folder / "imported", folder / "flagged"
    with Service(imported, create=True) as service:
        service.import_files([sample.people_file])
        service.import_files([sample.export_zip])
    shutil.copytree(imported, flagged)
    with Service(flagged) as service:
        service.flag(profile="lite")
    register_enablers(flagged, sample)
    return Northfield(sample, imported, flagged)


@pytest.fixture
def home(northfield: Northfield, tmp_path: Path) -> Path:
    """A copy of the flagged sample, to be written to."""
    return Path(shutil.copytree(northfield.flagged, tmp_path / "home"))


@pytest.fixture
def unflagged(northfield: Northfield, tmp_path: Path) -> Path:
    """A copy of the sample before anything was flagged, to be written to."""
    return Path(shutil.copytree(northfield.imported, tmp_path / "unflagged"))


def register_enablers(home: Path, sample: Sample) -> None:
    """Put the enablers of a sample into a data folder."""
    with Store.open(home) as store:
        for entry in json.loads(sample.enablers.read_text("utf-8")):
            on = date.fromisoformat(entry["on"])
            store.control.put_enabler(Enabler(0, entry["kind"], entry["title"], on))
