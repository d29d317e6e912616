"""Answers of the model endpoint, kept by a hash of what was asked, so that nothing is asked twice.

Only hashes and labels are kept, no text.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from adoption.sentiment.judge_prompt import Label


def request_hash(body: Mapping[str, Any]) -> str:
    """What stands for a request: model, instructions, schema and masked comment together."""
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


class JudgeCache:
    """Labels by request hash.

    Args:
        path: an SQLite file, made when missing; ``None`` keeps answers for this run only.

    """

    def __init__(self, path: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path or ":memory:", check_same_thread=False)
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS labels (hash TEXT PRIMARY KEY, stance TEXT, confidence INTEGER,"
            " barrier TEXT, kind TEXT, intensity INTEGER)"
        )

    def get(self, key: str) -> Label | None:
        """The label kept under a hash."""
        with self._lock:
            row = self._db.execute(
                "SELECT stance, confidence, barrier, kind, intensity FROM labels WHERE hash = ?",
                (key,),
            ).fetchone()
        return Label(*row) if row else None

    def put(self, key: str, label: Label) -> None:
        """Keep a label."""
        with self._lock, self._db:
            self._db.execute(
                "INSERT OR REPLACE INTO labels VALUES (?, ?, ?, ?, ?, ?)",
                (key, label.stance, label.confidence, label.barrier, label.kind, label.intensity),
            )

    def close(self) -> None:
        """Close the file."""
        self._db.close()
