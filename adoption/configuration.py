"""The settings of an installation: the defaults that ship, and what its data folder changes.

``config/adoption.toml`` names every setting with its default; a file of the same form in
``<home>/config/adoption.toml`` changes some of them. Unknown sections and settings are refused, so that
a misspelt one is noticed.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adoption.errors import SettingsError
from adoption.privacy import Floors
from adoption.settings import config_dir

FILE = "adoption.toml"


@dataclass(frozen=True, slots=True)
class Configuration:
    """All settings, checked.

    ``judge`` holds the section of the model endpoint as it stands; :mod:`adoption.endpoint` reads it.
    """

    floors: Floors
    profile: str
    network_names: tuple[str, ...]
    review_share: float
    judge: Mapping[str, Any]


def own_file(home: Path) -> Path:
    """Where a data folder keeps the settings it changes."""
    return home / "config" / FILE


def load_configuration(home: Path | None = None) -> Configuration:
    """The settings of a data folder, or the defaults for ``None``.

    Raises:
        SettingsError: the file is not TOML, or names a section or setting that does not exist, or a
            value is not usable; says which.

    """
    defaults = tomllib.loads((config_dir() / FILE).read_text("utf-8"))
    path = own_file(home) if home is not None else None
    merged = _merged(defaults, path) if path is not None and path.exists() else defaults
    return Configuration(
        floors=Floors(**merged["privacy"]),
        profile=str(merged["detector"]["profile"]),
        network_names=tuple(merged["detector"]["network_names"]),
        review_share=float(merged["review"]["random_share"]),
        judge=merged["judge"],
    )


def _merged(defaults: Mapping[str, Any], path: Path) -> dict[str, Any]:
    try:
        own = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise SettingsError(
            f"The settings cannot be read: {problem}",
            where=str(path),
            next_step="Mend the line named; config/adoption.toml shows the form",
        ) from None
    result = {section: dict(values) for section, values in defaults.items()}
    for section, values in own.items():
        if section not in defaults or not isinstance(values, dict):
            raise _unknown(f"[{section}]", [f"[{name}]" for name in defaults], path)
        for name, value in values.items():
            if name not in defaults[section]:
                raise _unknown(f"{section}.{name}", list(defaults[section]), path)
            if not _fits(value, defaults[section][name]):
                raise SettingsError(
                    f"The setting {section}.{name} has a value of the wrong kind",
                    where=str(path),
                    next_step=f"Write it like its default: {defaults[section][name]!r}",
                )
            result[section][name] = value
    return result


def _fits(value: object, default: object) -> bool:
    if isinstance(default, bool) or isinstance(value, bool):
        return isinstance(value, bool) and isinstance(default, bool)
    if isinstance(default, float):
        return isinstance(value, int | float)
    return isinstance(value, type(default))


def _unknown(name: str, known: list[str], path: Path) -> SettingsError:
    return SettingsError(
        f"There is no setting {name}", where=str(path), next_step=f"Use one of: {', '.join(known)}"
    )
