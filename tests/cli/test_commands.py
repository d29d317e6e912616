"""Every command, on real data folders: what it does, prints and returns."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from adoption.doctor import examine
from adoption.metrics import CATALOGUE
from adoption.wording import amount
from tests.cli.conftest import Adoption, refusal
from tests.conftest import Northfield
from tests.service.rows import contents
from tests.service.talk import OBJECTION, ORDINARY, write_staff, write_talk

# Get going


def test_init_makes_the_data_folder_and_twice_changes_nothing(cli: Adoption) -> None:
    assert str(cli.home) in cli.fine("init").stdout
    before = contents(cli.home)
    cli.fine("init")
    assert contents(cli.home) == before


def test_the_data_folder_can_stand_in_the_environment(
    cli: Adoption, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from click.testing import CliRunner

    from adoption.cli import main

    monkeypatch.setenv("ADOPTION_HOME", str(tmp_path / "elsewhere"))
    assert CliRunner().invoke(main, ["init"]).exit_code == 0
    assert (tmp_path / "elsewhere" / "app.sqlite").is_file()


def test_demo_makes_a_network_one_can_look_at(cli: Adoption) -> None:
    done = cli.fine("demo", "--people", 100, "--months", 3, "--seed", 5, "--until", "2026-06-28")
    assert str(cli.home) in done.stderr
    assert cli.json("status")["unflagged"] == 0
    assert "Active share" in cli.fine("metrics", "active-share").stdout


def test_demo_can_write_only_the_files(cli: Adoption, tmp_path: Path) -> None:
    cli.fine("demo", "--people", 100, "--months", 3, "--write-only", tmp_path / "sample")
    assert len(list((tmp_path / "sample").iterdir())) == 4
    assert not cli.home.exists()
    assert cli("demo", "--people", 3).exit_code == 2


def test_doctor_finds_a_sound_installation_sound(northfield: Northfield) -> None:
    cli = Adoption(northfield.flagged)
    told = cli.json("doctor")
    assert {finding["state"] for finding in told} <= {"ok", "note"}
    words = cli.fine("doctor").stdout
    for part in ("Adoption tracker", "Python", "Configuration", "Data folder", "Detector"):
        assert part in words


def test_doctor_says_what_is_wrong_and_how_to_mend_it(home: Path) -> None:
    cli = Adoption(home)
    (home / "config").mkdir()
    (home / "config" / "connections.toml").write_text('[old]\nconnector = "gone"\n')
    (home / "app.sqlite").write_bytes(b"not a database " * 500)
    result = cli("doctor")
    assert result.exit_code == 6
    assert "damaged" in result.stdout
    assert "connectors that are not installed: gone" in result.stdout
    assert "remove the connections" in result.stdout


def test_doctor_before_there_is_anything_points_to_the_first_step(cli: Adoption) -> None:
    findings = {finding.what: finding for finding in examine(cli.home)}
    [about_data] = [f for what, f in findings.items() if "no data yet" in what]
    assert about_data.state == "note"
    assert "adoption demo" in about_data.mend


# Import and sync


def test_import_says_what_came_in_and_notes_what_to_know(cli: Adoption, tmp_path: Path) -> None:
    cli.fine("init")
    talk = write_talk(tmp_path / "talk.csv", [OBJECTION, ORDINARY])
    done = cli.fine("import", talk)
    assert "table: finished" in done.stderr
    assert "messages: 2 new, 0 changed, 0 unchanged" in done.stderr
    assert done.stdout == ""
    again = cli.fine("import", talk)
    assert "nothing new" in again.stderr or "2 unchanged" in again.stderr
    [told] = cli.json("import", talk, "--network", "helpdesk")
    assert told["network"] == "helpdesk"
    assert told["rows"]["messages"]["added"] == 2


def test_import_explains_a_file_without_reading_it(cli: Adoption, tmp_path: Path) -> None:
    cli.fine("init")
    done = cli.fine("import", write_talk(tmp_path / "talk.csv"), "--explain")
    assert "date" in done.stdout
    assert "Lacks threads:" in done.stdout
    assert contents(cli.home).rows == {}


def test_import_takes_settings_and_refuses_what_is_none(cli: Adoption, tmp_path: Path) -> None:
    cli.fine("init")
    talk = write_talk(tmp_path / "talk.csv")
    cli.fine("import", talk, "--set", "zone=Europe/London")
    refusal(cli("import", talk, "--set", "zone"), 2, "NAME=VALUE", "--set")
    refusal(cli("import", talk, "--set", "colour=blue"), 2, "colour")
    refusal(cli("import", tmp_path / "none.csv"), 2, "no such file", "none.csv")
    refusal(cli("import", talk, "--as", "pigeon"), 2, "pigeon", "slack-export")
    refusal(cli("import", talk, "--network", "Not A Name"), 2, "Not A Name")


def test_progress_is_plain_lines_where_there_is_no_terminal(
    northfield: Northfield, cli: Adoption
) -> None:
    cli.fine("init")
    done = cli.fine("import", northfield.sample.export_zip)
    lines = done.stderr.splitlines()
    assert any(line.startswith("messages: ") for line in lines)
    assert "\x1b" not in done.stderr
    assert "\r" not in done.stderr


def test_sync_reads_what_is_connected_and_flags_it(cli: Adoption, tmp_path: Path) -> None:
    talk = write_talk(tmp_path / "talk.csv", [OBJECTION, ORDINARY])
    done = cli.fine("connect", "add", "table", "--network", "talk", "--set", f"path={talk}")
    assert "Connected talk" in done.stderr
    [told] = cli.json("sync", "--no-flag")
    assert told["rows"]["messages"]["added"] == 2
    assert cli.json("status")["unflagged"] == 2
    cli.fine("sync", "talk", "--full")
    assert cli.json("status")["unflagged"] == 0


def test_sync_that_fails_in_part_says_so_and_reads_the_rest(cli: Adoption, tmp_path: Path) -> None:
    for name in ("a-gone", "b-here"):
        path = write_talk(tmp_path / f"{name}.csv")
        cli.fine("connect", "add", "table", "--network", name, "--set", f"path={path}")
    (tmp_path / "a-gone.csv").unlink()
    result = cli("sync", "--no-flag")
    assert result.exit_code == 5
    assert "a-gone: failed" in result.stderr
    assert "b-here: finished" in result.stderr
    assert "1 network could not be read to the end: a-gone" in result.stderr
    refusal(cli("sync", "nobody"), 2, "nobody")
    refusal(cli("sync", "--every", "5s"), 2, "5s", "15m")


# Connect


def test_connect_lists_what_can_be_and_what_is_connected(cli: Adoption, tmp_path: Path) -> None:
    cli.fine("init")
    assert "adoption connect available" in cli.fine("connect", "list").stdout
    words = cli.fine("connect", "available").stdout
    listed = {kind["name"]: kind for kind in cli.json("connect", "available")}
    for name, kind in listed.items():
        assert name in words
        assert kind["summary"]
        assert kind["source"] in ("file", "api")
        assert all(field["title"] and field["help"] for field in kind["settings"])
    assert listed["viva-engage-export"]["lacks"]["reactions"]
    talk = write_talk(tmp_path / "talk.csv")
    cli.fine("connect", "add", "table", "--network", "talk", "--set", f"path={talk}")
    assert "never" in cli.fine("connect", "list").stdout
    cli.fine("sync", "--no-flag")
    assert "finished" in cli.fine("connect", "list").stdout
    [one] = cli.json("connect", "list")
    assert (one["network"], one["state"], one["messages"]) == ("talk", "connected", 2)


def test_connect_test_pause_and_remove(cli: Adoption, tmp_path: Path) -> None:
    talk = write_talk(tmp_path / "talk.csv")
    cli.fine("connect", "add", "table", "--network", "talk", "--set", f"path={talk}", "--no-test")
    assert "talk: 2 messages" in cli.fine("connect", "test", "talk").stderr
    assert cli.json("connect", "test", "talk")["ok"] is True
    assert "paused" in cli.fine("connect", "pause", "talk").stderr
    assert "active" in cli.fine("connect", "pause", "talk", "--resume").stderr
    cli.fine("sync", "--no-flag")
    declined = cli("connect", "remove", "talk", "--with-data", stdin="n\n")
    assert declined.exit_code == 130
    assert cli.json("status")["networks"]["talk"]["messages"] == 2
    assert "with its data" in cli.fine("connect", "remove", "talk", "--with-data", "--yes").stderr
    assert cli.json("status")["networks"] == {}
    refusal(cli("connect", "test", "talk"), 2, "talk")


def test_connect_asks_for_nothing_where_nobody_can_answer(cli: Adoption) -> None:
    refusal(cli("connect", "add", "mattermost"), 2, "is missing", "--set base_url=VALUE")
    given = ["--set", "base_url=http://127.0.0.1:9"]
    refusal(cli("connect", "add", "mattermost", *given), 2, "--set token=VALUE")
    refusal(cli("connect", "add", "mattermost", *given, "--set", "token=x"), 2, "--keep-secrets")
    refusal(cli("connect", "add", "mattermost", *given, "--set", "no=1", "--set", "token=x"), 2)
    in_environment = ["--keep-secrets", "environment"]
    refusal(
        cli("connect", "add", "mattermost", *given, *in_environment),
        2,
        "ADOPTION_SECRET_MATTERMOST_TOKEN",
    )


def test_connect_takes_a_secret_from_its_variable(
    cli: Adoption, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ADOPTION_SECRET_CHAT_TOKEN", "s3cret")
    given = ["--network", "chat", "--set", "base_url=https://chat.example.org", "--no-test"]
    cli.fine("connect", "add", "mattermost", *given)
    assert "s3cret" not in (cli.home / "config" / "connections.toml").read_text("utf-8")


def test_connect_that_is_refused_by_the_server_is_a_matter_of_access(
    cli: Adoption, tmp_path: Path
) -> None:
    talk = write_talk(tmp_path / "talk.csv")
    cli.fine("connect", "add", "table", "--network", "talk", "--set", f"path={talk}")
    talk.write_text("a,b\n1,2\n")
    result = cli("connect", "test", "talk")
    assert result.exit_code in (3, 4)
    refusal(result, result.exit_code, "talk.csv")


# Look


def test_status_counts_what_is_there(northfield: Northfield, cli: Adoption) -> None:
    shown = Adoption(northfield.flagged)
    told = shown.json("status")
    words = shown.fine("status").stdout
    messages = told["networks"]["viva-engage"]["messages"]
    assert f"{messages:,}" in words
    assert "days ago" in words
    assert "viva-engage: finished" in words
    waiting = Adoption(northfield.imported)
    assert "messages not flagged yet" in waiting.fine("status").stdout
    cli.fine("init")
    assert "adoption demo" in cli.fine("status").stdout


def test_metrics_lists_each_with_its_question(northfield: Northfield) -> None:
    cli = Adoption(northfield.flagged)
    words = cli.fine("metrics").stdout
    listed = cli.json("metrics")
    assert [metric["name"] for metric in listed] == list(CATALOGUE)
    assert all(name in words for name in CATALOGUE)


@pytest.mark.parametrize("name", list(CATALOGUE))
def test_every_metric_says_its_figure_its_window_and_how_it_is_counted(
    name: str, northfield: Northfield
) -> None:
    cli = Adoption(northfield.flagged)
    told = cli.json("metrics", name)
    assert told["metric"] == name
    assert told["period"] == "2026-W14:2026-W26"
    assert told["how_counted"]
    assert told["floor"]
    words = cli.fine("metrics", name).stdout
    assert told["title"] in words
    assert "How this is counted" in words
    if told["total"]["state"] == "shown":
        assert amount(told["total"]["value"], told["unit"]) in words


def test_metrics_can_be_split_and_limited(northfield: Northfield) -> None:
    cli = Adoption(northfield.flagged)
    words = cli.fine("metrics", "pushback-rate", "--by", "department").stdout
    assert "hidden" in words
    assert "Fewer than 5 people pushed back." in words
    twice = cli.json("metrics", "pushback-rate", "--by", "four_weeks", "--across", "group")
    assert twice["across"] == "group"
    cli.fine("metrics", "pushback-rate", "--by", "four_weeks", "--across", "group")
    some = cli.json("metrics", "posts", "--department", "Therapies", "--department", "Surgery")
    assert some["selection"] == {"departments": ["Surgery", "Therapies"]}
    one_week = cli.json("metrics", "posts", "--period", "2026-W20")
    assert one_week["period"] == "2026-W20"


def test_metrics_refuses_what_it_does_not_know(northfield: Northfield, cli: Adoption) -> None:
    known = Adoption(northfield.flagged)
    refusal(known("metrics", "happiness"), 2, "happiness")
    refusal(known("metrics", "posts", "--period", "spring"), 2, "2026-W05")
    assert known("metrics", "posts", "--by", "star-sign").exit_code == 2
    cli.fine("init")
    refusal(cli("metrics", "posts"), 2, "no messages yet", "adoption import FILE")


@pytest.mark.parametrize("kind", ["html", "csv", "xlsx", "json"])
def test_report_writes_a_file(kind: str, northfield: Northfield, tmp_path: Path) -> None:
    out = tmp_path / f"report.{kind}"
    done = Adoption(northfield.flagged).fine(
        "report", "--period", "2026-W14:2026-W26", "--format", kind, "--out", out
    )
    assert str(out) in done.stderr
    assert out.stat().st_size > 1000


def test_report_that_cannot_be_written_is_the_fault_of_the_place(
    northfield: Northfield, tmp_path: Path, cli: Adoption
) -> None:
    out = tmp_path / "none" / "report.html"
    refusal(Adoption(northfield.flagged)("report", "--out", out), 6, "cannot be written", str(out))
    cli.fine("init")
    refusal(cli("report", "--out", tmp_path / "r.html"), 2, "no messages yet")


# Judge

MISSION = [
    ("Why can't we use email?", "existing_channel"),
    ("Why can’t we use email?", "existing_channel"),
    ("Seriously, what happened to talking?", "face_to_face"),
    ("I'm not interested in social media, it's stupid", "dismissal"),
    ("I’m not interested in social media, it’s stupid", "dismissal"),
]


def flagged(cli: Adoption, *lines: object) -> list[dict[str, object]]:
    """Comments through ``adoption flag --file - --out -``."""
    given = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    done = cli.fine("flag", "--file", "-", "--out", "-", stdin=given)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_sentences_of_the_mission_come_out_right(cli: Adoption) -> None:
    found = flagged(cli, *({"text": text} for text, _ in MISSION))
    for (text, barrier), verdict in zip(MISSION, found, strict=True):
        assert verdict["state"] == "scored", text
        assert verdict["stance"] == "pushback", text
        assert verdict["barrier"] == barrier, text
        assert verdict["evidence"], text
    assert not cli.home.exists()


def test_one_line_comes_out_for_each_line_in_and_in_order(cli: Adoption) -> None:
    lines = [{"id": f"n{number}", "text": f"{ORDINARY} {number}"} for number in range(300)]
    lines[7] = {"id": "n7", "text": "¿Por qué no podemos usar el correo como siempre, por favor?"}
    lines[8] = {"id": "n8", "text": "", "community": "Ward 3", "parent": "Hello"}
    found = flagged(cli, *lines)
    assert [verdict["id"] for verdict in found] == [line["id"] for line in lines]
    assert found[7]["state"] == "unsupported_language"
    assert found[7]["stance"] is None
    assert found[8]["state"] == "too_short"
    wanted = {
        "id", "state", "stance", "pushback", "barrier", "barriers", "kind", "intensity",
        "polarity", "language", "evidence", "model",
    }  # fmt: skip
    assert all(wanted <= verdict.keys() for verdict in found)


def test_a_table_of_comments_comes_out_as_a_table(cli: Adoption, tmp_path: Path) -> None:
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("id,text\n1,Why can't we use email?\n2,=1+1 is on the menu today\n", "utf-8")
    done = cli.fine("flag", "--file", source, "--out", target)
    assert "Flagged 2 comments" in done.stderr
    rows = list(csv.DictReader(io.StringIO(target.read_text("utf-8"))))
    assert [row["id"] for row in rows] == ["1", "2"]
    assert rows[0]["barrier"] == "existing_channel"
    assert json.loads(rows[0]["evidence"])
    as_text = cli.fine("flag", "--file", "-", "--format", "csv", stdin=source.read_text("utf-8"))
    assert as_text.stdout.splitlines()[0].startswith("id,state,")


@pytest.mark.parametrize("line", ["not json", "[]", '{"id": 1}', "", '{"text": 5}'])
def test_a_bad_line_is_named_and_the_lines_before_it_are_kept(line: str, cli: Adoption) -> None:
    given = f'{{"text": "{ORDINARY}"}}\n{line}\n{{"text": "never read"}}\n'
    result = cli("flag", "--file", "-", stdin=given)
    refusal_text = result.stderr[result.stderr.index("adoption: ") :]
    assert result.exit_code == 4
    assert "line 2" in refusal_text
    assert len(result.stdout.splitlines()) == 1


def test_bytes_that_are_no_text_are_named(cli: Adoption, tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_bytes(b'{"text": "fine so far"}\n{"text": "caf\xe9"}\n')
    result = cli("flag", "--file", source)
    assert result.exit_code == 4
    assert "UTF-8" in result.stderr
    result = cli("flag", "--file", tmp_path / "none.jsonl")
    assert result.exit_code == 4
    assert "none.jsonl" in result.stderr


def test_flag_scores_the_store(cli: Adoption, tmp_path: Path) -> None:
    cli.fine("init")
    cli.fine("import", write_talk(tmp_path / "talk.csv", [OBJECTION, ORDINARY]))
    assert "Scored 2 messages with" in cli.fine("flag", "--profile", "lite").stderr
    assert "Scored 0 messages" in cli.fine("flag", "--profile", "lite").stderr
    assert "Scored 2 messages" in cli.fine("flag", "--profile", "lite", "--everything").stderr


LABELLED = [
    {"text": "Why can't we use email?", "stance": "pushback", "barrier": "existing_channel"},
    {"text": "Seriously, what happened to talking?", "stance": "pushback"},
    {"text": ORDINARY, "stance": "neutral"},
    {"text": "I love how quickly I get answers here on the network", "stance": "support"},
]


def test_evaluate_measures_the_detector(cli: Adoption, tmp_path: Path) -> None:
    path = tmp_path / "labelled.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in LABELLED) + "\n\n", "utf-8")
    words = cli.fine("evaluate", path).stdout
    for part in ("precision", "recall", "F1"):
        assert part.lower() in words.lower()
    assert cli.json("evaluate", path)


@pytest.mark.parametrize(
    "content",
    [b"", b"nonsense\n", b'{"text": "a"}\n', b'{"text": "a", "stance": "angry"}\n', b"[1]\n",
     b'{"text": "caf\xe9", "stance": "neutral"}\n'],
)  # fmt: skip
def test_evaluate_names_the_line_that_is_no_label(
    content: bytes, cli: Adoption, tmp_path: Path
) -> None:
    path = tmp_path / "labelled.jsonl"
    path.write_bytes(content)
    refusal(cli("evaluate", path), 4, "labelled.jsonl")


def test_a_figure_with_a_staff_list_is_a_share_of_the_staff(cli: Adoption, tmp_path: Path) -> None:
    cli.fine("init")
    cli.fine("import", write_staff(tmp_path / "staff.csv", 40))
    cli.fine("import", write_talk(tmp_path / "talk.csv", [ORDINARY] * 30, authors=20))
    told = cli.json("metrics", "active-share")
    assert told["total"]["denominator"] == 40
