"""``adoption flag``, ``evaluate``, ``train`` and ``reviews``: judge comments and check the judge."""

from __future__ import annotations

import json
from pathlib import Path

import click

from adoption.cli.main import home_of, json_option
from adoption.cli.progress import shown_progress
from adoption.cli.show import examples, say
from adoption.judging import (
    evaluate_file,
    evaluate_with_judge,
    flag_loose_file,
    train_detector,
)
from adoption.sentiment.corrections import Correction
from adoption.service import Service
from adoption.stopping import stoppable
from adoption.wording import plural

PROFILE = click.option(
    "--profile",
    type=click.Choice(["full", "lite"]),
    default=None,
    help="full uses the sentence encoder; lite does without it and is faster. "
    "Default: what the settings say.",
)


@click.command()
@click.option(
    "--file",
    "source",
    type=click.Path(path_type=Path, allow_dash=True),
    default=None,
    help="Flag loose comments from a JSONL or CSV file instead of the store; - reads standard input.",
)
@click.option(
    "--out",
    "target",
    type=click.Path(path_type=Path, allow_dash=True),
    default=Path("-"),
    help="Where to write them; - is standard output.",
)
@click.option(
    "--format",
    "kind",
    type=click.Choice(["jsonl", "csv"]),
    default=None,
    help="The format of --file; taken from its name otherwise.",
)
@click.option("--everything", is_flag=True, help="Score all messages again, not only new ones.")
@PROFILE
@click.pass_context
def flag(
    ctx: click.Context,
    source: Path | None,
    target: Path,
    kind: str | None,
    everything: bool,
    profile: str | None,
) -> None:
    """Flag messages that push back, say why and how strongly.

    \b
    In the store:      adoption flag
    Loose comments:    adoption flag --file comments.jsonl --out flagged.jsonl
                       echo '{"text": "Why can'"'"'t we use email?"}' | adoption flag --file - --out -

    Each input line has text and optionally id, parent and community. Each gives one line out, in order.
    """
    if source is not None:
        with shown_progress() as progress:
            written = flag_loose_file(source, target, kind=kind, profile=profile, progress=progress)
        click.echo(f"Flagged {plural(written, 'comment')}.", err=True)
        return
    with Service(home_of(ctx)) as service, shown_progress() as progress, stoppable(say) as stopped:
        result = service.flag(
            everything=everything, profile=profile, progress=progress, cancelled=stopped
        )
    click.echo(f"Scored {plural(result.scored, 'message')} with {result.model}.", err=True)


@click.command(
    epilog=examples("adoption evaluate labelled.jsonl", "adoption evaluate labelled.jsonl --json")
)
@click.argument("labelled", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--judge",
    "with_judge",
    is_flag=True,
    help="Also ask the model endpoint of the settings about what the detector is unsure of.",
)
@PROFILE
@json_option
@click.pass_context
def evaluate(
    ctx: click.Context, labelled: Path, with_judge: bool, profile: str | None, as_json: bool
) -> None:
    """Measure the detector on LABELLED messages (JSONL with text, stance, barrier, intensity)."""
    asked = ""
    with shown_progress() as progress:
        if with_judge:
            result, asked = evaluate_with_judge(
                labelled, profile=profile, home=home_of(ctx), progress=progress
            )
        else:
            result = evaluate_file(labelled, profile=profile, progress=progress)
    click.echo(json.dumps(result.as_dict(), indent=2) if as_json else result.as_text())
    if asked:
        click.echo(asked, err=True)


@click.command(epilog=examples("adoption train", "adoption train --with-reviews --out models"))
@click.option(
    "--seed", type=int, default=1, show_default=True, help="The same seed gives the same detector."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=None,
    help="Where the trained detector goes. Default: the models folder of the configuration.",
)
@click.option(
    "--with-reviews", is_flag=True, help="Also learn from the corrections made in this data folder."
)
@click.pass_context
def train(ctx: click.Context, seed: int, out: Path | None, with_reviews: bool) -> None:
    """Train the detector again from the corpus that ships (needs the train extra)."""
    corrections: list[Correction] = []
    if with_reviews:
        with Service(home_of(ctx)) as service:
            corrections = service.corrections()
    with shown_progress() as progress:
        summary = train_detector(seed, out, corrections=corrections, progress=progress)
    click.echo(summary)


@click.group(
    epilog=examples("adoption reviews export --out queue.csv", "adoption reviews import queue.csv")
)
def reviews() -> None:
    """Corrections by people: take the queue to a spreadsheet and bring the answers back."""


@reviews.command("export", epilog=examples("adoption reviews export --out queue.csv"))
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="The CSV file to write.",
)
@click.option(
    "--limit",
    type=click.IntRange(1, 5000),
    default=100,
    show_default=True,
    help="How many comments at most.",
)
@click.pass_context
def export_reviews(ctx: click.Context, out: Path, limit: int) -> None:
    """Write the review queue (random slice and most uncertain comments, masked) as CSV."""
    with Service(home_of(ctx)) as service:
        written = service.export_review_queue(out, limit)
    click.echo(
        f"Wrote {plural(written, 'comment')} to {out}. Fill in the verdict column and import it.",
        err=True,
    )


@reviews.command("import", epilog=examples("adoption reviews import queue.csv"))
@click.argument("answers", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.pass_context
def import_reviews(ctx: click.Context, answers: Path) -> None:
    """Read a filled-in review CSV; it counts at once."""
    with Service(home_of(ctx)) as service:
        taken = service.import_review_answers(answers)
    click.echo(f"Took over {plural(taken, 'review')}.", err=True)
