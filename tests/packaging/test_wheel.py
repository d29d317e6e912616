"""The wheel stands alone: everything it needs is in it, and it works far from the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import adoption

ROOT = Path(adoption.__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built without network."""
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation"]
    done = subprocess.run(
        [*command, "--no-index", "--quiet", "-w", str(out), str(ROOT)],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    [built] = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def unpacked(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel's content, as an installation lays it out."""
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def run(unpacked: Path, elsewhere: Path, *arguments: str, stdin: str = "") -> str:
    """Run the command line of the unpacked wheel in another folder; returns what it printed."""
    program = "import adoption, sys; from adoption.cli import main; "
    program += f"assert adoption.__file__.startswith({str(unpacked)!r}), adoption.__file__; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True,
        encoding="utf-8",
        cwd=elsewhere,
        input=stdin,
        env={**os.environ, "PYTHONPATH": str(unpacked), "PYTHONSAFEPATH": "1"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def files(folder: Path) -> set[str]:
    """The files of a folder of the checkout that belong into a wheel."""
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_the_wheel_carries_all_that_is_not_python(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert "dashboard.py" in names
    assert {f"adoption/_config/{name}" for name in files(ROOT / "config")} <= names
    for folder in ("adoption", "connectors"):
        assert {f"{folder}/{name}" for name in files(ROOT / folder)} <= names
    for name in ("reports/templates/report.html", "ui/icon.png"):
        assert f"adoption/{name}" in names
    assert any(name.startswith("adoption/demo/bodies/") for name in names)
    assert not [name for name in names if name.startswith(("tests", "bench", "docs"))]


def test_the_wheel_names_its_command_and_its_connectors(unpacked: Path) -> None:
    [points] = unpacked.glob("*.dist-info/entry_points.txt")
    written = points.read_text("utf-8")
    assert "adoption = adoption.cli:main" in written
    for connector in ("viva-engage-export", "slack-export", "mattermost-export", "table"):
        assert f"{connector} = connectors." in written
    [licence] = unpacked.glob("*.dist-info/licenses/LICENSE")
    assert "MIT" in licence.read_text("utf-8")


def test_the_command_teaches_far_from_the_checkout(unpacked: Path, tmp_path: Path) -> None:
    assert "adoption import export.zip" in run(unpacked, tmp_path, "--help")


def test_flagging_works_far_from_the_checkout(unpacked: Path, tmp_path: Path) -> None:
    given = json.dumps({"id": "1", "text": "Why can't we use email?"}) + "\n"
    out = run(unpacked, tmp_path, "flag", "--file", "-", "--out", "-", stdin=given)
    verdict = json.loads(out)
    assert (verdict["id"], verdict["barrier"]) == ("1", "existing_channel")
    assert list(tmp_path.iterdir()) == []


def test_doctor_finds_configuration_and_dashboard_in_the_wheel(
    unpacked: Path, tmp_path: Path
) -> None:
    home = str(tmp_path / "home")
    run(unpacked, tmp_path, "--home", home, "init")
    findings = json.loads(run(unpacked, tmp_path, "--home", home, "doctor", "--json"))
    said = " ".join(finding["what"] for finding in findings)
    assert str(unpacked / "adoption" / "_config") in said
    assert "Dashboard on Streamlit" in said
    assert all(finding["state"] != "fault" for finding in findings), said
