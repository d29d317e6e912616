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


def encoder_input(prepared: Signals) -> tuple[str, str]:
    """The two texts the encoder reads: the message, and its context (empty where unknown)."""
    return " ".join(prepared.cleaned.text.split()), prepared.context


class Encoder:
    """Turns messages into vectors.

    Args:
        model: an ONNX file with inputs ``input_ids`` and ``attention_mask`` of shape (1, pieces)
            and one output of shape (1, width).
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
        self._tokenizer: Any = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(MAX_PIECES, strategy="longest_first")
        self.width = int(self._session.get_outputs()[0].shape[-1])

    def embed(self, pairs: Sequence[tuple[str, str]]) -> Floats:
        """One vector for each message, in order.

        Each message is run alone. In a batch the 8-bit scale of activations would be shared, and
        a vector would depend on what it is judged with; alone it is the same everywhere, takes
        a third of the memory, and on a CPU is as fast, since nothing is padded.
        """
        out = np.zeros((len(pairs), self.width), dtype=np.float32)
        for row, (text, context) in enumerate(pairs):
            pieces = (
                self._tokenizer.encode(text, context) if context else self._tokenizer.encode(text)
            )
            ids = np.array([pieces.ids], dtype=np.int64)
            feed = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
            out[row] = self._session.run(None, feed)[0][0]
        return out
