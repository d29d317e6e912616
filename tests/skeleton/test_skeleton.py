"""A connector of one's own: written, installed with pip, found everywhere, and passing the suite."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from adoption.errors import SettingsError, StoreError
from adoption.skeleton import write_skeleton
from tests.house.trees import ROOT


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """The skeleton's folder, and the environment in which its installed package is found."""
    base = tmp_path_factory.mktemp("third-party")
    package = write_skeleton("our-intranet", base)
    site = base / "site"
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"),
            *("--no-build-isolation", "--target", str(site), str(package)),
        ],
        check=True,
        timeout=200,
    )
    return package, {**os.environ, "PYTHONPATH": f"{site}{os.pathsep}{ROOT}"}


def test_the_package_passes_the_conformance_suite(installed: tuple[Path, dict[str, str]]) -> None:
    package, environment = installed
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"],
        cwd=package,
        env=environment,
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert run.returncode == 0, run.stdout
    assert "failed" not in run.stdout


def test_the_command_line_lists_it_among_our_own(installed: tuple[Path, dict[str, str]]) -> None:
    listing = subprocess.run(
        [sys.executable, "-m", "adoption", "connect", "available", "--json"],
        env=installed[1],
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
    names = {entry["name"]: entry["title"] for entry in json.loads(listing.stdout)}
    assert names["our-intranet"] == "Our intranet"
    assert "viva-engage-export" in names


def test_it_reads_into_a_store_like_any_other(
    installed: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    source = tmp_path / "source.json"
    source.write_text(
        json.dumps(
            {
                "communities": [{"id": 1, "name": "Wards"}],
                "people": [{"id": 7}],
                "messages": [
                    {
                        "id": 3,
                        "community": 1,
                        "author": 7,
                        "at": "2026-01-05T09:00:00+00:00",
                        "text": "Key?",
                    }
                ],
            }
        )
    )
    home = ["--home", str(tmp_path / "home")]
    command = [sys.executable, "-m", "adoption", *home]
    for arguments in (["init"], ["import", str(source), "--as", "our-intranet"]):
        subprocess.run([*command, *arguments], env=installed[1], check=True, timeout=100)
    status = subprocess.run(
        [*command, "status", "--json"],
        env=installed[1],
        check=True,
        capture_output=True,
        timeout=100,
    )
    rows = json.loads(status.stdout)["networks"]["our-intranet"]
    assert (rows["posts"], rows["people"], rows["communities"]) == (1, 1, 1)


def test_a_name_that_cannot_be_a_package_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="Our Intranet"):
        write_skeleton("Our Intranet", tmp_path)


def test_what_is_there_already_is_left_alone(tmp_path: Path) -> None:
    write_skeleton("our-intranet", tmp_path)
    with pytest.raises(SettingsError, match="exists already"):
        write_skeleton("our-intranet", tmp_path)


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        write_skeleton("our-intranet", blocked)
