"""Metrics and comments on the real store: rows in, scored, counted, released, masked."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adoption.metrics import RawComment, RawComments, Selection, compute, flagged_comments
from adoption.model import (
    AuthorKind,
    Community,
    CommunityKind,
    Message,
    MessageKind,
    Person,
    Reaction,
)
from adoption.period import Period
from adoption.privacy import (
    Floors,
    Masker,
    ReleasedComment,
    ReleasedComments,
    State,
    release,
    release_comments,
)
from adoption.scoring import score
from adoption.sentiment import Comment, Evidence, Verdict
from adoption.store import Network, Review, Snapshot, Store

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
WHEN = Period.parse("2026-W02:2026-W05")
PEOPLE = 30
OBJECTIONS = (
    "{name} why can't we use email like before?",
    "Nobody asked {name} or the ward about this, it is pointless",
)


class Plain:
    """A detector for the test: a message that holds one of two phrases pushes back."""

    version = "plain-1"
    profile = "test"

    def judge(self, comments: Sequence[Comment]) -> list[Verdict]:
        return [self._one(comment.text) for comment in comments]

    def _one(self, text: str) -> Verdict:
        for phrase, barrier in (("use email", "existing_channel"), ("pointless", "no_value")):
            place = text.find(phrase)
            if place >= 0:
                found = (Evidence(place, place + len(phrase), 1.0),)
                return self._verdict("pushback", 0.92, barrier, found)
        return self._verdict("neutral", 0.01, None, ())

    def _verdict(
        self, stance: str, probability: float, barrier: str | None, evidence: tuple[Evidence, ...]
    ) -> Verdict:
        flagged = stance == "pushback"
        return Verdict(
            state="scored",
            stance=stance,
            pushback=probability,
            barrier=barrier,
            barriers=((barrier, 0.9),) if barrier else (),
            kind="objection" if flagged else None,
            intensity=2 if flagged else None,
            polarity=0.0,
            subjectivity=0.0,
            language="en",
            evidence=evidence,
            target="named" if flagged else "none",
            flag="flag" if flagged else "pass",
            model=self.version,
        )


def person(number: int) -> Person:
    return Person(
        str(number),
        name=f"Marek Nowak{number}",
        email=f"nowak{number}@trust.example",
        department="Theatres" if number < 25 else "Estates",
    )


def message(
    number: int,
    author: int,
    text: str,
    *,
    community: str = "1",
    parent: int | None = None,
    hours: float = 0,
    kind: AuthorKind = AuthorKind.PERSON,
) -> Message:
    starter = str(number if parent is None else parent)
    return Message(
        id=str(number),
        community_id=community,
        conversation_id=starter,
        parent_id=None if parent is None else starter,
        author_id=str(author),
        author_kind=kind,
        kind=MessageKind.POST if parent is None else MessageKind.REPLY,
        created_at=START + timedelta(days=number % 20, hours=hours),
        text=text,
    )


def rows() -> list[Community | Person | Message | Reaction]:
    """Each person posts once; the first twelve object, the first six are answered."""
    posts = []
    for number in range(PEOPLE):
        template = (
            OBJECTIONS[number % 2]
            if number < 12
            else "Rota for {name} is out, number " + str(number)
        )
        text = template.format(name=f"Marek Nowak{(number + 7) % PEOPLE}") + f" ({number})"
        posts.append(message(number, number, text, community="2" if number == 11 else "1"))
    replies = [
        message(100 + number, number + 1, f"We hear you {number}", parent=number, hours=3)._replace(
            created_at=START + timedelta(days=number, hours=3)
        )
        for number in range(6)
    ]
    robot = message(300, 29, "why can't we use email", kind=AuthorKind.BOT)
    late = message(301, 20, "Good morning all")._replace(created_at=START + timedelta(days=40))
    return [
        Community("1", "General", CommunityKind.COMMUNITY),
        Community("2", "Night shift", CommunityKind.COMMUNITY),
        Community("9", "Board", CommunityKind.COMMUNITY, is_private=True),
        *(person(number) for number in range(PEOPLE)),
        *posts,
        *replies,
        robot,
        late,
        message(302, 3, "why can't we use email, board?", community="9"),
        Reaction("0", START, "5", "like", START),
    ]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    home: Path = tmp_path_factory.mktemp("metrics") / "home"
    with Store.open(home, create=True) as opened:
        opened.control.put_network(Network("viva", "viva-engage-export"))
        with opened.writer("test") as writer:
            writer.write("viva", rows())
            writer.commit()
        score(opened, Plain(), progress=lambda *_: None, cancelled=lambda: False)
        yield opened


@pytest.fixture
def snapshot(store: Store) -> Iterator[Snapshot]:
    with store.snapshot() as pinned:
        yield pinned


@pytest.fixture
def masker(store: Store) -> Masker:
    people = store.control.identities()
    return Masker([p.name for p in people if p.name], [p.email for p in people if p.email])


def test_figures_of_activity_come_out_as_the_rows_went_in(snapshot: Snapshot) -> None:
    found = {
        name: compute(snapshot, name, WHEN).total.value
        for name in (
            "posts",
            "replies",
            "reactions",
            "active-people",
            "active-share",
            "silent-people",
        )
    }
    assert found == {
        "posts": 30,
        "replies": 6,
        "reactions": 1,
        "active-people": 30,
        "active-share": 1.0,
        "silent-people": 0,
    }


def test_answers_are_found_and_timed(snapshot: Snapshot) -> None:
    rate = compute(snapshot, "response-rate", WHEN).total
    time = compute(snapshot, "response-time", WHEN).total
    answered = compute(snapshot, "answered-pushback", WHEN).total
    assert (rate.numerator, rate.denominator) == (6, 30)
    assert (time.value, time.p90) == (3, 3)
    assert (answered.numerator, answered.denominator) == (6, 12)


def test_bots_and_private_places_do_not_push_back(snapshot: Snapshot) -> None:
    rate = compute(snapshot, "pushback-rate", WHEN).total
    assert (rate.numerator, rate.denominator, rate.objectors) == (12, 36, 12)


def test_departments_below_the_floor_are_hidden_with_company(snapshot: Snapshot) -> None:
    released = release(compute(snapshot, "pushback-rate", WHEN, by="department"))
    assert {row.key: row.state for row in released} == {
        "Estates": State.SUPPRESSED,
        "Theatres": State.SUPPRESSED,
    }
    assert released.total.shown


def test_the_control_file_keeps_figures_of_a_snapshot(store: Store, snapshot: Snapshot) -> None:
    first = compute(snapshot, "posts", WHEN, by="week", cache=store.control)
    assert compute(snapshot, "posts", WHEN, by="week", cache=store.control) == first


def comments(
    snapshot: Snapshot, masker: Masker, floors: Floors | None = None, barrier: str | None = None
) -> ReleasedComments:
    raw = flagged_comments(snapshot, WHEN, barrier=barrier)
    return release_comments(raw, masker, floors or Floors())


def test_comments_come_masked_without_author_and_with_their_evidence(
    snapshot: Snapshot, masker: Masker
) -> None:
    found = comments(snapshot, masker)
    assert (found.state, len(found)) == (State.SHOWN, 12)
    for comment in found:
        assert "Nowak" not in comment.text
        assert "Marek" not in comment.text
        assert "[name]" in comment.text
        marked = [comment.text[start:end] for start, end, _ in comment.evidence]
        assert marked in (["use email"], ["pointless"])
        assert comment.confidence == "very likely"
        assert (comment.kind, comment.intensity) == ("objection", 2)
    assert {comment.barrier_title for comment in found} == {
        "What we have is enough",
        "No use to me",
    }


def test_nothing_in_released_comments_points_at_an_author(
    snapshot: Snapshot, masker: Masker
) -> None:
    told = json.dumps(comments(snapshot, masker).as_dict())
    people = snapshot.sql("SELECT DISTINCT person_id FROM facts")
    assert not any(row[0] in told for row in people)
    assert "author" not in told
    assert "message_id" not in told


def test_a_small_community_is_not_named_beside_a_comment(
    snapshot: Snapshot, masker: Masker
) -> None:
    named = [comment.community for comment in comments(snapshot, masker)]
    assert "Night shift" not in named
    assert None in named


def test_comments_of_one_barrier_need_enough_people_of_their_own(
    snapshot: Snapshot, masker: Masker
) -> None:
    assert len(comments(snapshot, masker, barrier="no_value")) == 6
    hidden = comments(snapshot, masker, Floors(pushback_authors=7), barrier="no_value")
    assert (hidden.state, hidden.comments) == (State.SUPPRESSED, ())
    assert hidden.note == "Fewer than 7 people wrote about this."


def test_a_barrier_nobody_named_has_no_comments(snapshot: Snapshot, masker: Masker) -> None:
    assert len(comments(snapshot, masker, barrier="skills")) == 0
    assert comments(snapshot, masker, barrier="unheard_of").state is State.NOT_AVAILABLE


def test_comments_of_a_small_selection_are_hidden(snapshot: Snapshot, masker: Masker) -> None:
    raw = flagged_comments(snapshot, WHEN, Selection(departments=("Estates",)))
    assert release_comments(raw, masker).state is not State.SHOWN


def test_only_the_gate_makes_released_comments(snapshot: Snapshot, masker: Masker) -> None:
    found = comments(snapshot, masker)
    makers: list[Callable[[], object]] = [
        lambda: ReleasedComments(
            found.period, found.selection, None, 1, State.SHOWN, "", (), key=None
        ),
        lambda: ReleasedComment("Anna", (), "skills", "", None, None, "", None, "", key=None),
    ]
    for make in makers:
        with pytest.raises(TypeError, match=r"adoption\.privacy"):
            make()


def test_of_many_comments_the_surest_come_first_and_equal_ones_once(snapshot: Snapshot) -> None:
    assert len(flagged_comments(snapshot, WHEN, limit=4).comments) == 4


def test_a_long_comment_is_cut_between_words(snapshot: Snapshot, masker: Masker) -> None:
    raw = flagged_comments(snapshot, WHEN)
    long = RawComments(raw.barrier, raw.behind, raw.communities, (long_comment(raw),))
    (comment,) = release_comments(long, masker).comments
    assert len(comment.text) < 4100
    assert comment.text.endswith("word …")
    assert comment.evidence == ((0, 4, 1.0),)


def long_comment(raw: RawComments) -> RawComment:
    spans = ((0, 4, 1.0), (9000, 9004, 1.0))
    return replace(raw.comments[0], text="word " * 5000, evidence=spans)


def test_a_reviewed_comment_says_so_and_a_rejected_one_goes(tmp_path: Path) -> None:
    with Store.open(tmp_path / "home", create=True) as store:
        store.control.put_network(Network("viva", "viva-engage-export"))
        with store.writer("test") as writer:
            writer.write("viva", rows())
            writer.commit()
        score(store, Plain(), progress=lambda *_: None, cancelled=lambda: False)
        store.control.add_review(Review("viva", "0", "pushback", "skills", "reviewer", START))
        store.control.add_review(Review("viva", "1", "neutral", None, "reviewer", START))
        with store.snapshot() as snapshot:
            found = comments(snapshot, Masker())
    assert len(found) == 11
    assert found.comments[0].confidence == "confirmed by a reviewer"
    assert found.comments[0].barrier == "skills"
