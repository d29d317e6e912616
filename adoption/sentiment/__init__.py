"""The pushback detector: which comments push back against the network, why, and how strongly.

Start with :func:`load_detector`; everything it returns is described in :mod:`.verdict`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from adoption.errors import SettingsError
from adoption.sentiment.verdict import Comment, Detector, Evidence, Verdict

if TYPE_CHECKING:
    from adoption.sentiment.detector import LocalDetector

__all__ = ["Comment", "Detector", "Evidence", "Verdict", "load_detector"]


def load_detector(
    profile: str = "full",
    *,
    models: Path | None = None,
    taxonomy: Path | None = None,
    names: tuple[str, ...] = (),
    threads: int = 1,
    vectors: Path | None = None,
) -> LocalDetector:
    """The shipped detector.

    A detector that was trained without an encoder runs as ``lite`` whatever is asked for; its
    ``profile`` and ``version`` say so.

    Args:
        profile: ``full`` with the encoder, ``lite`` without (no onnxruntime needed).
        models: folder of another trained detector.
        taxonomy: path of another barriers.toml.
        names: further names by which people call the network here, for example ``("the loop",)``.
        threads: threads that one run of the encoder may use.
        vectors: folder where the encoder's vectors are kept, so that a later version with the same
            encoder scores history again in minutes.

    Raises:
        SettingsError: unknown profile, missing or damaged model file, bad taxonomy, or
            onnxruntime missing for ``full``.

    """
    from adoption.sentiment.artefacts import FULL_FILES, LITE_FILES, has_encoder, read_artefacts
    from adoption.sentiment.detector import FULL, LITE, PROFILES, LocalDetector
    from adoption.sentiment.taxonomy import load_taxonomy

    if profile not in PROFILES:
        raise SettingsError(
            f"There is no profile {profile!r}",
            where="profile",
            next_step="Choose full or lite",
        )
    if profile == FULL and not has_encoder(models):
        profile = LITE
    artefacts = read_artefacts(models, FULL_FILES if profile == FULL else LITE_FILES)
    return LocalDetector(
        artefacts,
        load_taxonomy(taxonomy),
        profile=profile,
        names=names,
        threads=threads,
        vectors=vectors,
    )
