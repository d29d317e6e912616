"""``adoption import`` and ``adoption sync``: bring a network's activity into the store."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from adoption.cli.main import home_of, json_option
from adoption.cli.progress import shown_progress
from adoption.cli.show import console, examples, say
from adoption.errors import PartialRunError, SettingsError
from adoption.schedule import interval_seconds, repeat
from adoption.service import Outcome, Service
from adoption.stopping import stoppable
from adoption.wording import plural


@click.command(
    "import",
    epilog=examples(
        "adoption import viva-export.zip",
        "adoption import staff.csv --as people-file",
        "adoption import chat.csv --network helpdesk --set zone=Europe/London",
        "adoption import chat.csv --explain",
    ),
)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--as", "kind", default=None, help="The connector to use; found out from the content otherwise."
)
@click.option(
    "--network", default=None, help="The network these files belong to, such as viva-engage."
)
@click.option(
    "--set", "pairs", multiple=True, metavar="NAME=VALUE", help="A setting of the connector."
)
@click.option("--explain", is_flag=True, help="Only say how the file would be read, and stop.")
@json_option
@click.pass_context
def import_(
    ctx: click.Context,
    files: tuple[Path, ...],
    kind: str | None,
    network: str | None,
    pairs: tuple[str, ...],
    explain: bool,
    as_json: bool,
) -> None:
    """Read an export or table FILE into the store. Reading the same file again changes nothing.

    \b
    Recognised by content: Viva Engage data export (ZIP or folder), Slack workspace export,
    Mattermost bulk export, CSV, JSONL, XLSX or Parquet tables, and people files.
    """
    options = parse_pairs(pairs)
    with Service(home_of(ctx)) as service:
        if explain:
            for line in service.explain_file(files, kind=kind, options=options):
                click.echo(line)
            return
        with shown_progress() as progress, stoppable(say) as stopped:
            result = service.import_files(
                files,
                kind=kind,
                network=network,
                options=options,
                progress=progress,
                cancelled=stopped,
            )
    _report_runs([result], as_json)


@click.command(
    epilog=examples("adoption sync", "adoption sync mattermost slack", "adoption sync --every 15m")
)
@click.argument("networks", nargs=-1)
@click.option("--every", default=None, help="Keep running and sync again after this time: 15m, 2h.")
@click.option("--full", is_flag=True, help="Read everything again from the start.")
@click.option(
    "--flag/--no-flag",
    "then_flag",
    default=True,
    help="Flag what is new afterwards.",
    show_default=True,
)
@json_option
@click.pass_context
def sync(
    ctx: click.Context,
    networks: tuple[str, ...],
    every: str | None,
    full: bool,
    then_flag: bool,
    as_json: bool,
) -> None:
    """Fetch what is new from the connected networks (all of them, or those named)."""

    def once() -> None:
        with Service(home_of(ctx)) as service, stoppable(say) as stopped:
            with shown_progress() as progress:
                results = service.sync(networks, full=full, progress=progress, cancelled=stopped)
                if then_flag and not stopped():
                    service.flag(progress=progress, cancelled=stopped)
            _report_runs(results, as_json)

    if every is None:
        once()
    else:
        repeat(once, interval_seconds(every))


def parse_pairs(pairs: tuple[str, ...]) -> dict[str, Any]:
    """``NAME=VALUE`` texts as settings.

    Raises:
        SettingsError: a text has no equals sign.

    """
    options: dict[str, Any] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise SettingsError(
                f"{pair!r} is not of the form NAME=VALUE",
                where="--set",
                next_step="Write for example --set timezone=Europe/London",
            )
        options[name.strip()] = value.strip()
    return options


def _report_runs(results: list[Outcome], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps([result.as_dict() for result in results], indent=2))
    else:
        for result in results:
            _print_run(result)
    failed = [result for result in results if result.state == "failed"]
    if failed:
        names = ", ".join(result.network for result in failed)
        raise PartialRunError(
            f"{plural(len(failed), 'network')} could not be read to the end: {names}",
            where="sync",
            next_step="The reason stands above; run adoption sync again once it is mended",
        )


def _print_run(result: Outcome) -> None:
    out = console(stderr=True)
    out.print(f"{result.network}: {result.state}, {_counts(result.rows)}")
    if result.skipped:
        out.print(f"  {plural(result.skipped, 'row')} left out")
    for note in result.notes:
        out.print(f"  {note}", markup=False)
    if result.error:
        out.print(f"  {result.error}", markup=False, style="bold")


def _counts(rows: Mapping[str, Any]) -> str:
    parts = [
        f"{table}: {count.added:,} new, {count.changed:,} changed, {count.unchanged:,} unchanged"
        for table, count in rows.items()
    ]
    return "; ".join(parts) or "nothing new"
