"""What is not in order is refused with words that help, its exit code, and an unchanged store."""

from __future__ import annotations

import io
import os
import sqlite3
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from adoption.store import Store
from tests.cli.conftest import Adoption, refusal
from tests.conftest import Northfield
from tests.connectors.viva import MESSAGES, export, message, table
from tests.service.rows import contents
from tests.service.talk import ORDINARY, write_talk

SEVERAL = [message(number) for number in range(40)]


def zip_of(**entries: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return packed.getvalue()


def messages_zip(content: bytes) -> bytes:
    return zip_of(**{"Messages.csv": content})


def whole_export() -> bytes:
    packed = io.BytesIO()
    packed.write(messages_zip(table(MESSAGES, SEVERAL)))
    return packed.getvalue()


def several(**changes: object) -> bytes:
    return messages_zip(table(MESSAGES, [{**row, **changes} for row in SEVERAL]))


def with_one(**changes: object) -> bytes:
    return messages_zip(table(MESSAGES, [*SEVERAL, message(90, **changes)]))


FILES: dict[str, tuple[Callable[[], bytes], tuple[str, ...]]] = {
    "not a ZIP": (lambda: b"<!DOCTYPE html><title>Sign in</title>", ("sign-in page",)),
    "an empty file": (lambda: b"", ("empty",)),
    "a truncated ZIP": (lambda: whole_export()[:-200], ("cut off",)),
    "a ZIP bomb": (lambda: messages_zip(b"0" * 60_000_000), ("times its size",)),
    "path traversal": (lambda: zip_of(**{"../Messages.csv": b"id"}), ("outside",)),
    "no Messages.csv": (lambda: zip_of(**{"Users.csv": b"id\n1\n"}), ("Messages.csv",)),
    "a wrong header": (lambda: messages_zip(b"one,two\n1,2\n"), ("header",)),
    "a wrong delimiter": (
        lambda: messages_zip(table(MESSAGES, SEVERAL).replace(b",", b";")),
        ("semicolons",),
    ),
    "an id damaged by a spreadsheet": (lambda: with_one(id="1.6E+15"), ("spreadsheet", "line")),
    "dates that do not parse": (lambda: several(created_at="03/02/26 8:00"), ("date", "line")),
    "40 MB in one field": (
        lambda: with_one(body=os.urandom(60_000).hex() * 340),
        ("longer than", "line"),
    ),
    "NUL bytes": (lambda: with_one(body="a\0b"), ("NUL", "line")),
    "mixed encodings": (
        lambda: messages_zip(table(MESSAGES, SEVERAL) + "café".encode("latin-1") + b"\n"),
        ("UTF-8", "line"),
    ),
    "an empty export": (lambda: messages_zip(table(MESSAGES, [])), ("no message",)),
}


@pytest.mark.parametrize("case", FILES)
def test_a_file_that_cannot_be_used_changes_nothing(
    case: str, northfield: Northfield, home: Path, tmp_path: Path
) -> None:
    make, words = FILES[case]
    path = tmp_path / "export.zip"
    path.write_bytes(make())
    before = contents(home)
    result = Adoption(home)("import", path, "--as", "viva-engage-export")
    shown = refusal(result, 4, *words)
    assert "export.zip" in shown, "where"
    assert shown.count(". ") >= 1, "what to do next"
    assert len(shown) < 1000
    assert contents(home) == before


def test_without_a_kind_the_refusal_is_as_clear(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "minutes.pdf"
    path.write_bytes(b"%PDF-1.7 minutes of the meeting")
    refusal(Adoption(home)("import", path), 4, "PDF document", "CSV")


def test_a_good_export_is_taken_for_comparison(cli: Adoption, tmp_path: Path) -> None:
    cli.fine("init")
    cli.fine("import", export(tmp_path / "export.zip", SEVERAL))
    assert cli.json("status")["networks"]["viva-engage"]["messages"] == 40


def test_a_newer_store_is_left_alone(home: Path) -> None:
    with sqlite3.connect(home / "app.sqlite") as control:
        control.execute("PRAGMA user_version = 9999")
    control.close()
    for command in (["status"], ["flag"], ["metrics", "posts"]):
        refusal(Adoption(home)(*command), 6, "newer", str(home))


def test_a_damaged_store_says_so(home: Path) -> None:
    (home / "app.sqlite").write_bytes(b"this is not a database" * 300)
    for scratch in home.glob("app.sqlite-*"):
        scratch.unlink()
    refusal(Adoption(home)("status"), 6, "damaged", "adoption doctor")


def test_no_store_at_all_says_how_to_make_one(cli: Adoption, tmp_path: Path) -> None:
    talk = write_talk(tmp_path / "talk.csv")
    for command in (["status"], ["flag"], ["import", str(talk)], ["dashboard"]):
        refusal(cli(*command), 6, "adoption init")
    assert not cli.home.exists()


def test_a_second_importer_is_told_who_is_first(home: Path, tmp_path: Path) -> None:
    before = contents(home)
    with Store.open(home) as store, store.writer("sync of viva-engage"):
        result = Adoption(home)("import", write_talk(tmp_path / "talk.csv"))
    refusal(result, 6, "sync of viva-engage", str(os.getpid()), "Wait until")
    assert contents(home) == before


@pytest.mark.skipif(os.name != "posix", reason="file modes exist on POSIX only")
def test_a_read_only_folder_is_said(home: Path, tmp_path: Path) -> None:
    before = contents(home)
    talk = write_talk(tmp_path / "talk.csv")
    with read_only(home):
        done = in_a_process("import os; os.geteuid() or os.setuid(65534)", home, "import", talk)
    assert done.returncode == 6, done.stderr
    assert "cannot be written" in done.stderr
    assert "--home" in done.stderr
    assert contents(home) == before


@pytest.mark.skipif(os.name != "posix", reason="limits of this kind exist on POSIX only")
def test_a_full_disk_is_said(home: Path, tmp_path: Path) -> None:
    before = contents(home)
    talk = write_talk(tmp_path / "talk.csv", [f"{ORDINARY} {n} {n * 7}" for n in range(2000)])
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))"
    done = in_a_process(limit, home, "import", talk)
    assert done.returncode == 6, done.stderr
    assert "disk" in done.stderr
    assert "run the same command again" in done.stderr
    assert contents(home) == before
    Adoption(home).fine("import", talk)


def in_a_process(first: str, home: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a command in a process that first imports everything and then limits itself."""
    words = ["--home", str(home), *(str(argument) for argument in arguments)]
    program = (
        "import pandas, adoption.ui.warm, adoption.cli.ingest, adoption.connector as c\n"
        "from adoption.cli import main\n"
        f"c.connector_types()\n{first}\nmain({words!r})"
    )
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=False
    )


@contextmanager
def read_only(home: Path) -> Iterator[None]:
    """A data folder everybody may look into and nobody may write to."""
    paths = [home, *home.rglob("*")]
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in paths}
    above = [folder for folder in home.parents if folder.stat().st_uid == os.geteuid()]
    opened = {f: stat.S_IMODE(f.stat().st_mode) for f in above if not f.stat().st_mode & 0o005}
    for folder, mode in opened.items():
        folder.chmod(mode | 0o055)
    for path in paths:
        path.chmod(0o555 if path.is_dir() else 0o444)
    if os.geteuid() == 0:
        os.chown(home / "key", 65534, 65534)
    (home / "key").chmod(0o400)
    try:
        yield
    finally:
        if os.geteuid() == 0:
            os.chown(home / "key", 0, 0)
        for path, mode in (modes | opened).items():
            path.chmod(mode)
