"""Detectors are loaded once: judging is pure, loading takes seconds."""

from __future__ import annotations

import pytest

from adoption.sentiment import load_detector
from adoption.sentiment.detector import LocalDetector


@pytest.fixture(scope="session")
def lite() -> LocalDetector:
    return load_detector("lite")


@pytest.fixture(scope="session")
def full() -> LocalDetector:
    return load_detector("full")
