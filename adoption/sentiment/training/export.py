"""The tuned encoder as an ONNX file with 8-bit weights.

Two things keep the loss from 8 bits small. The inner activations of the feed-forward layers have a
few channels far larger than the rest, which would take the whole range of an 8-bit activation, so
each such channel is divided by a constant that its weights are multiplied with (SmoothQuant, Xiao
et al., ICML 2023). And weights are quantized per output channel.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor, nn

from adoption.sentiment.training.network import Network, Pieces

STRENGTH = 0.5
"""How much of a channel's range moves from the activations into the weights (0 to 1)."""
CALIBRATED_ON = 256


class _Smoothed(nn.Module):  # type: ignore[misc]
    """A linear layer whose input channels are divided by constants its weights make up for."""

    def __init__(self, linear: nn.Linear, largest: Tensor) -> None:
        super().__init__()
        heavy = linear.weight.detach().abs().amax(0).clamp(min=1e-5)
        scale = (largest.clamp(min=1e-5) ** STRENGTH / heavy ** (1 - STRENGTH)).clamp(min=1e-4)
        self.register_buffer("inverse", 1.0 / scale)
        self.linear = nn.Linear(linear.in_features, linear.out_features)
        self.linear.weight = nn.Parameter(linear.weight.detach() * scale)
        self.linear.bias = nn.Parameter(linear.bias.detach().clone())

    def forward(self, states: Tensor) -> Tensor:
        result: Tensor = self.linear(states * self.inverse)
        return result


class _Vectors(nn.Module):  # type: ignore[misc]
    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        return self.network.vectors(input_ids, attention_mask)


def smooth(network: Network, pieces: Pieces, rows: Sequence[int]) -> None:
    """Replace the second layer of each feed-forward block, measuring ranges on some messages."""
    largest: dict[int, Tensor] = {}

    def watch(number: int) -> Any:
        def hook(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            seen = inputs[0].detach().abs().flatten(0, -2).amax(0)
            largest[number] = torch.maximum(largest.get(number, seen), seen)

        return hook

    blocks = [layer.output for layer in network.encoder.encoder.layer]
    hooks = [b.dense.register_forward_pre_hook(watch(n)) for n, b in enumerate(blocks)]
    with torch.inference_mode():
        for at in range(0, len(rows), 16):
            network.vectors(*pieces.batch(rows[at : at + 16]))
    for hook in hooks:
        hook.remove()
    for number, block in enumerate(blocks):
        block.dense = _Smoothed(block.dense, largest[number])


def export(network: Network, pieces: Pieces, target: Path) -> None:
    """Write the encoder (messages to vectors, without heads) as 8-bit ONNX."""
    smooth(network, pieces, range(min(CALIBRATED_ON, len(pieces.ids))))
    full = target.with_suffix(".fp32.onnx")
    ids, mask = pieces.batch([0, 1])
    axes = {0: "messages", 1: "pieces"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            _Vectors(network).eval(),
            (ids, mask),
            str(full),
            input_names=["input_ids", "attention_mask"],
            output_names=["vectors"],
            dynamic_axes={"input_ids": axes, "attention_mask": axes, "vectors": {0: "messages"}},
            opset_version=17,
            dynamo=False,
        )
        quantize_dynamic(
            full,
            target,
            weight_type=QuantType.QInt8,
            per_channel=True,
            op_types_to_quantize=["MatMul", "Gather"],
        )
    full.unlink()
