"""Sizes, docstrings and wording: what makes the source pleasant to read, as tests."""

from __future__ import annotations

import ast
import re
import statistics

import pytest

from tests.house.trees import ROOT, functions, length, modules

FORBIDDEN_NAMES = {"utils", "helpers", "misc", "common"}


def test_modules_are_small() -> None:
    long = {
        path: lines
        for path in modules()
        if (lines := len((ROOT / path).read_text("utf-8").splitlines())) > 500
    }
    assert long == {}


def test_functions_are_short() -> None:
    sizes = [length(f) for tree in modules().values() for f in functions(tree)]
    too_long = [
        f"{path}:{f.name} ({length(f)})"
        for path, tree in modules().items()
        for f in functions(tree)
        if length(f) > 60
    ]
    assert too_long == []
    assert statistics.median(sizes) <= 12


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert {
        p for p in modules() if p.rsplit("/", 1)[-1].removesuffix(".py") in FORBIDDEN_NAMES
    } == set()


def test_everything_public_says_what_it_means() -> None:
    silent = [
        f"{path}:{node.name}"
        for path, tree in modules().items()
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and ast.get_docstring(node) is None
    ]
    assert silent == []


def test_every_function_states_what_it_returns() -> None:
    silent = [
        f"{path}:{f.name}"
        for path, tree in modules().items()
        for f in functions(tree)
        if f.returns is None
    ]
    assert silent == []


@pytest.mark.parametrize("pattern", [r"\bTODO\b", r"\bFIXME\b", r"\bXXX\b"])
def test_nothing_is_left_for_later(pattern: str) -> None:
    found = [p for p in modules() if re.search(pattern, (ROOT / p).read_text("utf-8"))]
    assert found == []


def test_no_dangerous_calls() -> None:
    forbidden = {"eval", "exec"}
    found = [
        f"{path}:{node.lineno}"
        for path, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in forbidden
    ]
    assert found == []
    assert [p for p, tree in modules().items() if "pickle" in set(_names(tree))] == []


def _names(tree: ast.Module) -> list[str]:
    return [
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    ]
