"""The start of a connector of one's own: a small package that runs and passes the checks."""

from __future__ import annotations

import re
from pathlib import Path
from string import Template

from adoption.errors import SettingsError, StoreError

TEMPLATES = Path(__file__).parent / "templates" / "connector"
NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def write_skeleton(name: str, folder: Path) -> Path:
    """Write a package for a connector called ``name`` into a new folder of that name.

    Returns:
        The folder.

    Raises:
        SettingsError: the name is not usable, or the folder exists.
        StoreError: the folder cannot be written.

    """
    if not NAME.fullmatch(name):
        raise SettingsError(
            f"{name!r} cannot be the name of a connector",
            where="connectors new",
            next_step="Use lower-case letters, digits and hyphens, such as our-intranet",
        )
    target = folder / name
    words = {
        "name": name,
        "title": name.replace("-", " ").capitalize(),
        "module": f"adoption_{name.replace('-', '_')}",
        "package": f"adoption-{name}",
        "class_name": "".join(part.capitalize() for part in name.split("-")),
    }
    files = {
        "pyproject.toml": "pyproject.toml.txt",
        "README.md": "readme.md.txt",
        f"{words['module']}/__init__.py": "connector.py.txt",
        "tests/test_connector.py": "test_connector.py.txt",
    }
    if target.exists():
        raise SettingsError(
            "This folder exists already",
            where=str(target),
            next_step="Choose another name or folder",
        )
    try:
        for place, template in files.items():
            path = target / place
            path.parent.mkdir(parents=True, exist_ok=True)
            text = Template((TEMPLATES / template).read_text("utf-8")).substitute(words)
            path.write_text(text, "utf-8")
    except OSError as problem:
        raise StoreError(
            f"The package cannot be written: {problem.strerror}",
            where=str(target),
            next_step="Choose a folder you may write to",
        ) from None
    return target
