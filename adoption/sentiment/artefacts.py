"""The trained model on disk: numpy arrays, JSON and ONNX, each with its SHA-256; never pickles."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from adoption.errors import SettingsError
from adoption.settings import config_dir

MANIFEST = "manifest.json"
NGRAMS = "ngrams.npz"
COMBINE = "combine.json"
HEADS = "heads.npz"
ENCODER = "encoder.onnx"
TOKENIZER = "tokenizer.json"
LITE_FILES = (NGRAMS, COMBINE)
FULL_FILES = (*LITE_FILES, HEADS, ENCODER, TOKENIZER)
SHORT = 8


def models_dir() -> Path:
    """Where the shipped detector lies."""
    return config_dir() / "models"


@dataclass(frozen=True, slots=True)
class Artefacts:
    """The files of one trained detector, verified.

    Attributes:
        folder: where they lie.
        digests: SHA-256 of each file by name.
        combine: the combining model, calibration and thresholds (plain JSON).

    """

    folder: Path
    digests: Mapping[str, str]
    combine: Mapping[str, Any]

    def arrays(self, name: str) -> dict[str, npt.NDArray[Any]]:
        """The arrays of an .npz file."""
        with np.load(self.folder / name, allow_pickle=False) as archive:
            return {key: archive[key] for key in archive.files}

    def path(self, name: str) -> Path:
        """The path of one file."""
        return self.folder / name

    def short(self, *names: str) -> str:
        """A few digits that stand for these files together."""
        joined = "".join(self.digests[name] for name in names)
        return hashlib.sha256(joined.encode()).hexdigest()[:SHORT]


def digest(path: Path) -> str:
    """SHA-256 of a file, as hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_manifest(folder: Path, about: Mapping[str, Any]) -> None:
    """Write the digests of all model files in a folder, with facts about how they were made."""
    names = [name for name in FULL_FILES if (folder / name).is_file()]
    content = {"files": {name: digest(folder / name) for name in names}, **about}
    (folder / MANIFEST).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def read_artefacts(folder: Path | None, needed: tuple[str, ...]) -> Artefacts:
    """Open a trained detector and verify every needed file against the manifest.

    Raises:
        SettingsError: a file is missing or is not the one the manifest names.

    """
    place = folder or models_dir()
    digests = _digests(place)
    for name in needed:
        if name not in digests or not (place / name).is_file():
            raise _damaged(place, f"The detector's file {name} is missing")
        if digest(place / name) != digests[name]:
            raise _damaged(place, f"The detector's file {name} is not the one that was trained")
    combine = json.loads((place / COMBINE).read_text(encoding="utf-8"))
    return Artefacts(place, digests, combine)


def has_encoder(folder: Path | None) -> bool:
    """Whether a trained detector comes with an encoder, by its manifest."""
    return ENCODER in _digests(folder or models_dir())


def _digests(place: Path) -> dict[str, str]:
    try:
        manifest = json.loads((place / MANIFEST).read_text(encoding="utf-8"))
        return {str(k): str(v) for k, v in manifest["files"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as problem:
        raise _damaged(place, f"The detector's manifest cannot be read: {problem}") from problem


def _damaged(place: Path, what: str) -> SettingsError:
    return SettingsError(
        what,
        where=str(place),
        next_step="Install the package again, or run `adoption train` to rebuild the detector",
    )
