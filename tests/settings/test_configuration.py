"""Settings: defaults that ship, a file that changes some of them, and clear refusals."""

from __future__ import annotations

from pathlib import Path

import pytest

from adoption.configuration import load_configuration, own_file
from adoption.errors import SettingsError
from adoption.privacy import Floors


def changed(home: Path, text: str) -> Path:
    path = own_file(home)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return home


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    found = load_configuration(tmp_path)
    assert found.floors == Floors()
    assert (found.profile, found.network_names, found.review_share) == ("full", (), 0.05)
    assert found.judge["enabled"] is False
    assert load_configuration() == found


def test_a_file_changes_what_it_names_and_nothing_else(tmp_path: Path) -> None:
    home = changed(
        tmp_path, '[privacy]\npushback_people = 30\n[detector]\nnetwork_names = ["the loop"]\n'
    )
    found = load_configuration(home)
    assert found.floors == Floors(pushback_people=30)
    assert found.network_names == ("the loop",)
    assert found.profile == "full"


def test_a_whole_number_will_do_where_a_share_is_meant(tmp_path: Path) -> None:
    assert (
        load_configuration(changed(tmp_path, "[privacy]\none_author = 1\n")).floors.one_author == 1
    )


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[privcy]\nactivity_people = 12\n", r"\[privcy\]"),
        ("privacy = 3\n", r"\[privacy\]"),
        ("[privacy]\nactivity = 12\n", "privacy.activity"),
        ('[privacy]\nactivity_people = "12"\n', "privacy.activity_people"),
        ("[judge]\nenabled = 1\n", "judge.enabled"),
        ("[detector]\nprofile = true\n", "detector.profile"),
        ("[privacy]\nactivity_people = 3\n", "activity_people"),
        ("[privacy\n", "cannot be read"),
    ],
)
def test_what_is_misspelt_or_of_the_wrong_kind_is_named(
    tmp_path: Path, text: str, named: str
) -> None:
    with pytest.raises(SettingsError, match=named):
        load_configuration(changed(tmp_path, text))
