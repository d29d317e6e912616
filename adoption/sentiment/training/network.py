"""The encoder with its heads, fine-tuned end to end on all labels at once (PyTorch)."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional
from transformers import AutoConfig, AutoModel
from transformers.utils import logging

from adoption.sentiment.encoder import MAX_PIECES, encoder_input
from adoption.sentiment.examples import Example
from adoption.sentiment.ngrams import Floats
from adoption.sentiment.outputs import BARRIERS, COLUMNS, INTENSITIES, TARGET_LABELS
from adoption.sentiment.signals import Signals
from adoption.sentiment.verdict import KINDS, STANCES

Report = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How the encoder is tuned; chosen on the development set (docs/detector.md).

    Attributes:
        layers: how many of the base model's layers are kept, from the bottom.
        frozen: how many of the lowest parts (embeddings, then layers) are not changed.
        epochs, batch, rate: passes over the corpus, messages of a step, highest learning rate.
        decay: learning rate of a layer relative to the one above it.
        head: learning rate of the heads relative to the top layer.
        smoothing: label smoothing of the stance.
        barrier, kind, intensity, target: weights of the other losses beside the stance.
        further: share of a further barrier beside the main one.
        averaged: after this share of the steps the weights are kept, and averaged with the last.

    """

    layers: int = 12
    frozen: int = 3
    epochs: int = 3
    batch: int = 16
    rate: float = 4e-5
    decay: float = 0.9
    head: float = 10.0
    smoothing: float = 0.05
    barrier: float = 1.0
    kind: float = 0.15
    intensity: float = 0.15
    target: float = 0.15
    further: float = 0.35
    averaged: float = 0.75


class Network(nn.Module):  # type: ignore[misc]
    """Base encoder, mean over pieces, one linear layer for all outputs of :mod:`..outputs`."""

    def __init__(self, base: Path, layers: int) -> None:
        super().__init__()
        logging.set_verbosity_error()
        logging.disable_progress_bar()
        config = AutoConfig.from_pretrained(base)
        config.num_hidden_layers = layers
        self.encoder = AutoModel.from_pretrained(base, config=config)
        self.dropout = nn.Dropout(0.1)
        self.heads = nn.Linear(config.hidden_size, COLUMNS.width)
        nn.init.normal_(self.heads.weight, std=0.02)
        nn.init.zeros_(self.heads.bias)

    def vectors(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Mean of the last layer over the pieces of each message: (batch, width)."""
        states = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        weight = mask.unsqueeze(-1).to(states.dtype)
        mean: Tensor = (states * weight).sum(1) / weight.sum(1)
        return mean

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Outputs of shape (batch, columns)."""
        outputs: Tensor = self.heads(self.dropout(self.vectors(ids, mask))).float()
        return outputs


class Pieces:
    """Tokenized messages, put into padded batches."""

    def __init__(self, prepared: Sequence[Signals], tokenizer: Tokenizer, pad: int) -> None:
        tokenizer.no_padding()
        tokenizer.enable_truncation(MAX_PIECES, strategy="longest_first")
        pairs = [encoder_input(s) for s in prepared]
        self.ids: list[list[int]] = [
            (tokenizer.encode(text, context) if context else tokenizer.encode(text)).ids
            for text, context in pairs
        ]
        self._pad = pad

    def batch(self, rows: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Piece ids and mask of some messages."""
        longest = max(len(self.ids[row]) for row in rows)
        ids = torch.full((len(rows), longest), self._pad)
        mask = torch.zeros((len(rows), longest), dtype=torch.long)
        for at, row in enumerate(rows):
            ids[at, : len(self.ids[row])] = torch.tensor(self.ids[row])
            mask[at, : len(self.ids[row])] = 1
        return ids, mask


class Targets:
    """Labels of examples as tensors; -1 where an example has none."""

    def __init__(self, examples: Sequence[Example], recipe: Recipe) -> None:
        def number(values: Sequence[Any], names: Sequence[Any]) -> Tensor:
            return torch.tensor([names.index(v) if v in names else -1 for v in values])

        self.stance = number([e.stance for e in examples], STANCES)
        self.kind = number([e.kind for e in examples], KINDS)
        self.intensity = number([e.intensity for e in examples], INTENSITIES)
        self.target = number([e.target for e in examples], TARGET_LABELS)
        self.weight = torch.tensor([e.weight for e in examples])
        self.barrier = torch.zeros(len(examples), len(BARRIERS))
        for row, example in enumerate(examples):
            if example.barrier is not None:
                for code in example.further:
                    if code in BARRIERS:
                        self.barrier[row, BARRIERS.index(code)] = recipe.further
                self.barrier[row, BARRIERS.index(example.barrier)] = 1.0
        self.barrier /= self.barrier.sum(1, keepdim=True).clamp(min=1.0)

    def loss(self, outputs: Tensor, rows: Tensor, recipe: Recipe) -> Tensor:
        """Weighted sum of the losses of all outputs over a batch."""
        stance = functional.cross_entropy(
            outputs[:, COLUMNS.stance],
            self.stance[rows],
            reduction="none",
            label_smoothing=recipe.smoothing,
        )
        total = (stance * self.weight[rows]).mean()
        shares = self.barrier[rows]
        barrier = -(shares * functional.log_softmax(outputs[:, COLUMNS.barrier], 1)).sum()
        total = total + recipe.barrier * barrier / len(rows)
        for name in ("kind", "intensity", "target"):
            wanted = getattr(self, name)[rows]
            if (wanted >= 0).any():
                columns = getattr(COLUMNS, name)
                extra = functional.cross_entropy(
                    outputs[:, columns], wanted, ignore_index=-1, reduction="sum"
                )
                total = total + getattr(recipe, name) * extra / len(rows)
        return total


def fit(
    base: Path,
    prepared: Sequence[Signals],
    examples: Sequence[Example],
    recipe: Recipe,
    seed: int,
    report: Report,
) -> tuple[Network, Tokenizer]:
    """Fine-tune; returns the network and its tokenizer."""
    torch.manual_seed(seed)
    chance = random.Random(seed)
    network = Network(base, recipe.layers)
    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    pad = int(json.loads((base / "config.json").read_text("utf-8"))["pad_token_id"])
    pieces, targets = Pieces(prepared, tokenizer, pad), Targets(examples, recipe)
    optimizer = torch.optim.AdamW(_groups(network, recipe))
    steps = math.ceil(len(examples) / recipe.batch) * recipe.epochs
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, _triangle(steps))
    done, earlier = 0, network.state_dict()
    network.train()
    for _ in range(recipe.epochs):
        for rows in _batches(pieces, recipe.batch, chance):
            with torch.autocast("cpu", dtype=torch.bfloat16):
                outputs = network(*pieces.batch(rows))
            loss = targets.loss(outputs, torch.tensor(rows), recipe)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            done += 1
            report(done, steps)
            if done == int(recipe.averaged * steps):
                earlier = {k: v.detach().clone() for k, v in network.state_dict().items()}
    _average(network, earlier)
    return network.eval(), tokenizer


def _average(network: Network, earlier: dict[str, Tensor]) -> None:
    """Put the mean of the weights and earlier ones into the network (Izmailov et al., 2018)."""
    last = network.state_dict()
    network.load_state_dict(
        {k: (v + earlier[k]) / 2 if v.is_floating_point() else v for k, v in last.items()}
    )


def _triangle(steps: int) -> Callable[[int], float]:
    """Learning rate up over the first twelfth of the steps, then down to nothing."""
    warm = max(1, steps // 12)
    return lambda step: min(step / warm, max(0.0, (steps - step) / (steps - warm)))


def _batches(pieces: Pieces, size: int, chance: random.Random) -> list[list[int]]:
    """Batches of messages of like length, in random order."""
    order = list(range(len(pieces.ids)))
    chance.shuffle(order)
    batches: list[list[int]] = []
    for at in range(0, len(order), size * 50):
        near = sorted(order[at : at + size * 50], key=lambda row: len(pieces.ids[row]))
        batches += [near[k : k + size] for k in range(0, len(near), size)]
    chance.shuffle(batches)
    return batches


def _groups(network: Network, recipe: Recipe) -> list[dict[str, Any]]:
    """Parameters with learning rates that fall from the heads to the embeddings."""
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in network.named_parameters():
        if name.startswith("heads"):
            rate = recipe.rate * recipe.head
        else:
            depth = _depth(name, recipe.layers)
            if depth > recipe.layers - recipe.frozen:
                parameter.requires_grad = False
                continue
            rate = recipe.rate * recipe.decay**depth
        groups.setdefault((rate, 0.0 if parameter.ndim < 2 else 0.01), []).append(parameter)
    return [
        {"params": parameters, "lr": rate, "weight_decay": decay}
        for (rate, decay), parameters in groups.items()
    ]


def _depth(name: str, layers: int) -> int:
    """How far below the top a parameter lies: 0 for the top layer, ``layers`` for embeddings."""
    if ".layer." in name:
        return layers - 1 - int(name.split(".layer.")[1].split(".")[0])
    return layers if "embeddings" in name else 0


def head_arrays(network: Network) -> tuple[Floats, Floats]:
    """Weights (width, columns) and biases of the heads."""
    weights = network.heads.weight.detach().numpy().T.astype(np.float32)
    return weights, network.heads.bias.detach().numpy().astype(np.float32)
