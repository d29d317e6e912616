"""How the shipped detector is made; needs scikit-learn, and PyTorch for the encoder.

``train`` rebuilds everything under config/models from config/corpus and one seed.
"""

from __future__ import annotations
