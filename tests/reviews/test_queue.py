"""What is offered for review: three streams in turn, fair, masked, without author."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from adoption.errors import SettingsError
from adoption.model import AuthorKind, Person
from adoption.privacy import Floors, Masker
from adoption.reviews import RANDOM, RANDOM_FLAG, UNCERTAIN, ReviewDesk
from adoption.service import Service
from adoption.store import Store
from tests.reviews.build import (
    DOUBTFUL,
    FLAGGED,
    NOBODY,
    PASSED,
    crowd,
    fill,
    mixed,
    numbers,
    whole_queue,
    word,
)
from tests.store.build import MONDAY, community, message, put, put_scores


def test_streams_come_in_turn_and_no_message_is_in_two(store: Store) -> None:
    fill(store, mixed(1000))
    desk = ReviewDesk(store)
    reasons = [item.reason for item in desk.queue(12, NOBODY)]
    assert reasons == [RANDOM, RANDOM_FLAG, UNCERTAIN] * 4
    streams = whole_queue(desk)
    everything = [number for stream in streams.values() for number in stream]
    assert len(everything) == len(set(everything))


def test_a_stream_that_is_exhausted_leaves_its_places_to_the_others(store: Store) -> None:
    fill(store, dict.fromkeys(numbers(40), DOUBTFUL))
    assert len(ReviewDesk(store).queue(30, NOBODY)) == 30


def test_the_slice_is_drawn_from_everything_and_nothing_about_a_message_matters(
    store: Store,
) -> None:
    fill(store, mixed(4000))
    drawn = whole_queue(ReviewDesk(store, share=0.1))[RANDOM]
    assert pytest.approx(len(drawn), abs=6 * (4000 * 0.1 * 0.9) ** 0.5) == 4000 * 0.1
    kinds = mixed(4000)
    flagged = sum(kinds[number].flag == "flag" for number in drawn)
    assert flagged == pytest.approx(len(drawn) / 10, abs=6 * (len(drawn) * 0.09) ** 0.5)


def test_a_larger_slice_holds_the_smaller_one_and_keeps_its_order(store: Store) -> None:
    fill(store, mixed(1500))
    small = whole_queue(ReviewDesk(store, share=0.05))[RANDOM]
    large = whole_queue(ReviewDesk(store, share=0.10))[RANDOM]
    assert large[: len(small)] == small


def test_the_draw_is_stable_and_another_data_folder_draws_otherwise(tmp_path: Path) -> None:
    drawn = []
    for name in ("one", "one", "two"):
        with Store.open(tmp_path / name, create=True) as store:
            fill(store, mixed(600))
            drawn.append(whole_queue(ReviewDesk(store)))
    assert drawn[0] == drawn[1]
    assert drawn[0][RANDOM] != drawn[2][RANDOM]


def test_the_least_sure_come_first_and_the_sure_never_as_uncertain(store: Store) -> None:
    odds = {"m1": 0.45, "m2": 0.25, "m3": 0.70}
    rows = {number: DOUBTFUL._replace(pushback=p) for number, p in odds.items()}
    rows["m4"] = PASSED._replace(pushback=0.49)
    rows["m5"] = DOUBTFUL._replace(pushback=0.5, target="none")
    rows |= dict.fromkeys(numbers(20), PASSED)
    fill(store, rows)
    streams = whole_queue(ReviewDesk(store))
    by_chance = streams.get(RANDOM, [])
    expected = [n for n in ("m1", "m3", "m2", "m5", "m4") if n not in by_chance]
    assert streams.get(UNCERTAIN, []) == expected


def test_what_was_reviewed_or_not_judged_is_not_offered(store: Store) -> None:
    rows = mixed(60)
    rows["m0003"] = PASSED._replace(state="too_short", stance=None, pushback=None)
    fill(store, rows)
    done = whole_queue(ReviewDesk(store))[RANDOM_FLAG][0]
    store.control.add_review(word(done, "undetermined"))
    left = [number for stream in whole_queue(ReviewDesk(store)).values() for number in stream]
    assert done not in left
    assert "m0003" not in left


def test_a_share_below_five_or_above_ten_per_cent_is_refused(store: Store) -> None:
    for share in (0.01, 0.2):
        with pytest.raises(SettingsError, match="5 to 10 %"):
            ReviewDesk(store, share=share)


def test_texts_are_masked_and_evidence_moves_with_them(store: Store) -> None:
    crowd(store)
    text = "Maria Okonkwo says we should just use email, call 0161 496 0000"
    spot = text.index("just use email")
    put(
        store,
        [
            community("ward"),
            message("p", "Maria Okonkwo asked who posts", author_id="a"),
            message("1", text, author_id="b", parent_id="p", conversation_id="p"),
        ],
    )
    evidence = f"[[{spot}, {spot + 14}, 1.0]]"
    put_scores(store, [FLAGGED._replace(message_id="1", evidence=evidence)])
    item = ReviewDesk(store).queue(5, Masker(names=["Maria Okonkwo"]))[0]
    assert item.text == "[name] says we should just use email, call [number]"
    assert item.parent == "[name] asked who posts"
    start, end, _ = item.evidence[0]
    assert item.text[start:end] == "just use email"
    assert "b" not in {str(getattr(item, name)) for name in ("key", "community", "opinion")}


def test_a_deleted_parent_is_not_shown(store: Store) -> None:
    crowd(store)
    put(
        store,
        [
            community("ward"),
            message("p", "taken back", deleted_at=MONDAY + timedelta(hours=1)),
            message("1", author_id="b", parent_id="p", conversation_id="p"),
        ],
    )
    put_scores(store, [FLAGGED._replace(message_id="1")])
    assert ReviewDesk(store).queue(5, NOBODY)[0].parent is None


@pytest.mark.parametrize(("people", "named"), [(19, None), (20, "Community ward")])
def test_a_community_is_named_only_where_enough_people_write(
    store: Store, people: int, named: str | None
) -> None:
    crowd(store)
    fill(store, dict.fromkeys(numbers(people), FLAGGED), people=people)
    desk = ReviewDesk(store, floors=Floors())
    assert {item.community for item in desk.queue(40, NOBODY)} == {named}


@pytest.mark.parametrize(("people", "offered"), [(19, 0), (20, 20)])
def test_a_network_with_fewer_people_than_the_floor_is_not_reviewed(
    store: Store, people: int, offered: int
) -> None:
    fill(store, dict.fromkeys(numbers(people), FLAGGED), people=people)
    assert len(ReviewDesk(store).queue(40, NOBODY)) == offered


def test_private_places_and_bots_are_not_reviewed(store: Store) -> None:
    crowd(store)
    private, bot = community("closed", is_private=True), Person("bot", author_kind=AuthorKind.BOT)
    put(store, [private, bot, message("1", community_id="closed"), message("2", author_id="bot")])
    put_scores(store, [FLAGGED._replace(message_id=number) for number in ("1", "2")])
    assert ReviewDesk(store).queue(5, NOBODY) == []


def test_the_real_detector_fills_all_streams_with_opinions_in_plain_words(home: Path) -> None:
    with Service(home) as service:
        items = service.review_queue(60)
        names = [person.name for person in service._store.control.identities() if person.name]
    assert {item.reason for item in items} == {RANDOM, RANDOM_FLAG, UNCERTAIN}
    for item in items:
        assert item.opinion.endswith(".")
        assert not any(name in item.text or name in (item.parent or "") for name in names)
        assert all(0 <= start < end <= len(item.text) for start, end, _ in item.evidence)
