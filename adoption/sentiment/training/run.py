"""``adoption train``: everything under config/models from config/corpus and one seed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from platformdirs import user_cache_path
from scipy.optimize import minimize
from scipy.special import log_softmax

from adoption.sentiment.artefacts import (
    COMBINE,
    ENCODER,
    HEADS,
    TOKENIZER,
    models_dir,
    read_artefacts,
    write_manifest,
)
from adoption.sentiment.corrections import Correction, to_examples
from adoption.sentiment.detector import FULL, LITE, PROFILES
from adoption.sentiment.encoder import Encoder
from adoption.sentiment.evaluation import Evaluation, evaluate
from adoption.sentiment.examples import Example, corpus_files, read_examples
from adoption.sentiment.lexicon import Lexicon
from adoption.sentiment.ngrams import Floats
from adoption.sentiment.scoring import (
    PUSHBACK_COLUMN,
    Combination,
    EncoderModel,
    NgramModel,
    combine_inputs,
    stances,
)
from adoption.sentiment.signals import Signals, prepare
from adoption.sentiment.taxonomy import load_taxonomy
from adoption.sentiment.training.lite import fit_combination, train_lite, write_combination
from adoption.sentiment.training.refit import refit
from adoption.sentiment.training.thresholds import (
    FLAG_CEILING,
    GATE_RECALL,
    REVIEW_RECALL,
    flag_threshold,
    recall_threshold,
    stance_threshold,
)
from adoption.sentiment.verdict import NEUTRAL, PUSHBACK, SCORED, STANCES
from adoption.settings import config_dir

Progress = Callable[[str, int, int | None], None]

HELD_OUT = 0.1
"""Share of the corpus, by whole source, that the encoder never sees; the combination is fitted on it."""
CACHE_VARIABLE = "ADOPTION_TRAIN_CACHE"
NOT_FOR_ENCODER = ("invented",)
"""Files the encoder does without: they cost a seventh of the time and taught it next to nothing."""
ENCODER_SHARE = 0.8
"""Weight of the encoder beside the n-grams in barrier, kind and intensity."""


@dataclass(frozen=True, slots=True)
class Material:
    """Examples with their prepared comments, side by side."""

    examples: list[Example]
    prepared: list[Signals]

    def part(self, rows: Sequence[int]) -> Material:
        """Some of them."""
        return Material([self.examples[i] for i in rows], [self.prepared[i] for i in rows])


def material(examples: Sequence[Example], lexicon: Lexicon) -> Material:
    """Prepare examples; those that do not pass the gate teach nothing and are left out."""
    prepared = [prepare(e.comment, lexicon) for e in examples]
    kept = [i for i, s in enumerate(prepared) if s.state == SCORED]
    return Material([examples[i] for i in kept], [prepared[i] for i in kept])


def is_held_out(example: Example) -> bool:
    """Whether the encoder never sees an example: by a hash of its source."""
    number = int.from_bytes(hashlib.sha256(example.group.encode()).digest()[:4], "big")
    return number < HELD_OUT * 2**32


def train(
    seed: int,
    out: Path,
    corrections: Sequence[Correction] | None = None,
    progress: Progress = lambda stage, done, total: None,
) -> str:
    """Train n-grams, encoder, heads, combination and thresholds, and write them.

    With corrections, the shipped encoder is kept and only what stands on it is fitted again
    (:mod:`.refit`); that takes minutes and needs no PyTorch.

    Args:
        seed: of everything that is drawn.
        out: the folder to write; config/models to replace what ships.
        corrections: what reviewers said; learned beside the corpus.
        progress: told stage, steps done and steps in all.

    Returns:
        The figures on the development set, as text.

    Raises:
        SettingsError: the base weights cannot be had or are not the published ones.

    """
    out.mkdir(parents=True, exist_ok=True)
    lexicon = Lexicon(load_taxonomy())
    corpus = material(read_examples(corpus_files()), lexicon)
    progress("n-grams", 0, None)
    if corrections:
        reviewed = material(to_examples(corrections), lexicon)
        whole, more = (corpus.prepared, corpus.examples), (reviewed.prepared, reviewed.examples)
        refit(models_dir(), out, whole, more, seed)
    else:
        (out / COMBINE).unlink(missing_ok=True)
        ngram_scores = train_lite(corpus.prepared, corpus.examples, out, seed)
        train_encoder(corpus, out, seed, progress)
        held = [i for i, e in enumerate(corpus.examples) if is_held_out(e)]
        fit_full(corpus.part(held), ngram_scores[held], out, seed)
        set_thresholds(corpus, ngram_scores, out)
        write_manifest(out, {"seed": seed, "corpus": len(corpus.examples), "corrections": 0})
    return "\n\n".join(f"{p}\n{measure(out, p).as_text()}" for p in PROFILES)


def train_encoder(corpus: Material, out: Path, seed: int, progress: Progress) -> None:
    """Fine-tune the encoder on everything that is not held out; write it with its heads."""
    from adoption.sentiment.training.base import base_folder
    from adoption.sentiment.training.export import export
    from adoption.sentiment.training.network import Recipe, fit, head_arrays

    cache = Path(os.environ.get(CACHE_VARIABLE) or user_cache_path("adoption", appauthor=False))
    base = base_folder(cache)
    seen = corpus.part(
        [
            i
            for i, e in enumerate(corpus.examples)
            if not is_held_out(e) and e.origin not in NOT_FOR_ENCODER
        ]
    )
    network, tokenizer = fit(
        base,
        seen.prepared,
        seen.examples,
        Recipe(),
        seed,
        lambda done, total: progress("encoder", done, total),
    )
    weights, bias = head_arrays(network)
    export(network, out / ENCODER)
    np.savez_compressed(out / HEADS, weights=weights, bias=bias)
    tokenizer.no_truncation()
    tokenizer.save(str(out / TOKENIZER), pretty=False)


def fit_full(held: Material, ngram_scores: Floats, out: Path, seed: int) -> None:
    """Fit the combination of n-grams and encoder on held-out sources."""
    encoder_scores = _encoder_scores(out, held.prepared)
    combination = fit_combination(
        [ngram_scores, encoder_scores],
        held.prepared,
        held.examples,
        seed,
        (1 - ENCODER_SHARE, ENCODER_SHARE),
    )
    write_combination(out, FULL, combination)


def _encoder_scores(out: Path, prepared: Sequence[Signals]) -> Floats:
    write_manifest(out, {})
    artefacts = read_artefacts(out, (HEADS, ENCODER, TOKENIZER))
    encoder = Encoder(out / ENCODER, out / TOKENIZER, threads=os.cpu_count() or 1)
    return EncoderModel(artefacts, encoder).score(prepared)


def set_thresholds(corpus: Material, ngram_scores: Floats, out: Path) -> None:
    """Choose the thresholds of both profiles and write them beside the combinations."""
    held = [i for i, e in enumerate(corpus.examples) if is_held_out(e)]
    development = material(development_set(), Lexicon(load_taxonomy()))
    write_manifest(out, {})
    artefacts = read_artefacts(out, (COMBINE,))
    models = {p: Combination.read(artefacts.combine[p]) for p in artefacts.combine}
    unseen = Unseen(
        corpus.part(held), ngram_scores[held],
        development, NgramModel(artefacts).score(development.prepared),
    )  # fmt: skip
    gate = unseen.gate(models[LITE])
    for profile, model in models.items():
        scores = unseen.scores(profile, out)
        settled = calibrated(model, scores[1], development)
        write_combination(out, profile, settled, unseen.thresholds(profile, scores, settled, gate))


def calibrated(model: Combination, scores: Sequence[Floats], development: Material) -> Combination:
    """The combination with its log-odds stretched and pushback shifted to fit the development set.

    Platt scaling with two parameters: the combination was fitted on text written for training,
    on which every model is surer of itself than on what it has not been modelled on.
    """
    inputs = combine_inputs(scores, development.prepared) @ model.weights + model.bias
    rows = np.arange(len(inputs))
    truth = np.array([STANCES.index(e.stance) for e in development.examples])
    shift = np.eye(len(STANCES))[PUSHBACK_COLUMN]

    def loss(parameters: npt.NDArray[np.float64]) -> float:
        stretched = parameters[0] * inputs + parameters[1] * shift
        return -float(log_softmax(stretched, axis=1)[rows, truth].mean())

    stretch, moved = minimize(loss, np.array([1.0, 0.0]), method="Nelder-Mead").x
    return model._replace(
        weights=model.weights * stretch, bias=model.bias * stretch + moved * shift
    )


@dataclass(frozen=True, slots=True)
class Unseen:
    """Messages that no weights were fitted to, with their n-gram scores: what thresholds rest on.

    ``held`` comes from the corpus, by whole source; ``development`` is the development set.
    """

    held: Material
    held_ngrams: Floats
    development: Material
    development_ngrams: Floats

    def gate(self, lite: Combination) -> float:
        """Below this lite probability, and without sign of the network, no encoder is needed."""
        truth, probability = [], []
        for place, scores in (
            (self.held, self.held_ngrams),
            (self.development, self.development_ngrams),
        ):
            p = stances([scores], place.prepared, lite)[:, PUSHBACK_COLUMN]
            for i, (example, signals) in enumerate(
                zip(place.examples, place.prepared, strict=True)
            ):
                if signals.target == "none":
                    truth.append(example.stance == PUSHBACK)
                    probability.append(float(p[i]))
        return recall_threshold(truth, np.array(probability), GATE_RECALL)

    def scores(self, profile: str, out: Path) -> tuple[list[Floats], list[Floats]]:
        """Scores of the learned parts of a profile, held out and development."""
        held, development = [self.held_ngrams], [self.development_ngrams]
        if profile == FULL:
            held.append(_encoder_scores(out, self.held.prepared))
            development.append(_encoder_scores(out, self.development.prepared))
        return held, development

    def thresholds(
        self,
        profile: str,
        scores: tuple[list[Floats], list[Floats]],
        model: Combination,
        gate: float,
    ) -> dict[str, float]:
        """Stance and review from the development set, flag also from held-out sources."""
        held, development = scores
        held_p = stances(held, self.held.prepared, model)[:, PUSHBACK_COLUMN]
        p = stances(development, self.development.prepared, model)[:, PUSHBACK_COLUMN]
        truth = [e.stance == PUSHBACK for e in self.development.examples]
        held_truth = [e.stance == PUSHBACK for e in self.held.examples]
        ordinary = [e.stance == NEUTRAL and e.target == "absent" for e in self.held.examples]
        meant = [s.target != "none" for s in self.held.prepared]
        stance = stance_threshold(truth, p)
        found = flag_threshold(
            [*held_truth, *truth],
            np.concatenate([held_p, p]),
            held_p[np.array(ordinary) & np.array(meant)],
            sum(ordinary),
            stance,
        )
        flag = max(stance, min(found, FLAG_CEILING.get(profile, 1.0)))
        review = min(stance, recall_threshold(truth, p, REVIEW_RECALL))
        return {"stance": stance, "flag": flag, "review": review, "gate": gate}


def development_set() -> list[Example]:
    """The labelled messages that thresholds are chosen on; never trained on."""
    return read_examples([config_dir() / "eval" / "dev.jsonl"])


def measure(out: Path, profile: str) -> Evaluation:
    """The figures of a trained detector on the development set."""
    from adoption.sentiment import load_detector

    examples = development_set()
    rows = [
        {
            "text": e.comment.text,
            "parent": e.comment.parent,
            "stance": e.stance,
            "barrier": e.barrier,
            "barriers_accepted": list(e.accepted),
            "intensity": e.intensity,
        }
        for e in examples
    ]
    verdicts = load_detector(profile, models=out).judge([e.comment for e in examples])
    return evaluate(rows, verdicts)


__all__ = ["Material", "Progress", "train"]
