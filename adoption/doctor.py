"""Looks over an installation and says what is wrong and how to mend it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from adoption.connections import load_connections
from adoption.connector import broken_connectors, connector_types
from adoption.errors import AdoptionError
from adoption.sentiment import load_detector
from adoption.settings import config_dir
from adoption.store import Store

OLDEST_PYTHON = (3, 11)
FREE_GIGABYTES = 2.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. ``state`` is ``ok``, ``note`` (works, but know this) or ``fault``."""

    state: str
    what: str
    mend: str = ""

    def as_dict(self) -> dict[str, str]:
        """JSON, as ``adoption doctor --json`` prints it."""
        return asdict(self)


def examine(home: Path) -> list[Finding]:
    """Look at Python, packages, configuration, data folder, connections and detector."""
    checks: tuple[Callable[[Path], Finding], ...] = (
        _python,
        _configuration,
        _space,
        _data_folder,
        _connectors,
        _connections,
        _detector,
        _dashboard,
    )
    return [_careful(check, home) for check in checks]


def _careful(check: Callable[[Path], Finding], home: Path) -> Finding:
    try:
        return check(home)
    except AdoptionError as problem:
        where = f" ({problem.where})" if problem.where else ""
        return Finding("fault", f"{problem.what}{where}", problem.next_step)


def _python(home: Path) -> Finding:
    found = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info < OLDEST_PYTHON:
        return Finding("fault", f"Python {found} is too old", "Install Python 3.11 or newer")
    try:
        release = version("adoption-tracker")
    except PackageNotFoundError:
        return Finding(
            "fault", "The product is not installed", "Run make install, or pip install ."
        )
    return Finding("ok", f"Adoption tracker {release} on Python {found}")


def _configuration(home: Path) -> Finding:
    missing = [
        n for n in ("barriers.toml", "theme.toml", "models") if not (config_dir() / n).exists()
    ]
    if missing:
        return Finding(
            "fault", f"Configuration is missing: {', '.join(missing)}", "Install the product again"
        )
    return Finding("ok", f"Configuration in {config_dir()}")


def _space(home: Path) -> Finding:
    place = next(p for p in (home, *home.parents) if p.exists())
    free = shutil.disk_usage(place).free / 1e9
    if free < FREE_GIGABYTES:
        return Finding(
            "fault", f"Only {free:.1f} GB are free at {place}", "Make room, or use --home"
        )
    return Finding("ok", f"{free:.0f} GB free at {place}")


def _data_folder(home: Path) -> Finding:
    if not (home / "app.sqlite").exists():
        return Finding(
            "note", f"There is no data yet in {home}", "Run adoption init or adoption demo"
        )
    if not os.access(home, os.W_OK):
        return Finding(
            "fault", f"{home} cannot be written", "Give yourself the right to write there"
        )
    with Store.open(home) as store, store.snapshot() as snapshot:
        messages = snapshot.sql("SELECT count(*) FROM messages")[0][0]
        return Finding("ok", f"Data folder {home}: snapshot {snapshot.id}, {messages:,} messages")


def _connectors(home: Path) -> Finding:
    broken = broken_connectors()
    if broken:
        return Finding(
            "fault",
            f"Connectors that cannot be loaded: {'; '.join(f'{n} ({w})' for n, w in broken.items())}",
            "Update or uninstall the package they come from",
        )
    names = ", ".join(connector_types())
    return Finding("ok", f"Connectors installed: {names}")


def _connections(home: Path) -> Finding:
    known = load_connections(home)
    missing = sorted({c.connector for c in known.values()} - connector_types().keys())
    if missing:
        return Finding(
            "fault",
            f"Connections use connectors that are not installed: {', '.join(missing)}",
            "Install their package, or remove the connections",
        )
    return Finding(
        "ok", f"{len(known)} connected networks" if known else "No network is connected yet"
    )


def _detector(home: Path) -> Finding:
    if find_spec("onnxruntime") is None:
        detector = load_detector("lite")
        return Finding(
            "note",
            f"Detector {detector.version} (lite profile: onnxruntime is not installed)",
            "Install onnxruntime for the full profile",
        )
    return Finding("ok", f"Detector {load_detector('full').version}")


def _dashboard(home: Path) -> Finding:
    script = Path(__file__).resolve().parent.parent / "dashboard.py"
    if find_spec("streamlit") is None or not script.is_file():
        return Finding("fault", "The dashboard is not installed", "Install the product again")
    return Finding("ok", f"Dashboard on Streamlit {version('streamlit')}")
