"""The sentence encoder: ONNX, int8, run by onnxruntime, with results kept by content.

A message and its context become one vector. The vector depends on the encoder's weights only, so
it can be kept and scored again when the heads change (:mod:`adoption.sentiment.embeddings`).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from adoption.errors import SettingsError
from adoption.sentiment.ngrams import Floats
from adoption.sentiment.signals import Signals

MAX_PIECES = 128
BATCH = 8
"""Messages in one run: larger batches are slower, because short ones are padded to the longest."""


def encoder_input(prepared: Signals) -> tuple[str, str]:
    """The two texts the encoder reads: the message, and its context (empty where unknown)."""
    return " ".join(prepared.cleaned.text.split()), prepared.context


class Encoder:
    """Turns messages into vectors.

    Args:
        model: an ONNX file with inputs ``input_ids``, ``attention_mask`` (and ``token_type_ids``)
            of shape (batch, pieces) and one output of shape (batch, width).
        tokenizer: the tokenizer.json that belongs to it.
        threads: threads of one run.

    Raises:
        SettingsError: onnxruntime or tokenizers is not installed.

    """

    def __init__(self, model: Path, tokenizer: Path, threads: int = 1) -> None:
        try:
            import onnxruntime
            from tokenizers import Tokenizer
        except ImportError as problem:
            raise SettingsError(
                "The full profile needs onnxruntime and tokenizers",
                where=str(problem.name),
                next_step="Install them, or choose the lite profile",
            ) from problem
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False
        options.add_session_config_entry("session.use_device_allocator_for_initializers", "1")
        self._session = onnxruntime.InferenceSession(
            str(model), options, providers=["CPUExecutionProvider"]
        )
        self._inputs = {item.name for item in self._session.get_inputs()}
        self._tokenizer: Any = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(MAX_PIECES, strategy="longest_first")
        self.width = int(self._session.get_outputs()[0].shape[-1])

    def embed(self, pairs: Sequence[tuple[str, str]]) -> Floats:
        """One vector for each message, in order."""
        encoded = [
            self._tokenizer.encode(text, context) if context else self._tokenizer.encode(text)
            for text, context in pairs
        ]
        order = sorted(range(len(encoded)), key=lambda i: len(encoded[i].ids))
        out = np.zeros((len(encoded), self.width), dtype=np.float32)
        for at in range(0, len(order), BATCH):
            chosen = order[at : at + BATCH]
            out[chosen] = self._run([encoded[i] for i in chosen])
        return out

    def _run(self, encoded: Sequence[Any]) -> Floats:
        longest = max(len(e.ids) for e in encoded)
        feed = {
            name: np.zeros((len(encoded), longest), dtype=np.int64)
            for name in ("input_ids", "attention_mask", "token_type_ids")
        }
        for row, e in enumerate(encoded):
            feed["input_ids"][row, : len(e.ids)] = e.ids
            feed["attention_mask"][row, : len(e.ids)] = 1
            feed["token_type_ids"][row, : len(e.ids)] = e.type_ids
        answer = self._session.run(None, {k: v for k, v in feed.items() if k in self._inputs})
        result: Floats = answer[0]
        return result
