"""Who may import whom: the rules of docs/architecture.md, read from the source."""

from __future__ import annotations

import pytest

from tests.house.trees import imports, modules


def users_of(package: str) -> set[str]:
    """The modules that import a package or one of its parts."""
    return {
        path
        for path, tree in modules().items()
        for name in imports(tree)
        if name == package or name.startswith(package + ".")
    }


def outside(users: set[str], allowed: tuple[str, ...]) -> set[str]:
    return {path for path in users if not path.startswith(allowed)}


@pytest.mark.parametrize(
    ("package", "allowed"),
    [
        ("streamlit", ("adoption/ui/", "adoption/serve.py", "dashboard.py")),
        ("requests", ("adoption/http", "adoption/auth.py")),
        ("msal", ("adoption/http", "adoption/auth.py")),
        ("textblob", ("adoption/sentiment/polarity.py",)),
        ("torch", ("adoption/sentiment/training/",)),
        ("duckdb", ("adoption/store/",)),
        ("deltalake", ("adoption/store/",)),
        ("sqlite3", ("adoption/store/", "adoption/sentiment/judge_cache.py")),
        ("click", ("adoption/cli/",)),
        ("rich", ("adoption/cli/",)),
    ],
)
def test_a_library_is_used_in_its_own_place_only(package: str, allowed: tuple[str, ...]) -> None:
    assert outside(users_of(package), allowed) == set()


def test_pages_reports_and_commands_never_read_the_store() -> None:
    readers = users_of("adoption.store")
    front = ("adoption/ui/", "adoption/reports/", "adoption/cli/", "dashboard.py")
    assert {path for path in readers if path.startswith(front)} == set()


def test_connectors_know_only_the_contract() -> None:
    allowed = {
        "adoption.connector",
        "adoption.files",
        "adoption.live",
        "adoption.records",
        "adoption.times",
        "adoption.http",
        "adoption.paging",
        "adoption.limits",
        "adoption.auth",
        "adoption.model",
        "adoption.errors",
        "adoption.secrets",
    }
    for path, tree in modules().items():
        if not path.startswith("connectors/"):
            continue
        used = {name for name in imports(tree) if name.split(".")[0] == "adoption"}
        assert {n for n in used if ".".join(n.split(".")[:2]) not in allowed} == set(), path


def test_nothing_imports_the_connectors_by_name() -> None:
    assert {p for p in users_of("connectors") if not p.startswith("connectors/")} == set()


def test_the_service_is_the_only_door_for_both_front_ends() -> None:
    below = ("adoption.sync", "adoption.scoring", "adoption.metrics.compute")
    for name in below:
        front = {p for p in users_of(name) if p.startswith(("adoption/ui/", "adoption/cli/"))}
        assert front == set()
