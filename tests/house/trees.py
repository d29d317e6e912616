"""Reads the product's own source as syntax trees, once, for the house rules."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("adoption", "connectors")


@cache
def modules() -> dict[str, ast.Module]:
    """Every module of the product by its path from the root, parsed."""
    files = [path for top in PRODUCT for path in sorted((ROOT / top).rglob("*.py"))]
    files.append(ROOT / "dashboard.py")
    return {
        str(path.relative_to(ROOT)): ast.parse(path.read_text("utf-8"), str(path)) for path in files
    }


def imports(tree: ast.Module) -> Iterator[str]:
    """The dotted names a module imports anywhere in it, inside functions too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """All functions and methods of a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function from ``def`` to its end, without its docstring."""
    end = function.end_lineno or function.lineno
    lines = end - function.lineno + 1
    first = function.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
        lines -= (first.end_lineno or first.lineno) - first.lineno + 1
    return lines
