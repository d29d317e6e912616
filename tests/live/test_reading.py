"""What is read of a network, for every live connector: the whole truth, once."""

from __future__ import annotations

from datetime import UTC

from adoption.connector import Capability
from adoption.model import AuthorKind, Message
from tests.live.rig import Rig
from tests.live.world import Kept, World


def busy(world: World) -> None:
    """A little of everything, over both communities and more pages than one."""
    first = world.post("ada")
    for number in range(7):
        world.post(world.people[number % 6], "news" if number % 3 else "all-company")
    answer = world.post("ben", root=first)
    world.post("cem", root=first)
    world.react(first, "cem")
    world.react(first, "dua", "laugh")
    world.react(answer, "ada")
    world.edit(answer)
    gone = world.post("eva")
    world.delete(gone)


def test_everything_that_stands_is_read_with_its_author_place_and_starter(rig: Rig) -> None:
    busy(rig.world)
    kept = rig.full()
    assert kept.live() == rig.peer.live()
    if rig.peer.names_reactions:
        assert kept.reactions() == rig.world.reactions()


def test_communities_and_people_are_those_of_the_network(rig: Rig) -> None:
    kept = rig.full()
    assert sorted(kept.places.values()) == sorted(rig.world.communities)
    assert set(rig.world.people) <= set(kept.names.values())


def test_an_empty_network_gives_no_messages(rig: Rig) -> None:
    assert rig.full().live() == set()


def test_two_full_reads_are_equal(rig: Rig) -> None:
    busy(rig.world)
    assert rig.full().messages == rig.full().messages


def test_keys_are_unique_and_never_empty(rig: Rig) -> None:
    busy(rig.world)
    for message in rig.full().messages.values():
        assert message.id
        assert message.conversation_id
        assert message.created_at.tzinfo is UTC


def test_messages_of_one_moment_that_straddle_a_page_edge_are_all_read(rig: Rig) -> None:
    for number in range(11):
        rig.world.post("ada", step=0.0 if number % 4 else 1.0)
    assert rig.full().live() == rig.peer.live()


def test_what_is_posted_while_pages_turn_is_neither_lost_nor_doubled(rig: Rig) -> None:
    for _ in range(8):
        rig.world.post()
    kept, extra = Kept(), iter(range(4))
    inner = rig.server.application

    def busier(request: object) -> object:
        reply = inner(request)  # type: ignore[arg-type]
        if next(extra, None) is not None:
            rig.world.post("ben")
        return reply

    rig.server.application = busier  # type: ignore[assignment]
    reached = rig.sync(kept)
    rig.sync(kept, reached)
    assert kept.live() == rig.peer.live()


def test_programs_and_system_messages_are_not_taken_for_people(rig: Rig) -> None:
    rig.world.post("ada")
    rig.world.post("ada", kind="webhook")
    rig.world.post("ada", kind="system")
    kept = rig.full()
    assert kept.live() == rig.peer.live()
    assert AuthorKind.PERSON not in {
        message.author_kind for message in kept.messages.values() if message.text != "text 1"
    }


def test_a_kind_nobody_knows_survives_by_its_name(rig: Rig) -> None:
    rig.world.post("ada", kind="odd")
    (message,) = rig.full().messages.values()
    assert message.text
    assert bool(message.raw_type) is rig.peer.tells_kinds


def test_difficult_texts_arrive_unharmed(rig: Rig) -> None:
    texts = [
        "a < b && c > d; 5 &amp; 6",
        "مرحبا بالجميع",
        "👩‍👩‍👧 fine 😀",
        "x" * 65_000,
        "line one\nline two\t\u2028end",
    ]
    for text in texts:
        rig.world.post("ada", text=text)
    assert {message.text for message in rig.full().messages.values()} == set(texts)


def test_what_no_table_can_keep_is_taken_out_of_texts(rig: Rig) -> None:
    rig.world.post("ada", text="nul \0 and half \ud83d here")
    (message,) = rig.full().messages.values()
    assert message.text == "nul  and half ? here"


def test_private_communities_are_left_out_unless_somebody_approved_them(rig: Rig) -> None:
    rig.world.private = {"news"}
    rig.world.post("ada", "all-company")
    hidden = rig.world.post("ada", "news")
    assert hidden.text not in {message.text for message in rig.full().messages.values()}
    everything = rig.full(include_private=True, approved_by="Works council")
    if Capability.COMMUNITIES in rig.peer.connector.gives:
        assert hidden.text in {message.text for message in everything.messages.values()}


def test_nothing_before_the_first_day_is_given(rig: Rig) -> None:
    rig.world.post("ada")
    rig.clock.advance(3 * 86_400)
    late = rig.world.post("ben")
    day = late.at.date().isoformat()
    assert {m.text for m in rig.full(since=day).messages.values()} == {late.text}


def test_what_a_connector_lacks_it_does_not_give(rig: Rig) -> None:
    kind = rig.peer.connector
    assert kind.gives.isdisjoint(kind.lacks)
    assert set(Capability) - kind.gives - set(kind.lacks) == set()
    busy(rig.world)
    rows = list(rig.full().messages.values())
    if Capability.EDITS in kind.gives:
        assert any(isinstance(row, Message) and row.edited_at for row in rows)
