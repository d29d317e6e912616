"""``adoption init``, ``demo``, ``dashboard`` and ``doctor``: get going and stay well."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import click

from adoption.cli.main import home_of, json_option
from adoption.cli.progress import shown_progress
from adoption.cli.show import console, examples, say
from adoption.demo import write_sample
from adoption.doctor import examine
from adoption.service import Service
from adoption.stopping import stoppable
from adoption.wording import plural

MARKS = {"ok": "[green]ok[/green]", "note": "[yellow]note[/yellow]", "fault": "[red]fault[/red]"}


@click.command(epilog=examples("adoption init", "adoption --home /srv/adoption init"))
@click.pass_context
def init(ctx: click.Context) -> None:
    """Make the data folder. Doing it twice changes nothing."""
    home = home_of(ctx)
    with Service(home, create=True):
        pass
    click.echo(f"The data folder is {home}. Next: adoption import FILE, or adoption connect add.")


@click.command(
    epilog=examples(
        "adoption demo",
        "adoption demo --people 500 --months 6 --open-dashboard",
        "adoption demo --write-only sample",
    )
)
@click.option(
    "--people",
    type=click.IntRange(100, 200_000),
    default=2000,
    show_default=True,
    help="How many people work there.",
)
@click.option(
    "--months",
    type=click.IntRange(3, 60),
    default=18,
    show_default=True,
    help="How many months it covers.",
)
@click.option(
    "--seed", type=int, default=1, show_default=True, help="The same seed gives the same sample."
)
@click.option(
    "--until",
    type=click.DateTime(["%Y-%m-%d"]),
    default=None,
    help="The last day of the sample. Default: today.",
)
@click.option(
    "--write-only",
    type=click.Path(path_type=Path, file_okay=False),
    default=None,
    help="Only write the sample's files into this folder.",
)
@click.option("--open-dashboard", is_flag=True, help="Open the dashboard when it is ready.")
@click.option("--port", type=int, default=0, help="Port of the dashboard; 0 takes a free one.")
@click.pass_context
def demo(
    ctx: click.Context,
    people: int,
    months: int,
    seed: int,
    until: object,
    write_only: Path | None,
    open_dashboard: bool,
    port: int,
) -> None:
    """Make a sample hospital network, import it as an export, flag it.

    The network is invented. Its messages go through the same Viva Engage export connector that reads
    a real one.
    """
    home = home_of(ctx)
    last = until.date() if hasattr(until, "date") else date.today()
    with shown_progress() as progress, stoppable(say) as stopped:
        if write_only is not None:
            sample = write_sample(
                write_only,
                people=people,
                months=months,
                seed=seed,
                until=last,
                progress=progress,
            )
            click.echo(
                f"Wrote {plural(sample.messages, 'message')} to {sample.export_zip}.", err=True
            )
            return
        with Service(home, create=True) as service:
            service.load_sample(people, months, seed, last, progress=progress, cancelled=stopped)
    click.echo(f"The sample network is in {home}.", err=True)
    if open_dashboard:
        ctx.invoke(dashboard, port=port)


@click.command(epilog=examples("adoption dashboard", "adoption dashboard --port 8501"))
@click.option("--port", type=int, default=0, show_default=True, help="0 takes a free port.")
@click.pass_context
def dashboard(ctx: click.Context, port: int) -> None:
    """Open the dashboard on this machine (127.0.0.1). Ctrl-C closes it."""
    from adoption.serve import serve

    home = home_of(ctx)
    with Service(home):
        pass
    serve(
        home, port, announce=lambda address: click.echo(f"Dashboard: {address}  (Ctrl-C closes it)")
    )


@click.command(epilog=examples("adoption doctor", "adoption doctor --json"))
@json_option
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:
    """Say what is wrong with this installation and how to mend it."""
    findings = examine(home_of(ctx))
    if as_json:
        click.echo(json.dumps([finding.as_dict() for finding in findings], indent=2))
    else:
        out = console()
        for finding in findings:
            out.print(f"{MARKS[finding.state]:>5}  {finding.what}")
            if finding.mend:
                out.print(f"       {finding.mend}", style="dim")
    if any(finding.state == "fault" for finding in findings):
        ctx.exit(6)
