"""Speed of flagging: the detector's profiles against TextBlob, VADER and the encoder on everything.

Run: ``python bench/flag.py [--messages 20000] [--seed 1]``. The stream is like an ordinary network's:
97 % plain work talk, 3 % pushback, every seventh message a repetition (thanks, +1). Each contender runs
in a process of its own, so that peak memory is its own; a first batch warms it up. Ratios hold on any
machine, messages per second on this one only.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence

from adoption.sentiment import Comment, load_detector
from adoption.sentiment.examples import corpus_files, read_examples
from adoption.sentiment.polarity import compound, polarity

PUSHBACK_SHARE = 0.03
REPEATED = 7
WARM = 200
ENCODER_SAMPLE = 600
REPEATS = [
    "thanks",
    "Thank you!",
    "+1",
    "will do",
    "ok great",
    "on my way",
    "done",
    "lovely, thanks",
]

Contender = Callable[[Sequence[Comment]], int]


def stream(size: int, seed: int) -> list[Comment]:
    """An ordinary network's messages, distinct but for the repetitions."""
    chance = random.Random(seed)
    examples = read_examples(corpus_files())
    plain = [e.comment for e in examples if e.stance == "neutral" and e.target == "absent"]
    pushback = [e.comment for e in examples if e.stance == "pushback"]
    messages: list[Comment] = []
    for number in range(size):
        if number % REPEATED == 0:
            messages.append(Comment(chance.choice(REPEATS)))
            continue
        comment = chance.choice(pushback if chance.random() < PUSHBACK_SHARE else plain)
        messages.append(comment._replace(text=f"{comment.text} {number}"))
    return messages


def _detector(profile: str, *, gating: bool = True) -> Contender:
    detector = load_detector(profile)
    detector.gating = gating
    return lambda messages: sum(v.flag == "flag" for v in detector.judge(messages))


def _textblob(messages: Sequence[Comment]) -> int:
    return sum(polarity.__wrapped__(m.text)[0] < 0 for m in messages)


def _vader(messages: Sequence[Comment]) -> int:
    return sum(compound.__wrapped__(m.text) <= -0.05 for m in messages)


CONTENDERS: dict[str, Callable[[], Contender]] = {
    "TextBlob": lambda: _textblob,
    "VADER": lambda: _vader,
    "lite": lambda: _detector("lite"),
    "full": lambda: _detector("full"),
    "full, encoder on everything": lambda: _detector("full", gating=False),
}


def contend(name: str, messages: Sequence[Comment]) -> dict[str, float]:
    """Run one contender in this process: messages per second, flags, peak memory in MB."""
    run = CONTENDERS[name]()
    run(messages[:WARM])
    rest = messages[WARM:]
    rest = rest[:ENCODER_SAMPLE] if "everything" in name else rest
    started, used = time.perf_counter(), time.process_time()
    flags = run(rest)
    seconds, busy = time.perf_counter() - started, time.process_time() - used
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "messages": len(rest), "per_second": len(rest) / seconds,
        "per_cpu_second": len(rest) / busy, "flags": flags, "memory_mb": memory,
    }  # fmt: skip


def _start(name: str, options: argparse.Namespace, part: int = 0) -> subprocess.Popen[str]:
    command = [
        sys.executable, __file__, "--contender", name, "--messages", str(options.messages),
        "--seed", str(options.seed + part),
    ]  # fmt: skip
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


def measure(name: str, options: argparse.Namespace, processes: int) -> dict[str, float]:
    """One contender in one or more processes side by side; speeds add up, memory is the largest."""
    started = [_start(name, options, part) for part in range(processes)]
    results = [json.loads(process.communicate()[0]) for process in started]
    total = {key: sum(r[key] for r in results) for key in results[0]}
    return {**total, "memory_mb": max(r["memory_mb"] for r in results)}


def main() -> None:
    """Measure all contenders and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--contender", choices=list(CONTENDERS), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.contender:
        print(json.dumps(contend(options.contender, stream(options.messages, options.seed))))
        return
    peer = 0.0
    print(
        f"{'contender':<30}{'processes':>10}{'msg/s':>9}{'msg/CPU s':>11}{'x TextBlob':>12}{'MB each':>9}"
    )
    for name in CONTENDERS:
        for processes in (1, 2):
            result = measure(name, options, processes)
            peer = peer or result["per_cpu_second"]
            print(
                f"{name:<30}{processes:>10}{result['per_second']:>9.0f}{result['per_cpu_second']:>11.0f}"
                f"{result['per_cpu_second'] / peer:>12.2f}{result['memory_mb']:>9.0f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
