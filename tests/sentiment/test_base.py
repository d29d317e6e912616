"""Base weights are used only if they are the published ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from adoption.errors import SettingsError
from adoption.sentiment.training.base import DIGESTS, FOLDER, WEIGHTS, base_folder


def test_weights_that_are_not_the_published_ones_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / FOLDER
    folder.mkdir()
    for name in DIGESTS:
        (folder / name).write_bytes(b"something else")
    with pytest.raises(SettingsError, match="not the published file"):
        base_folder(tmp_path)
    assert (folder / WEIGHTS).is_file()
