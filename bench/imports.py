"""How fast a Viva Engage export is read, against a plain ``csv.DictReader`` loop, and in what memory.

Run ``python -m bench.imports [--messages 300000] [--words 18]``. The export is made first; then each
contender reads it in a process of its own, so that peaks of memory do not mix. The plain loop does
the least a script would do: unpack, split, parse the time. It checks nothing, builds no rows and
leaves nothing private out. The connector reads everything twice, because a damaged export must be
refused before its first row is stored. Seconds are those of the processor, so that a machine that is
shared gives the same answer.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from random import Random

from adoption.model import Message
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


def read_plainly(path: Path) -> int:
    """The loop to beat."""
    messages = 0
    csv.field_size_limit(10**9)
    with zipfile.ZipFile(path) as archive, archive.open("Messages.csv") as raw:
        for row in csv.DictReader(io.TextIOWrapper(raw, encoding="utf-8-sig", newline="")):
            datetime.fromisoformat(row["created_at"])
            messages += 1
    return messages


def read_by_connector(path: Path) -> int:
    """Everything the connector does, its look at the whole file included."""
    connector = VivaEngageExport({"path": str(path)})
    messages = sum(
        isinstance(row, Message)
        for stream in connector.streams
        for page in connector.read(stream, None)
        for row in page.rows
    )
    connector.close()
    return messages


CONTENDERS: dict[str, Callable[[Path], int]] = {
    "plain": read_plainly,
    "connector": read_by_connector,
}


def measure(name: str, path: Path) -> dict[str, float]:
    """Run one contender in a process of its own."""
    command = [sys.executable, "-m", "bench.imports", "--contender", name, "--path", str(path)]
    found = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(found.stdout)  # type: ignore[no-any-return]


def run_contender(name: str, path: Path) -> None:
    began = time.process_time()
    messages = CONTENDERS[name](path)
    seconds = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"messages": messages, "seconds": seconds, "peak_mb": peak}))


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
    for name, found in results.items():
        assert found["messages"] == arguments.messages
        speed = found["messages"] / found["seconds"]
        print(f"{name:10} {speed:10,.0f} messages/s   {found['peak_mb']:6,.0f} MB at the peak")
    ratio = results["plain"]["seconds"] / results["connector"]["seconds"]
    print(f"connector against plain loop: {ratio:.2f} times as fast")


if __name__ == "__main__":
    main()
