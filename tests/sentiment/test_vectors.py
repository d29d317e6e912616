"""Vectors outlive a run, so that a new head scores history again without the encoder."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from adoption.sentiment.vectors import VectorStore

A, B, C = ("first", ""), ("second", "context"), ("third", "")


def vector(value: float) -> np.ndarray:
    return np.full(8, value, dtype=np.float16)


def test_what_is_put_is_found_again_in_a_later_run(tmp_path: Path) -> None:
    store = VectorStore(tmp_path, "enc-1")
    store.put({A: vector(1), B: vector(2)})
    store.put({B: vector(9), C: vector(3)})
    again = VectorStore(tmp_path, "enc-1")
    assert len(again) == 3
    found = again.get([A, B, C, ("unknown", "")])
    assert set(found) == {A, B, C}
    assert [float(found[key][0]) for key in (A, B, C)] == [1, 2, 3]


def test_vectors_of_another_encoder_are_not_used(tmp_path: Path) -> None:
    VectorStore(tmp_path, "enc-1").put({A: vector(1)})
    assert VectorStore(tmp_path, "enc-2").get([A]) == {}


def test_a_deleted_message_leaves_no_vector_behind(tmp_path: Path) -> None:
    store = VectorStore(tmp_path, "enc-1")
    store.put({A: vector(1), B: vector(2)})
    assert store.forget([A]) == 1
    assert store.forget([A]) == 0
    assert set(VectorStore(tmp_path, "enc-1").get([A, B])) == {B}
    assert store.forget([B]) == 1
    assert list(tmp_path.rglob("*.npy")) == []


def test_a_part_that_was_cut_off_is_not_read(tmp_path: Path) -> None:
    store = VectorStore(tmp_path, "enc-1")
    store.put({A: vector(1)})
    (tmp_path / "enc-1" / ".000002.vectors").write_bytes(b"half a file")
    again = VectorStore(tmp_path, "enc-1")
    again.put({B: vector(2)})
    assert set(VectorStore(tmp_path, "enc-1").get([A, B])) == {A, B}


def test_no_text_is_kept(tmp_path: Path) -> None:
    VectorStore(tmp_path, "enc-1").put({B: vector(2)})
    assert not any(b"second" in path.read_bytes() for path in tmp_path.rglob("*.npy"))
