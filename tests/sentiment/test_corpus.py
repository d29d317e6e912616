"""The labelled messages are clean: whole, without copies, and without the development set."""

from __future__ import annotations

import json
import re
import zlib
from collections import Counter, defaultdict
from functools import cache

import pytest

from adoption.errors import SourceError
from adoption.sentiment.examples import Example, corpus_files, read_examples
from adoption.sentiment.outputs import BARRIERS
from adoption.settings import config_dir

NEAR = 0.5
WORD = re.compile(r"[a-z0-9']+")


@cache
def corpus() -> list[Example]:
    return read_examples(corpus_files())


@cache
def development() -> list[Example]:
    return read_examples([config_dir() / "eval" / "dev.jsonl"])


def trigrams(text: str) -> frozenset[int]:
    """Hashed runs of three words; for texts of fewer words the whole text."""
    words = WORD.findall(text.lower().replace("’", "'"))
    runs = [" ".join(words[i : i + 3]) for i in range(max(1, len(words) - 2))]
    return frozenset(zlib.crc32(run.encode()) for run in runs)


def near_pairs(left: list[Example], right: list[Example] | None = None) -> list[tuple[str, str]]:
    """Pairs whose word trigrams overlap by half or more (Jaccard), found through shared trigrams."""
    index: dict[int, list[int]] = defaultdict(list)
    sets = [trigrams(e.comment.text) for e in left]
    for at, found in enumerate(sets):
        for run in found:
            index[run].append(at)
    others = left if right is None else right
    pairs = []
    for number, other in enumerate(others):
        mine = trigrams(other.comment.text)
        shared = Counter(
            at for run in mine for at in index[run] if right is not None or at < number
        )
        for at, count in shared.items():
            if count / (len(mine) + len(sets[at]) - count) >= NEAR:
                pairs.append((left[at].id, other.id))
    return pairs


def test_every_label_is_whole() -> None:
    for example in corpus():
        pushes = example.stance == "pushback"
        assert (example.barrier is not None) == pushes, example.id
        assert (example.intensity is not None) == pushes, example.id
        assert (example.kind is not None) == pushes, example.id
        assert set(example.further) <= set(BARRIERS), example.id
        assert example.comment.text.strip(), example.id


def test_ids_are_unique() -> None:
    ids = [e.id for e in corpus()]
    assert len(ids) == len(set(ids))


def test_no_two_messages_are_nearly_the_same_unless_they_are_a_contrast_pair() -> None:
    pair = {e.id: e.pair for e in corpus()}
    parent = {e.id: (e.comment.parent, e.comment.community) for e in corpus()}
    copies = [
        (a, b)
        for a, b in near_pairs(corpus())
        if pair[a] != b and pair[b] != a and parent[a] == parent[b]
    ]
    assert copies == []


def test_nothing_of_the_development_set_is_in_the_corpus() -> None:
    long = [e for e in development() if len(e.comment.text.split()) > 3]
    assert near_pairs(corpus(), long) == []


def test_the_corpus_is_large_and_every_barrier_is_well_fed() -> None:
    written = [e for e in corpus() if e.origin not in ("invented", "ordinary", "reworded")]
    assert len(written) >= 2_500
    counts = Counter(e.barrier for e in corpus())
    assert min(counts[code] for code in BARRIERS) >= 100


@pytest.mark.parametrize(
    "change",
    [{"stance": "angry"}, {"barrier": "laziness"}, {"kind": "mood"}, {"intensity": 9}],
)
def test_a_label_that_does_not_exist_is_named(tmp_path: object, change: dict[str, object]) -> None:
    from pathlib import Path

    path = Path(str(tmp_path)) / "more.jsonl"
    row = {"id": "x1", "text": "No", "stance": "pushback", "barrier": "policy", **change}
    path.write_text(json.dumps(row) + "\n", "utf-8")
    with pytest.raises(SourceError, match="line 1"):
        read_examples([path])
