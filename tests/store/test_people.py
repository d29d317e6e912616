"""People: their history, and who is the same human."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from adoption.model import AuthorKind, Person
from adoption.store import Counts, Store
from adoption.store.schema import BEGINNING
from tests.store.build import MONDAY, ask, like, message, put

HISTORY = "SELECT department, valid_from FROM people ORDER BY valid_from"
INTERVALS = "SELECT department, valid_from, valid_to FROM persons ORDER BY valid_from"


def test_the_first_version_is_valid_from_the_beginning(store: Store) -> None:
    put(store, [Person("ann", department="A")])
    assert ask(store, INTERVALS) == [("A", BEGINNING, None)]


def test_a_changed_attribute_makes_a_version_valid_from_the_sync(store: Store) -> None:
    put(store, [Person("ann", department="A")])
    before = datetime.now(UTC)
    assert put(store, [Person("ann", department="B")])["people"] == Counts(added=1)
    (first, second) = ask(store, HISTORY)
    assert first == ("A", BEGINNING)
    assert second[0] == "B"
    assert before <= second[1] <= datetime.now(UTC)
    assert ask(store, INTERVALS) == [("A", BEGINNING, second[1]), ("B", second[1], None)]


def test_a_date_given_by_the_source_is_used_and_earlier_ones_find_their_place(store: Store) -> None:
    put(store, [Person("ann", department="B", valid_from=MONDAY)])
    put(store, [Person("ann", department="A", valid_from=MONDAY - timedelta(days=30))])
    assert ask(store, INTERVALS) == [("A", BEGINNING, MONDAY), ("B", MONDAY, None)]


def test_a_corrected_dated_version_replaces_its_row(store: Store) -> None:
    put(store, [Person("ann", department="B", valid_from=MONDAY)])
    counts = put(store, [Person("ann", department="C", valid_from=MONDAY)])
    assert counts["people"] == Counts(changed=1)
    assert ask(store, HISTORY) == [("C", MONDAY)]


def test_a_row_that_says_nothing_keeps_what_is_known(store: Store) -> None:
    put(store, [Person("ann", department="A", is_leader=True)])
    assert put(store, [Person("ann")])["people"] == Counts(unchanged=1)
    assert ask(store, HISTORY) == [("A", BEGINNING)]


def test_a_row_that_empties_one_attribute_is_believed(store: Store) -> None:
    put(store, [Person("ann", department="A", employed_to=MONDAY)])
    put(store, [Person("ann", department="A")])
    assert ask(store, "SELECT employed_to FROM people ORDER BY valid_from") == [(MONDAY,), (None,)]


def test_a_new_address_is_added_to_the_keys_without_a_new_version(store: Store) -> None:
    put(store, [Person("ann", department="A", email="ann@old.org")])
    counts = put(store, [Person("ann", department="A", email="ann@new.org")])
    assert counts["people"] == Counts(changed=1)
    put(store, [Person("7", department="Z", email="ann@old.org")], network="people")
    assert ask(store, "SELECT DISTINCT department FROM persons WHERE network = 'net'") == [("Z",)]


def test_a_name_once_known_is_not_forgotten_when_a_stub_comes(store: Store) -> None:
    put(store, [Person("ann", name="Ann Lee", email="ann@x.org")])
    put(store, [Person("ann", handle="annlee")])
    (identity,) = store.control.identities()
    assert identity[2:] == ("ann", "Ann Lee", "ann@x.org", "annlee")


def test_messages_show_people_as_they_were_when_they_acted(store: Store) -> None:
    put(store, [Person("ann", department="A"), Person("ann", department="B", valid_from=MONDAY)])
    later, earlier = MONDAY + timedelta(days=1), MONDAY - timedelta(seconds=1)
    put(store, [message("1", created_at=earlier), message("2"), message("3", created_at=later)])
    put(
        store,
        [like("1", "ann", reacted_at=later), like("3", "ann", reacted_at=earlier, kind="wow")],
    )
    assert ask(store, "SELECT message_id, department FROM facts ORDER BY 1") == [
        ("1", "A"),
        ("2", "B"),
        ("3", "B"),
    ]
    assert ask(
        store, "SELECT acted_at, department FROM acts WHERE act = 'reaction' ORDER BY 1"
    ) == [
        (earlier, "A"),
        (later, "B"),
    ]


def test_an_author_nobody_described_is_a_person_without_attributes(store: Store) -> None:
    put(store, [message("1", author_id="stranger"), message("2", author_id=None)])
    rows = ask(store, "SELECT person_id = author_id, department FROM facts ORDER BY message_id")
    assert rows == [(True, None), (None, None)]


def test_a_people_file_wins_over_what_the_network_says(store: Store) -> None:
    put(store, [Person("u1", email="Ann@X.org", department="network", location="Site 1")])
    put(
        store,
        [
            Person("7", email="ann@x.org", department="file", is_leader=True, employed_from=MONDAY),
            Person("7", email="ann@x.org", department="file later", valid_from=MONDAY),
        ],
        network="people",
    )
    put(store, [message("1", author_id="u1", created_at=MONDAY - timedelta(days=1))])
    put(store, [message("2", author_id="u1")])
    assert ask(store, "SELECT department, location, is_leader FROM facts ORDER BY message_id") == [
        ("file", "Site 1", True),
        ("file later", "Site 1", None),
    ]
    assert ask(store, "SELECT count(DISTINCT person_id) FROM persons") == [(1,)]
    assert ask(
        store, "SELECT employed_from FROM persons WHERE network = 'net' ORDER BY valid_from"
    ) == [
        (MONDAY,),
        (None,),
    ]


def test_the_same_mail_address_in_two_networks_is_one_human(store: Store) -> None:
    put(store, [Person("u1", email="ann@x.org"), message("1", author_id="u1")], network="one")
    put(store, [Person("U9", email="ANN@x.org "), message("1", author_id="U9")], network="two")
    assert ask(store, "SELECT count(DISTINCT person_id), count(DISTINCT author_id) FROM facts") == [
        (1, 2)
    ]


def test_links_go_on_from_account_to_account(store: Store) -> None:
    put(store, [Person("a", email="ann@x.org")], network="one")
    put(store, [Person("b", email="ann@x.org", handle="annlee")], network="two")
    put(store, [Person("c", handle="AnnLee")], network="three")
    put(store, [Person("d", email="bob@x.org")], network="three")
    assert ask(store, "SELECT count(*), count(DISTINCT person_id) FROM persons") == [(4, 2)]


def test_members_numbered_alike_in_two_networks_are_not_the_same_people(store: Store) -> None:
    put(store, [Person("1"), Person("2")], network="one")
    put(store, [Person("1"), Person("2")], network="two")
    assert ask(store, "SELECT count(DISTINCT person_id) FROM persons") == [(4,)]


def test_a_people_file_may_name_people_by_the_id_of_the_network(store: Store) -> None:
    put(store, [Person("u1")])
    put(store, [Person("u1", department="A"), Person("u2", department="B")], network="people")
    assert ask(store, "SELECT department FROM persons WHERE network = 'net'") == [("A",)]


def test_an_account_known_as_a_bot_does_not_count_as_a_person(store: Store) -> None:
    put(store, [Person("ann", author_kind=AuthorKind.BOT), message("1"), like("1", "ann")])
    assert ask(store, "SELECT (SELECT count(*) FROM facts), (SELECT count(*) FROM acts)") == [
        (0, 0)
    ]
