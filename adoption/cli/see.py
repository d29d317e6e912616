"""``adoption status``, ``metrics`` and ``report``: look at what is there and take it away."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from adoption.cli.main import home_of, json_option
from adoption.cli.show import console, examples
from adoption.metrics import CATALOGUE, SPLITS, Selection
from adoption.period import Period
from adoption.privacy import Released
from adoption.reports import FORMATS
from adoption.service import Service
from adoption.wording import age, amount, counted_from, interval, plural, short_figure


def selection_options(command: Any) -> Any:
    """The options that limit figures to networks, communities or departments."""
    for name, plural_name, words in (
        ("department", "departments", "a department"),
        ("community", "communities", "a community, as network/id"),
        ("network", "networks", "a network"),
    ):
        command = click.option(
            f"--{name}",
            plural_name,
            multiple=True,
            help=f"Only {words}; may be given several times.",
        )(command)
    return command


@click.command(epilog=examples("adoption status", "adoption status --json"))
@json_option
@click.pass_context
def status(ctx: click.Context, as_json: bool) -> None:
    """Show what is in the data folder: rows, checkpoints, runs, how old the data is."""
    with Service(home_of(ctx)) as service:
        found = service.status()
    if as_json:
        click.echo(json.dumps(found.as_dict(), indent=2))
        return
    out = console()
    if not found.networks:
        out.print("No data yet. Next: adoption import FILE, or adoption demo for a sample network.")
        return
    table = Table(
        "network", "messages", "posts", "replies", "reactions", "people", "communities", "newest"
    )
    for name, rows in found.networks.items():
        newest = age(rows.newest) if rows.newest else "-"
        counts = (
            rows.messages,
            rows.posts,
            rows.replies,
            rows.reactions,
            rows.people,
            rows.communities,
        )
        table.add_row(
            name, *("not available" if count is None else f"{count:,}" for count in counts), newest
        )
    out.print(table)
    waiting = f", {plural(found.unflagged, 'message')} not flagged yet" if found.unflagged else ""
    out.print(f"Snapshot {found.snapshot}, published {age(found.published_at)}{waiting}.")
    for run in found.runs[:5]:
        out.print(f"  {run.started_at:%Y-%m-%d %H:%M} {run.network}: {run.state}")
        if run.error:
            out.print(f"    {run.error}", markup=False)


@click.command(
    epilog=examples(
        "adoption metrics",
        "adoption metrics pushback-rate --by department",
        "adoption metrics active-share --period 2026-W01:2026-W13 --json",
    )
)
@click.argument("name", required=False)
@click.option("--period", default=None, help="ISO weeks, both included: 2026-W01:2026-W13.")
@click.option("--by", type=click.Choice(list(SPLITS)), default=None, help="Split by this.")
@click.option(
    "--across", type=click.Choice(list(SPLITS)), default=None, help="Split a second time."
)
@selection_options
@json_option
@click.pass_context
def metrics(
    ctx: click.Context,
    name: str | None,
    period: str | None,
    by: str | None,
    across: str | None,
    networks: tuple[str, ...],
    communities: tuple[str, ...],
    departments: tuple[str, ...],
    as_json: bool,
) -> None:
    """Print one metric, or without a name list them all with the question each one answers."""
    if name is None:
        _list_metrics(as_json)
        return
    with Service(home_of(ctx)) as service:
        weeks = Period.parse(period) if period else service.latest_period()
        selection = Selection(networks, communities, departments)
        released = service.metric(name, weeks, selection, by, across)
    if as_json:
        click.echo(json.dumps(released.as_dict(), indent=2))
    else:
        _print_metric(released)


def _list_metrics(as_json: bool) -> None:
    if as_json:
        listed = [
            {"name": m.name, "title": m.title, "question": m.question, "unit": m.unit}
            for m in CATALOGUE.values()
        ]
        click.echo(json.dumps(listed, indent=2))
        return
    table = Table("metric", "question")
    for metric in CATALOGUE.values():
        table.add_row(metric.name, metric.question)
    console().print(table)


def _print_metric(released: Released) -> None:
    out = console()
    unit = released.unit
    details = [
        text for text in (counted_from(released.total), interval(released.total, unit)) if text
    ]
    total = short_figure(released.total, unit)
    out.print(f"[bold]{released.title}[/bold], {released.period}: [bold]{total}[/bold]")
    if released.total.note or details:
        out.print("; ".join(details) or released.total.note)
    if released.rows:
        table = Table(released.by or "", released.title, "counted from", "95 % interval")
        for cell in released.rows:
            label = cell.label if cell.across is None else f"{cell.label} / {cell.across}"
            bounds = (
                f"{amount(cell.low, unit)} to {amount(cell.high, unit)}"
                if cell.low is not None
                else ""
            )
            table.add_row(label, short_figure(cell, unit), counted_from(cell) or cell.note, bounds)
        out.print(table)
    out.print(f"[dim]How this is counted: {released.how_counted} {released.floor}[/dim]")


@click.command(
    epilog=examples(
        "adoption report --out report.html",
        "adoption report --period 2026-W01:2026-W13 --format xlsx --out report.xlsx",
    )
)
@click.option(
    "--period",
    default=None,
    help="ISO weeks, both included: 2026-W01:2026-W13. Default: the last 13 weeks.",
)
@click.option(
    "--format",
    "kind",
    type=click.Choice(list(FORMATS)),
    default="html",
    show_default=True,
    help="html to read and print, xlsx or csv for a spreadsheet, json for a script.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="The file to write.",
)
@selection_options
@click.pass_context
def report(
    ctx: click.Context,
    period: str | None,
    kind: str,
    out: Path,
    networks: tuple[str, ...],
    communities: tuple[str, ...],
    departments: tuple[str, ...],
) -> None:
    """Write a resistance report that can be handed on."""
    with Service(home_of(ctx)) as service:
        weeks = Period.parse(period) if period else service.latest_period()
        written = service.report(weeks, Selection(networks, communities, departments), kind, out)
    click.echo(f"Wrote {written} ({written.stat().st_size / 1000:,.0f} kB, {weeks}).", err=True)
