"""The use cases of the detector that need no store: loose comments, evaluation, training."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from adoption.configuration import Configuration, load_configuration
from adoption.endpoint import judge_for, judge_settings
from adoption.errors import SettingsError, SourceError
from adoption.privacy import Masker
from adoption.sentiment import Comment, Detector, load_detector
from adoption.sentiment.corrections import Correction
from adoption.sentiment.evaluation import Evaluation, evaluate
from adoption.sentiment.loose import flag_file
from adoption.settings import config_dir
from adoption.sync import Progress

BATCH = 256


def detector_for(
    configuration: Configuration,
    home: Path,
    profile: str | None,
    masker: Callable[[], Masker] = Masker,
) -> Detector:
    """The detector an installation uses: its profile and names, with the endpoint where enabled.

    Args:
        configuration: the settings.
        home: the data folder.
        profile: overrides the profile of the settings.
        masker: gives the masker for what is sent to the endpoint; called only when it is enabled.

    """
    local = load_detector(profile or configuration.profile, names=configuration.network_names)
    if not configuration.judge["enabled"]:
        return local
    masking = masker()
    return judge_for(configuration.judge, home, local, lambda text: masking.mask(text).text)


def flag_loose_file(
    source: Path, target: Path, *, kind: str | None, profile: str | None, progress: Progress
) -> int:
    """Flag comments of a JSONL or CSV file (``-``: standard input and output), without any store.

    Returns:
        The number of lines written.

    """
    return flag_file(
        str(source),
        str(target),
        load_detector(profile or load_configuration().profile),
        format=kind,
        progress=lambda done: progress("flag", done, None),
    )


def evaluate_with_judge(
    labelled: Path, *, profile: str | None, home: Path, progress: Progress
) -> tuple[Evaluation, str]:
    """Measure the detector together with the configured model endpoint.

    Returns:
        The evaluation, and in words how often the endpoint was asked and what 1,000 messages cost.

    Raises:
        SettingsError: no endpoint is set up.
        SourceError: a line is no labelled message.

    """
    rows = read_labelled(labelled)
    configuration = load_configuration(home)
    section = configuration.judge
    masker = Masker()
    judge = judge_for(
        section,
        home,
        load_detector(profile or configuration.profile),
        lambda text: masker.mask(text).text,
    )
    evaluation = evaluate_rows(rows, judge, progress)
    cost = judge.report.cost_per_thousand(judge_settings(section))
    return evaluation, f"{judge.report.as_text()} Cost of 1,000 messages: {cost:.2f}."


def evaluate_file(labelled: Path, *, profile: str | None, progress: Progress) -> Evaluation:
    """Measure the shipped detector on a labelled JSONL file.

    Raises:
        SourceError: a line is no JSON object with a text and a stance; says which.

    """
    rows = read_labelled(labelled)
    return evaluate_rows(rows, load_detector(profile or load_configuration().profile), progress)


def evaluate_rows(
    rows: list[Mapping[str, Any]], detector: Detector, progress: Progress
) -> Evaluation:
    """Judge labelled rows and compare."""
    verdicts = []
    for start in range(0, len(rows), BATCH):
        part = rows[start : start + BATCH]
        verdicts += detector.judge(
            [Comment(row["text"], row.get("parent"), row.get("community")) for row in part]
        )
        progress("evaluate", len(verdicts), len(rows))
    return evaluate(rows, verdicts)


def read_labelled(path: Path) -> list[Mapping[str, Any]]:
    """The rows of a labelled file.

    Raises:
        SourceError: a line cannot be used; says which and why.

    """
    rows: list[Mapping[str, Any]] = []
    for number, line in enumerate(_lines(path), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            if not isinstance(row["text"], str) or row["stance"] not in (
                "pushback",
                "support",
                "neutral",
            ):
                raise ValueError
        except (ValueError, KeyError, TypeError):
            raise SourceError(
                "This line is no labelled message",
                where=f"{path}, line {number}",
                next_step="Each line is a JSON object with text and stance (pushback, support or neutral)",
            ) from None
        rows.append(row)
    if not rows:
        raise SourceError(
            "There are no labelled messages in this file",
            where=str(path),
            next_step="Give a JSONL file such as config/eval/dev.jsonl",
        )
    return rows


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as problem:
        raise SourceError(
            "The labelled messages cannot be read as UTF-8 text",
            where=str(path),
            next_step="Save the file as JSONL in UTF-8",
        ) from problem


def train_detector(
    seed: int, out: Path | None, *, corrections: Sequence[Correction], progress: Progress
) -> str:
    """Train the detector again, with corrections by people if any; returns a summary in words.

    Raises:
        SettingsError: the training extra is not installed.

    """
    try:
        from adoption.sentiment.training import train
    except ImportError as missing:
        raise SettingsError(
            f"Training needs packages that are not installed: {missing.name}",
            where="train",
            next_step="Install them with: pip install 'adoption-tracker[train]'",
        ) from None
    return str(train(seed, out or config_dir() / "models", corrections, progress))
