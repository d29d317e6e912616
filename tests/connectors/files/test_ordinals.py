from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from adoption.files.ordinals import Ordinals, key_of


@given(st.lists(st.sampled_from("abcd")))
def test_every_row_gets_a_name_of_its_own_that_later_rows_do_not_change(keys: list[str]) -> None:
    def names(some: list[str]) -> list[str]:
        ordinals = Ordinals()
        for key in some:
            ordinals.note(key)
        ordinals.restart()
        return [ordinals.take(key) for key in some]

    whole = names(keys)
    assert len(set(whole)) == len(keys)
    assert names(keys[: len(keys) // 2]) == whole[: len(keys) // 2]


@given(st.lists(st.sampled_from("abcd")))
def test_repeats_are_counted(keys: list[str]) -> None:
    ordinals = Ordinals()
    for key in keys:
        ordinals.note(key)
    assert ordinals.count == len(keys)
    assert ordinals.repeats == len(keys) - len(set(keys))


def test_a_second_pass_may_begin_again() -> None:
    ordinals = Ordinals()
    for _ in range(2):
        ordinals.note("a")
    for _ in range(2):
        ordinals.restart()
        assert [ordinals.take("a"), ordinals.take("a")] == ["a", "a-2"]


def test_parts_of_a_key_do_not_run_together() -> None:
    assert key_of("ab", "c") != key_of("a", "bc")
