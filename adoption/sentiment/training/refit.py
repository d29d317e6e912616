"""Learning from reviewers without retraining the encoder: minutes instead of hours, and no PyTorch.

The n-gram weights are fitted again on the corpus with the corrections in it. The heads move from
where they are only as far as the corrections pull: their loss is the corrections' plus, on messages
of the corpus, the distance from what the heads said before. Encoder, combination and thresholds
stay, so that scores remain comparable and vectors that were kept can be used.
"""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax

from adoption.sentiment.artefacts import (
    COMBINE,
    ENCODER,
    HEADS,
    NGRAMS,
    TOKENIZER,
    has_encoder,
    write_manifest,
)
from adoption.sentiment.encoder import Encoder, encoder_input
from adoption.sentiment.examples import Example
from adoption.sentiment.ngrams import Floats
from adoption.sentiment.outputs import COLUMNS
from adoption.sentiment.signals import Signals
from adoption.sentiment.training.linear import fit_ngrams, labels

REPLAYED = 600
"""Messages of the corpus on which the heads should go on saying what they said."""
STIFFNESS = 0.4
"""How strongly the heads are held where they are."""

Doubles = npt.NDArray[np.float64]


def refit(
    source: Path,
    out: Path,
    corpus: tuple[Sequence[Signals], Sequence[Example]],
    reviewed: tuple[Sequence[Signals], Sequence[Example]],
    seed: int,
) -> None:
    """Write a detector that has learned from reviews.

    Args:
        source: the detector it starts from.
        out: where the new one goes; may be the same folder.
        corpus: prepared messages of the corpus and their labels.
        reviewed: prepared corrections and their labels.
        seed: of the messages that are replayed.

    """
    out.mkdir(parents=True, exist_ok=True)
    for name in (COMBINE, ENCODER, TOKENIZER):
        if out.resolve() != source.resolve() and (source / name).is_file():
            shutil.copyfile(source / name, out / name)
    weights, bias = fit_ngrams([*corpus[0], *reviewed[0]], [*corpus[1], *reviewed[1]], seed)
    np.savez_compressed(out / NGRAMS, weights=weights.astype(np.float16), bias=bias)
    if has_encoder(source) and len(reviewed[1]):
        with np.load(source / HEADS, allow_pickle=False) as archive:
            heads = archive["weights"].astype(np.float32), archive["bias"].astype(np.float32)
        replay = random.Random(seed).sample(list(corpus[0]), min(REPLAYED, len(corpus[0])))
        encoder = Encoder(source / ENCODER, source / TOKENIZER, threads=os.cpu_count() or 1)
        vectors = encoder.embed([encoder_input(s) for s in (*reviewed[0], *replay)])
        new = adapt(heads, vectors, reviewed[1])
        np.savez_compressed(out / HEADS, weights=new[0], bias=new[1])
    write_manifest(out, {"seed": seed, "corpus": len(corpus[1]), "corrections": len(reviewed[1])})


def adapt(
    heads: tuple[Floats, Floats], vectors: Floats, examples: Sequence[Example]
) -> tuple[Floats, Floats]:
    """Heads that agree with corrections and otherwise say what they said.

    They turn about the middle of the messages to hold on to, so that corrections of one kind do not
    move the judgement of everything.

    Args:
        heads: weights (width, columns) and biases.
        vectors: of the corrections, in order, and then of messages to hold on to.
        examples: the corrections.

    """
    weights, bias = heads[0].copy(), heads[1].copy()
    old = vectors @ weights + bias
    middle = vectors[len(examples) :].mean(axis=0)
    scale = float(vectors[len(examples) :].std())
    inputs = (vectors - middle).astype(np.float64) / scale
    for name, wanted in labels(examples).items():
        if name not in ("stance", "barrier"):
            continue
        columns = getattr(COLUMNS, name)
        targets = softmax(old[:, columns].astype(np.float64), axis=1)
        importance = np.ones(len(vectors))
        for row, label in enumerate(wanted):
            importance[row] = float(label >= 0)
            if label >= 0:
                targets[row] = np.eye(columns.stop - columns.start)[label]
        change = (_fit(inputs, old[:, columns], targets, importance) / scale).astype(np.float32)
        weights[:, columns] += change
        bias[columns] -= middle @ change
    return weights, bias


def _fit(inputs: Doubles, old: Floats, targets: Doubles, importance: Doubles) -> Doubles:
    """The change of the weights of one group of outputs, of shape (width, outputs)."""
    shape = (inputs.shape[1], old.shape[1])
    share = importance / importance.sum()

    def loss(flat: Doubles) -> tuple[float, Doubles]:
        change = flat.reshape(shape)
        logits = old + inputs @ change
        error = (softmax(logits, axis=1) - targets) * share[:, None]
        value = -float(np.sum(targets * log_softmax(logits, axis=1) * share[:, None]))
        value += STIFFNESS * float(np.sum(change**2)) / 2
        return value, (inputs.T @ error + STIFFNESS * change).ravel()

    found = minimize(loss, np.zeros(shape[0] * shape[1]), jac=True, method="L-BFGS-B")
    change: Doubles = found.x.reshape(shape)
    return change
