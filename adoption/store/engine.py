"""DuckDB as a stateless engine over the lake's files: one way to open it, writer and reader alike."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

WRITER_MEMORY = "256MB"
READER_MEMORY = "1GB"


def open_engine(scratch: Path, memory: str) -> Any:
    """An in-memory DuckDB in UTC that never reaches for extensions and spills into ``scratch``."""
    engine = duckdb.connect(
        ":memory:",
        config={
            "memory_limit": memory,
            "temp_directory": str(scratch),
            "preserve_insertion_order": False,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        },
    )
    engine.execute("SET GLOBAL TimeZone = 'UTC'")
    return engine
