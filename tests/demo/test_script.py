"""The written conversations: enough of them, labelled by the guideline, and each one different."""

from __future__ import annotations

import re
from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adoption.demo.communities import Place, make_places
from adoption.demo.effects import BARRIERS
from adoption.demo.people import BY_KEY
from adoption.demo.script import NETWORK_TOPIC, REMINDER_TOPIC, Bag, Conversation, Line, read_script
from adoption.demo.slots import SLOT_NAMES

SLOT = re.compile(r"\{(\w*)\}")
SCRIPT = read_script()


def pushback() -> list[Line]:
    return [line for line in SCRIPT.lines if line.label.stance == "pushback"]


def test_there_are_enough_distinct_messages() -> None:
    texts = [line.text for line in SCRIPT.lines]
    assert len(texts) == len(set(texts)) >= 900
    assert len(pushback()) >= 220
    assert sum(line.label.stance == "support" for line in SCRIPT.lines) >= 120


def test_every_barrier_has_both_posts_and_answers() -> None:
    counts = Counter(line.label.barrier for line in pushback())
    turns = {(line.label.barrier, line.turn == "post") for line in pushback()}
    assert set(counts) == set(BARRIERS)
    assert min(counts.values()) >= 10
    assert turns == {(barrier, first) for barrier in BARRIERS for first in (True, False)}


def test_labels_follow_the_guideline() -> None:
    for line in SCRIPT.lines:
        label = line.label
        assert label.stance in {"pushback", "support", "neutral"}
        if label.stance == "pushback":
            assert label.kind in {"objection", "obstacle"}
            assert label.intensity in {1, 2, 3}
        else:
            assert (label.barrier, label.kind, label.intensity) == (None, None, None)


def test_pushback_is_only_where_it_is_drawn_by_its_rate() -> None:
    elsewhere = [
        line.text
        for topic, talks in SCRIPT.topics.items()
        if topic != NETWORK_TOPIC
        for talk in talks
        for line in talk.lines
        if line.label.stance == "pushback"
    ]
    assert elsewhere == []


def test_every_barrier_can_be_told_before_the_incident() -> None:
    for barrier, seeds in SCRIPT.seeds.items():
        assert any(seed.conversation.after is None for seed in seeds), barrier


@pytest.mark.parametrize("topic", SCRIPT.topics)
def test_conversations_are_well_formed(topic: str) -> None:
    places = make_places()
    for talk in SCRIPT.topics[topic]:
        check(talk, places)


def check(talk: Conversation, places: dict[str, Place]) -> None:
    assert [line.turn == "post" for line in talk.lines] == [True] + [False] * (len(talk.lines) - 1)
    assert {line.turn for line in talk.lines[1:]} <= {"answer", "follow", "back"}
    assert talk.by is None or talk.by == "leader" or talk.by in BY_KEY
    assert talk.place is None or talk.place in places
    assert talk.after in {None, "incident"}
    for line in talk.lines:
        assert set(SLOT.findall(line.text)) <= set(SLOT_NAMES), line.text
        assert line.text == line.text.strip() != ""


def test_every_topic_is_used_in_some_community() -> None:
    used = {topic for place in make_places().values() for topic in place.topics}
    assert used | {NETWORK_TOPIC, REMINDER_TOPIC} == set(SCRIPT.topics)


@given(st.lists(st.integers(), min_size=1, max_size=20, unique=True), st.integers(1, 4))
def test_a_bag_gives_everything_before_it_repeats(items: list[int], rounds: int) -> None:
    bag = Bag(tuple(items), Random(1))
    for _ in range(rounds):
        assert sorted(bag.draw() for _ in items) == sorted(items)
