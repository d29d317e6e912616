"""How the shipped detector is made; needs scikit-learn, and PyTorch for the encoder.

:func:`train` rebuilds everything under config/models from config/corpus and one seed.
"""

from __future__ import annotations

from adoption.sentiment.training.run import train

__all__ = ["train"]
