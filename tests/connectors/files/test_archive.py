"""Archives are hostile until proven otherwise."""

from __future__ import annotations

import io
import os
import stat
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adoption.errors import AdoptionError, SettingsError, SourceError
from adoption.files.archive import Limits, describe_content, open_archive


def zip_with(*entries: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return buffer.getvalue()


def link(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


def raw_name(name: bytes) -> bytes:
    """A ZIP whose entry is called ``name``, byte for byte, in both of its lists."""
    placeholder = b"N" * len(name)
    return zip_with((placeholder.decode(), b"x")).replace(placeholder, name)


def encrypted() -> bytes:
    content = bytearray(zip_with(("Messages.csv", b"id\n1\n")))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.find(signature) + offset
        content[at] |= 1
    return bytes(content)


def twice() -> bytes:
    return zip_with(("AAA.csv", b"1"), ("BBB.csv", b"2")).replace(b"BBB", b"AAA")


HOSTILE = {
    "parent folder": zip_with(("../Messages.csv", b"x")),
    "parent folder inside": zip_with(("a/../../Messages.csv", b"x")),
    "backslashes": zip_with(("..\\Messages.csv", b"x")),
    "absolute": zip_with(("/etc/passwd", b"x")),
    "absolute backslash": zip_with(("\\\\server\\share", b"x")),
    "drive": zip_with(("C:/Messages.csv", b"x")),
    "drive backslash": zip_with(("C:\\Messages.csv", b"x")),
    "link": zip_with((link("Messages.csv"), b"/etc/passwd")),
    "NUL in a name": raw_name(b"Messages.csv\0.png"),
    "encrypted": encrypted(),
    "two of one name": twice(),
    "bomb": zip_with(("Messages.csv", b"0" * 40_000_000)),
    "bomb beside the point": zip_with(("Messages.csv", b"id"), ("x.bin", b"0" * 40_000_000)),
    "too many entries": zip_with(*((f"{n}.json", b"") for n in range(501))),
    "no list of contents": zip_with(("Messages.csv", os.urandom(5000)))[:3000],
    "half a list of contents": zip_with(("Messages.csv", b"x"))[:-10],
    "only the signature": b"PK\x03\x04",
    "signature and noise": b"PK\x03\x04" + bytes(range(256)) * 20,
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_archive_is_refused_before_anything_is_read(
    content: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "export.zip"
    path.write_bytes(content)
    with pytest.raises(SourceError) as caught:
        open_archive(path, Limits(entries=500))
    assert caught.value.where
    assert caught.value.next_step
    assert list(tmp_path.iterdir()) == [path]


def damaged_inside() -> bytes:
    content = bytearray(zip_with(("Messages.csv", os.urandom(50_000))))
    content[25_000] ^= 0xFF
    return bytes(content)


def lying_about_its_size() -> bytes:
    """The list of contents says 10 bytes where 10,000 come out."""
    content = bytearray(zip_with(("Messages.csv", os.urandom(10_000))))
    at = content.find(b"PK\x01\x02") + 24
    content[at : at + 4] = struct.pack("<I", 10)
    return bytes(content)


@pytest.mark.parametrize("make", [damaged_inside, lying_about_its_size])
def test_damage_inside_an_entry_is_named_while_reading(
    make: Callable[[], bytes], tmp_path: Path
) -> None:
    path = tmp_path / "export.zip"
    path.write_bytes(make())
    archive = open_archive(path)
    with (
        pytest.raises(SourceError, match=r"Messages\.csv in export\.zip"),
        archive.open(archive.entries[0]) as stream,
    ):
        stream.read()


def test_the_limit_on_one_entry_is_a_setting(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    path.write_bytes(zip_with(("Messages.csv", os.urandom(5000))))
    archive = open_archive(path, Limits(unpacked_bytes=4999))
    with pytest.raises(SourceError, match="max_gigabytes"):
        archive.open(archive.entries[0])
    assert len(open_archive(path, Limits(unpacked_bytes=5000)).head(archive.entries[0])) == 5000


def test_a_file_that_grows_while_it_is_read_still_meets_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "messages.csv"
    path.write_bytes(b"1" * 10)
    archive = open_archive(path, Limits(unpacked_bytes=20))
    with path.open("ab") as more:
        more.write(b"1" * 100)
    with pytest.raises(SourceError, match="larger than the limit"):
        archive.head(archive.entries[0])


def test_a_zip_a_folder_and_a_file_look_alike(tmp_path: Path) -> None:
    folder = tmp_path / "export"
    (folder / "general").mkdir(parents=True)
    (folder / "general" / "day.json").write_text("[]")
    (folder / "users.json").write_text("[]")
    (folder / "__MACOSX").mkdir()
    (folder / "__MACOSX" / "users.json").write_text("junk")
    (folder / ".DS_Store").write_text("junk")
    (folder / "elsewhere.json").symlink_to(tmp_path)
    path = tmp_path / "export.zip"
    path.write_bytes(
        zip_with(
            ("general/", b""),
            ("general/day.json", b"[]"),
            ("users.json", b"[]"),
            ("__MACOSX/users.json", b"junk"),
            (".DS_Store", b"junk"),
        )
    )
    names = {"general/day.json", "users.json"}
    assert {entry.name for entry in open_archive(folder).entries} == names
    assert {entry.name for entry in open_archive(path).entries} == names
    alone = open_archive(folder / "users.json")
    assert [entry.name for entry in alone.entries] == ["users.json"]
    assert alone.head(alone.entries[0]) == b"[]"


def test_entries_are_found_by_base_name_in_any_folder_and_case(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    path.write_bytes(zip_with(("1/messages.CSV", b"a"), ("2/Messages.csv", b"b")))
    archive = open_archive(path)
    assert [entry.folder for entry in archive.find("Messages.csv")] == ["1", "2"]


def test_the_fingerprint_follows_the_content_and_not_the_name(tmp_path: Path) -> None:
    content = zip_with(("Messages.csv", b"one"))
    for name in ("a.zip", "b.zip"):
        (tmp_path / name).write_bytes(content)
    (tmp_path / "c.zip").write_bytes(zip_with(("Messages.csv", b"two")))
    prints = [open_archive(tmp_path / name).fingerprint for name in ("a.zip", "b.zip", "c.zip")]
    assert prints[0] == prints[1] != prints[2]
    for name, text in (("a.csv", "one"), ("b.csv", "two")):
        (tmp_path / name).write_text(text)
    assert (
        open_archive(tmp_path / "a.csv").fingerprint != open_archive(tmp_path / "b.csv").fingerprint
    )


def test_a_missing_path_and_an_empty_file_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no file or folder"):
        open_archive(tmp_path / "nothing.zip")
    (tmp_path / "empty.zip").touch()
    with pytest.raises(SourceError, match="empty"):
        open_archive(tmp_path / "empty.zip")


def test_too_many_files_in_a_folder_are_refused(tmp_path: Path) -> None:
    for number in range(4):
        (tmp_path / f"{number}.json").touch()
    with pytest.raises(SourceError, match="more than 3 files"):
        open_archive(tmp_path, Limits(entries=3))


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (b"<!DOCTYPE html><html>", "a web page, perhaps a sign-in page"),
        (b"\xef\xbb\xbf\n <html>", "a web page, perhaps a sign-in page"),
        (b"<?xml version='1.0'?>", "an XML file"),
        (b"%PDF-1.7", "a PDF document"),
        (b"PAR1", "a Parquet file"),
        (b'{"a": 1}', "a JSON file"),
        (b"id,name\n", "a text file"),
        (b"\x00\x01\x02", "binary data"),
        (b"Rar!\x1a\x07", "a RAR archive"),
    ],
)
def test_content_is_described_in_words(head: bytes, words: str) -> None:
    assert describe_content(head) == words


def test_a_large_entry_is_streamed(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    block = os.urandom(1024**2)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as out, out.open("big", "w") as stream:
        for _ in range(60):
            stream.write(block)
    archive = open_archive(path)
    tracemalloc.start()
    with archive.open(archive.entries[0]) as source:
        total = 0
        while chunk := source.read(65536):
            total += len(chunk)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert total == 60 * 1024**2
    assert peak < 8 * 1024**2


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    at=st.integers(0, 400),
    junk=st.binary(min_size=1, max_size=12),
    cut=st.integers(0, 200),
)
def test_a_randomly_broken_archive_raises_declared_errors_only(
    at: int, junk: bytes, cut: int, tmp_path: Path
) -> None:
    content = bytearray(zip_with(("Messages.csv", b"id,body\n1,hello\n" * 5), ("log.txt", b"fine")))
    at %= len(content)
    content[at : at + len(junk)] = junk
    path = tmp_path / "export.zip"
    path.write_bytes(bytes(content[: len(content) - cut]) or b"x")
    with suppress(AdoptionError):
        archive = open_archive(path)
        for entry in archive.entries:
            archive.head(entry)
        archive.close()


def test_a_bomb_among_large_files_is_refused_when_it_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    path.write_bytes(zip_with(("noise.bin", os.urandom(200_000)), ("bomb.csv", b"0" * 3_000_000)))
    archive = open_archive(path)
    with pytest.raises(SourceError, match="more than 200 times"):
        archive.head(archive.find("bomb.csv")[0])


def test_a_file_that_goes_away_is_named(tmp_path: Path) -> None:
    (tmp_path / "export").mkdir()
    (tmp_path / "export" / "Messages.csv").write_text("id")
    archive = open_archive(tmp_path / "export")
    (tmp_path / "export" / "Messages.csv").unlink()
    with pytest.raises(SourceError, match="cannot be read"):
        archive.head(archive.entries[0])
    with pytest.raises(SourceError, match="cannot be read"):
        open_archive(tmp_path / ("x" * 300))
