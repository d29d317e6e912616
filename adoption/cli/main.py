"""The root command: where the data folder is, how errors are shown, which commands there are."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from adoption import __version__
from adoption.errors import AdoptionError, InterruptedRunError
from adoption.settings import HOME_VARIABLE, default_home

EPILOG = f"""
\b
Exit codes: 0 done, 2 mend the configuration or the command, 3 access is missing,
4 the source gave something unusable, 5 done in part, 6 the data folder cannot be used,
130 interrupted (run again to go on).

The data folder is chosen with --home or {HOME_VARIABLE}.
"""

CLOSED_PIPE = 141
"""What a shell says of a program whose reader went away."""

LAZY_COMMANDS: dict[str, str] = {
    "init": "adoption.cli.start:init",
    "demo": "adoption.cli.start:demo",
    "dashboard": "adoption.cli.start:dashboard",
    "doctor": "adoption.cli.start:doctor",
    "connect": "adoption.cli.connect:connect",
    "connectors": "adoption.cli.connect:connectors",
    "import": "adoption.cli.ingest:import_",
    "sync": "adoption.cli.ingest:sync",
    "flag": "adoption.cli.judge:flag",
    "evaluate": "adoption.cli.judge:evaluate",
    "train": "adoption.cli.judge:train",
    "reviews": "adoption.cli.judge:reviews",
    "status": "adoption.cli.see:status",
    "metrics": "adoption.cli.see:metrics",
    "report": "adoption.cli.see:report",
}


class AdoptionGroup(click.Group):
    """Loads a command's module only when it is used, and turns our errors into messages."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order of the work: start, connect, sync, flag, see, report."""
        return list(LAZY_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, imported now."""
        if cmd_name not in LAZY_COMMANDS:
            return None
        from importlib import import_module

        module, name = LAZY_COMMANDS[cmd_name].split(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; an expected error becomes three plain sentences and its exit code."""
        try:
            return super().invoke(ctx)
        except AdoptionError as error:
            click.echo(f"adoption: {error}", err=True)
            ctx.exit(error.exit_code)
        except (KeyboardInterrupt, click.Abort):
            click.echo("adoption: stopped; run the same command again to go on.", err=True)
            ctx.exit(InterruptedRunError.exit_code)
        except BrokenPipeError:
            sys.stderr.close()
            ctx.exit(CLOSED_PIPE)


@click.group(
    cls=AdoptionGroup, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    default=None,
    help=f"The data folder. Default: {HOME_VARIABLE}, else the user data folder of this system.",
)
@click.version_option(__version__, prog_name="adoption")
@click.pass_context
def main(ctx: click.Context, home: Path | None) -> None:
    """See how an internal social network is adopted, and what people object to.

    \b
    A first look:            adoption demo
    Your own network:        adoption init
                             adoption import export.zip
                             adoption flag
                             adoption dashboard
    A report to hand on:     adoption report --period 2026-W01:2026-W13 --format html --out report.html
    """
    ctx.obj = (home or default_home()).expanduser().absolute()


def home_of(ctx: click.Context) -> Path:
    """The data folder this command works on."""
    home: Path = ctx.obj
    return home


json_option: Callable[[Any], Any] = click.option(
    "--json", "as_json", is_flag=True, help="Print JSON for a script."
)
