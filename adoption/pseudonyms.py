"""Keyed pseudonyms: what stands in the lake instead of the ids, names and addresses of people.

A pseudonym is the first 16 bytes, in hex, of HMAC-SHA-256 (RFC 2104, FIPS 198-1) with the key of
one data folder. Without the key nobody can test a guess; with another key the same person gets
another pseudonym, so two data folders cannot be joined.
"""

from __future__ import annotations

import hmac
import os
import secrets
import stat
from pathlib import Path

from adoption.errors import StoreError

KEY_BYTES = 32
PSEUDONYM_BYTES = 16
CACHED_PEOPLE = 1_000_000


class Pseudonyms:
    """Replaces the ids of people by pseudonyms, remembering those already computed."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._known: dict[tuple[str, str], str] = {}

    def __repr__(self) -> str:
        return "Pseudonyms(key hidden)"

    def person(self, network: str, source_id: str) -> str:
        """The pseudonym of an account: 32 hex characters over the network and the source's id."""
        known = self._known.get((network, source_id))
        if known is None:
            if len(self._known) >= CACHED_PEOPLE:
                self._known.clear()
            known = self._digest(f"{network}\0{source_id}")
            self._known[(network, source_id)] = known
        return known

    def match_key(self, value: str) -> str:
        """The key by which the same human is recognised in two networks; case and outer blanks do not count."""
        return self._digest(f"\0{value.strip().casefold()}")

    def _digest(self, value: str) -> str:
        whole = hmac.digest(self._key, value.encode("utf-8", "surrogatepass"), "sha256")
        return whole[:PSEUDONYM_BYTES].hex()


def create_key(path: Path) -> None:
    """Write a new random key, readable by its owner only; a key that is there stays.

    The key gets its name only when it is complete and on disk, so a kill leaves no half key, and of
    two processes that create one at the same time both end with the same.
    """
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(handle, secrets.token_hex(KEY_BYTES).encode())
        os.fsync(handle)
    finally:
        os.close(handle)
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def read_key(path: Path) -> bytes:
    """The key in this file.

    Raises:
        StoreError: the file is missing, damaged, or other users may read it.

    """
    try:
        text = path.read_text(encoding="ascii").strip()
        mode = path.stat().st_mode
        key = bytes.fromhex(text)
    except (OSError, ValueError) as error:
        raise StoreError(
            "The pseudonym key cannot be read",
            where=str(path),
            next_step="Restore this file from a backup; without it no person can be recognised again",
        ) from error
    if len(key) != KEY_BYTES:
        raise StoreError(
            "The pseudonym key is damaged",
            where=str(path),
            next_step="Restore this file from a backup",
        )
    if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
        raise StoreError(
            "Other users of this machine may read the pseudonym key",
            where=str(path),
            next_step=f"Run: chmod 600 '{path}'",
        )
    return key
