"""How fast a Viva Engage export is read, against a plain ``csv.DictReader`` loop, and in what memory.

Run ``python -m bench.imports [--messages 300000] [--words 18]``. The export is made first; then each
contender reads it in a process of its own, so that peaks of memory do not mix:

- ``parse``: unpack, split and parse the time, the least any script does; no rows come out;
- ``rows``: the same loop building the same rows, private ones left out, nothing checked;
- ``connector``: the connector, which looks at the whole export first, because a damaged one must be
  refused before its first row is stored, and then reads it. Both parts are shown.

Seconds are those of the processor, so that a machine that is shared gives the same answer.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import re
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from random import Random

from adoption.model import AuthorKind, Message, MessageKind
from connectors.viva_engage_export import VivaEngageExport

COLUMNS = (
    "id", "replied_to_id", "parent_id", "thread_id", "conversation_id", "group_id", "group_name",
    "participants", "in_private_group", "in_private_conversation", "sender_id", "sender_type",
    "sender_name", "sender_email", "body", "delegate_id", "api_url", "attachments",
    "deleted_by_id", "deleted_by_type", "created_at", "deleted_at", "title", "html_body",
    "message_type", "gdpr_delete_url",
)  # fmt: skip
WORDS = [
    "the",
    "ward",
    "shift",
    "swap",
    "thanks",
    "everyone",
    "please",
    "meeting",
    "noon",
    "new",
    "policy",
    "training",
    "email",
    "why",
    "rota",
]
Result = dict[str, float]
FIRST_ID = 1_600_000_000_000_000


def write_export(path: Path, messages: int, words: int) -> int:
    """Write an export; gives the unpacked bytes of its messages."""
    random = Random(1)
    bodies = [" ".join(random.choices(WORDS, k=words)) for _ in range(5000)]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        with (
            archive.open("Messages.csv", "w", force_zip64=True) as raw,
            io.TextIOWrapper(raw, encoding="utf-8-sig", newline="") as text,
        ):
            writer = csv.writer(text)
            writer.writerow(COLUMNS)
            for number in range(messages):
                writer.writerow(_row(number, bodies[number * 7919 % len(bodies)]))
        archive.writestr("Groups.csv", "id,name,private\n")
        return archive.getinfo("Messages.csv").file_size


def _row(number: int, body: str) -> list[object]:
    message = FIRST_ID + number * 7
    thread = message - (number % 3) * 7
    answered = thread if thread != message else ""
    day, minute = divmod(number, 1440)
    at = f"2026-{day // 28 % 12 + 1:02}-{day % 28 + 1:02}T{minute // 60:02}:{minute % 60:02}:07Z"
    return [
        message, answered, "", thread, "", 100 + number % 30, "Ward", "", "false", "false",
        5000 + number % 5000, "user", "Ann Example", "ann@northfield.example",
        f"[[user:{number}]] {body}\nSecond line", "", f"https://www.yammer.com/messages/{message}",
        "", "", "", at, "", "", f"<p>{body} {number}</p>", "update", "",
    ]  # fmt: skip


def parse(path: Path) -> Result:
    """The least there is to do."""
    began, messages = time.process_time(), 0
    for row in _dictionaries(path):
        datetime.fromisoformat(row["created_at"])
        messages += 1
    return {"messages": messages, "reading": time.process_time() - began}


def rows(path: Path) -> Result:
    """The loop a script would write to get rows."""
    began, messages = time.process_time(), 0
    for row in _dictionaries(path):
        if row["in_private_group"] == "true" or row["in_private_conversation"] == "true":
            continue
        is_reply = row["thread_id"] != row["id"]
        Message(
            id=row["id"],
            community_id=row["group_id"] or "all-company",
            conversation_id=row["thread_id"],
            parent_id=row["replied_to_id"] if is_reply else None,
            author_id=row["sender_id"],
            author_kind=AuthorKind.PERSON if row["sender_type"] == "user" else AuthorKind.BOT,
            kind=MessageKind.REPLY if is_reply else MessageKind.POST,
            created_at=datetime.fromisoformat(row["created_at"]),
            text=re.sub(r"\[\[user:\d+\]\]", "@someone", row["body"]),
            deleted_at=datetime.fromisoformat(row["deleted_at"]) if row["deleted_at"] else None,
        )
        messages += 1
    return {"messages": messages, "reading": time.process_time() - began}


def by_connector(path: Path) -> Result:
    """Everything the connector does."""
    connector = VivaEngageExport({"path": str(path)})
    began = time.process_time()
    connector.verify()
    checked = time.process_time()
    messages = sum(
        isinstance(row, Message)
        for stream in connector.streams
        for page in connector.read(stream, None)
        for row in page.rows
    )
    connector.close()
    return {
        "messages": messages,
        "checking": checked - began,
        "reading": time.process_time() - checked,
    }


def _dictionaries(path: Path) -> Iterator[dict[str, str]]:
    csv.field_size_limit(10**9)
    with zipfile.ZipFile(path) as archive, archive.open("Messages.csv") as raw:
        yield from csv.DictReader(io.TextIOWrapper(raw, encoding="utf-8-sig", newline=""))


CONTENDERS: dict[str, Callable[[Path], Result]] = {
    "parse": parse,
    "rows": rows,
    "connector": by_connector,
}


def measure(name: str, path: Path) -> Result:
    """Run one contender in a process of its own."""
    command = [sys.executable, "-m", "bench.imports", "--contender", name, "--path", str(path)]
    found = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(found.stdout)  # type: ignore[no-any-return]


def run_contender(name: str, path: Path) -> None:
    result = CONTENDERS[name](path)
    result["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(result))


def report(results: dict[str, Result], messages: int) -> None:
    """Print speeds, peaks and the two ratios."""
    for name, found in results.items():
        assert found["messages"] == messages
        seconds = found["reading"] + found.get("checking", 0.0)
        parts = f", reading alone {messages / found['reading']:,.0f}" if "checking" in found else ""
        print(f"{name:10} {messages / seconds:10,.0f} messages/s{parts}   "
              f"{found['peak_mb']:,.0f} MB at the peak")  # fmt: skip
    ours, theirs = results["connector"], results["rows"]["reading"]
    print(f"connector, reading alone, against the loop with rows: {theirs / ours['reading']:.2f}")
    whole = ours["reading"] + ours["checking"]
    print(f"connector, checking and reading, against that loop:   {theirs / whole:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--messages", type=int, default=300_000)
    parser.add_argument("--words", type=int, default=18)
    parser.add_argument("--contender", choices=CONTENDERS)
    parser.add_argument("--path", type=Path)
    arguments = parser.parse_args()
    if arguments.contender:
        run_contender(arguments.contender, arguments.path)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export.zip"
        unpacked = write_export(path, arguments.messages, arguments.words)
        print(f"{arguments.messages:,} messages, {unpacked / 1e6:,.0f} MB unpacked, "
              f"{path.stat().st_size / 1e6:,.0f} MB packed")  # fmt: skip
        results = {name: measure(name, path) for name in CONTENDERS}
    report(results, arguments.messages)


if __name__ == "__main__":
    main()
