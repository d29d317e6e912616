"""The barriers and their groups, as metrics need them: codes, groups and titles.

The taxonomy is data (``config/barriers.toml``); the detector reads the same file for its phrases.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from typing import Any

from adoption.settings import config_dir


@cache
def _stored() -> Mapping[str, Any]:
    return tomllib.loads((config_dir() / "barriers.toml").read_text(encoding="utf-8"))


@cache
def barrier_groups() -> Mapping[str, str]:
    """The group of each barrier, by code, in the order of the file."""
    return {barrier["code"]: barrier["group"] for barrier in _stored()["barrier"]}


@cache
def barrier_titles() -> Mapping[str, str]:
    """The title of each barrier, by code."""
    return {barrier["code"]: barrier["title"] for barrier in _stored()["barrier"]}


@cache
def group_titles() -> Mapping[str, str]:
    """The title of each barrier group, by code."""
    return {code: group["title"] for code, group in _stored()["groups"].items()}
