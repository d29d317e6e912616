"""``adoption connect`` and ``connectors``: which networks are read, and how."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click
from click.termui import prompt
from rich.table import Table

from adoption.cli.ingest import parse_pairs
from adoption.cli.main import home_of, json_option
from adoption.cli.show import console, examples
from adoption.connector import Field, Health, connector_type, connector_types
from adoption.errors import AccessError, SettingsError
from adoption.secrets import EnvironmentSecrets, Keeper, variable_name
from adoption.service import Service


@click.group(
    epilog=examples(
        "adoption connect available", "adoption connect add mattermost", "adoption sync"
    )
)
def connect() -> None:
    """Connect networks: see what can be connected, add, test, pause and remove."""


@connect.command(
    "available", epilog=examples("adoption connect available", "adoption connect available --json")
)
@json_option
def available(as_json: bool) -> None:
    """List every connector with what it gives, lacks and needs."""
    described = [describe(kind) for kind in connector_types().values()]
    if as_json:
        click.echo(json.dumps(described, indent=2))
        return
    out = console()
    for entry in described:
        out.print(f"[bold]{entry['name']}[/bold]  {entry['title']}")
        out.print(f"  {entry['summary']}")
        for capability, why in entry["lacks"].items():
            out.print(f"  lacks {capability}: {why}", style="dim")
        for need in entry["requires"]:
            out.print(f"  needs {need}", style="dim")


@connect.command("list", epilog=examples("adoption connect list"))
@json_option
@click.pass_context
def list_(ctx: click.Context, as_json: bool) -> None:
    """List the networks that are connected and how their last run went."""
    with Service(home_of(ctx)) as service:
        known = service.connections.all()
    if as_json:
        click.echo(json.dumps([item.as_dict() for item in known], indent=2))
        return
    if not known:
        click.echo("No network is connected yet. Next: adoption connect available")
        return
    table = Table("network", "connector", "state", "last run", "messages")
    for item in known:
        ran = item.last_run
        last = f"{ran.started_at:%Y-%m-%d %H:%M} {ran.state}" if ran else "never"
        table.add_row(item.network, item.connector, item.state, last, f"{item.messages:,}")
    console().print(table)


@connect.command(
    "add",
    epilog=examples(
        "adoption connect add mattermost",
        "adoption connect add slack --network talk --keep-secrets keyring",
        "adoption connect add mattermost --set base_url=https://chat.example.org",
    ),
)
@click.argument("kind")
@click.option(
    "--network", default=None, help="A name for this network. Default: the connector's name."
)
@click.option(
    "--set", "pairs", multiple=True, metavar="NAME=VALUE", help="A setting; asked for otherwise."
)
@click.option(
    "--keep-secrets",
    type=click.Choice([k.value for k in Keeper]),
    default=None,
    help="Where secrets are kept: keyring of the system, environment variables, or a 0600 file.",
)
@click.option("--no-test", is_flag=True, help="Do not try the connection now.")
@click.pass_context
def add(
    ctx: click.Context,
    kind: str,
    network: str | None,
    pairs: tuple[str, ...],
    keep_secrets: str | None,
    no_test: bool,
) -> None:
    """Connect a network with connector KIND. Asks for what is missing and tries it out."""
    type_ = connector_type(kind)
    given = parse_pairs(pairs)
    name = network or kind
    for need in type_.requires:
        click.echo(f"Needed: {need}", err=True)
    keeper = Keeper(keep_secrets) if keep_secrets else None
    settings, secrets = _ask(type_.settings, given, name, keeper)
    keeper = keeper or _ask_keeper(bool(secrets), name)
    with Service(home_of(ctx), create=True) as service:
        service.connections.add(name, kind, settings, secrets, keeper)
        click.echo(f"Connected {name}. Its settings are in {service.connections.path}.", err=True)
        if not no_test:
            _sign_in(service, name)
            _show_health(service.connections.test(name), name)


@connect.command("sign-in", epilog=examples("adoption connect sign-in viva-engage"))
@click.argument("network")
@click.pass_context
def sign_in(ctx: click.Context, network: str) -> None:
    """Sign in as a person, once; the sign-in is renewed silently from then on."""
    with Service(home_of(ctx)) as service:
        if not _sign_in(service, network):
            click.echo(f"{network} needs no person to sign in.", err=True)


@connect.command(
    "test",
    epilog=examples("adoption connect test mattermost", "adoption connect test slack --json"),
)
@click.argument("network")
@json_option
@click.pass_context
def test(ctx: click.Context, network: str, as_json: bool) -> None:
    """Try a connection: per right, what works, what is missing, and who can grant it."""
    with Service(home_of(ctx)) as service:
        health = service.connections.test(network)
    if as_json:
        rights = [
            {"name": p.name, "works": p.works, "detail": p.detail, "granted_by": p.granted_by}
            for p in health.permissions
        ]
        click.echo(
            json.dumps(
                {"ok": health.ok, "summary": health.summary, "permissions": rights}, indent=2
            )
        )
    else:
        _show_health(health, network)
    if not health.ok:
        raise AccessError(
            health.summary,
            where=f"network {network}",
            next_step="Grant what is marked as missing and test again",
        )


@connect.command(
    "pause",
    epilog=examples(
        "adoption connect pause mattermost", "adoption connect pause mattermost --resume"
    ),
)
@click.argument("network")
@click.option("--resume", is_flag=True, help="Go on with it.")
@click.pass_context
def pause(ctx: click.Context, network: str, resume: bool) -> None:
    """Leave a network out of sync for now, or go on with it."""
    with Service(home_of(ctx)) as service:
        service.connections.pause(network, paused=not resume)
    click.echo(f"{network} is {'active' if resume else 'paused'}.", err=True)


@connect.command(
    "remove",
    epilog=examples(
        "adoption connect remove mattermost", "adoption connect remove mattermost --with-data"
    ),
)
@click.argument("network")
@click.option("--with-data", is_flag=True, help="Also remove everything that was read from it.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def remove(ctx: click.Context, network: str, with_data: bool, yes: bool) -> None:
    """Disconnect a network; its data stays unless you say otherwise."""
    if with_data and not yes:
        click.confirm(f"Remove {network} and all its messages from {home_of(ctx)}?", abort=True)
    with Service(home_of(ctx)) as service:
        service.connections.remove(network, with_data=with_data)
    click.echo(f"Removed {network}{' with its data' if with_data else ''}.", err=True)


@click.group(epilog=examples("adoption connectors new our-intranet"))
def connectors() -> None:
    """For developers: write a connector of your own."""


@connectors.command("new", epilog=examples("adoption connectors new our-intranet --folder ."))
@click.argument("name")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="Where to write it.",
)
def new(name: str, folder: Path) -> None:
    """Write the skeleton of a connector package called NAME, with its tests."""
    from adoption.skeleton import write_skeleton

    click.echo(
        f"Wrote {write_skeleton(name, folder)}. Next: pip install -e it, then run its tests."
    )


def describe(kind: type[Any]) -> dict[str, Any]:
    """A connector as JSON: what it gives, lacks and needs."""
    return {
        "name": kind.name,
        "title": kind.title,
        "source": kind.source.value,
        "summary": kind.summary,
        "gives": sorted(item.value for item in kind.gives),
        "lacks": {item.value: why for item, why in kind.lacks.items()},
        "requires": list(kind.requires),
        "settings": [
            {
                "name": f.name,
                "title": f.title,
                "help": f.help,
                "kind": f.kind,
                "required": f.required,
                "secret": f.secret,
                "choices": list(f.choices),
            }
            for f in kind.settings
        ],
    }


def _ask(
    fields: tuple[Field, ...], given: dict[str, Any], network: str, keeper: Keeper | None
) -> tuple[dict[str, Any], dict[str, str]]:
    settings: dict[str, Any] = {}
    secrets: dict[str, str] = {}
    for item in fields:
        value = given.pop(item.name, None)
        if value is None and item.secret and _in_environment(item, network, keeper):
            continue
        if value is None and item.required and item.default in (None, ""):
            value = _ask_for(item)
        if value in (None, ""):
            continue
        if item.secret:
            secrets[item.name] = str(value)
        else:
            settings[item.name] = value
    if given:
        raise SettingsError(
            f"There is no setting called {', '.join(given)}",
            where="--set",
            next_step=f"Use one of: {', '.join(item.name for item in fields)}",
        )
    return settings, secrets


def _in_environment(item: Field, network: str, keeper: Keeper | None) -> bool:
    """Whether a secret is read from its variable, and so is neither asked for nor kept."""
    if keeper not in (None, Keeper.ENVIRONMENT):
        return False
    if EnvironmentSecrets().get(network, item.name) is not None:
        return True
    if keeper is Keeper.ENVIRONMENT and item.required:
        raise SettingsError(
            f"{item.title} is missing",
            where=f"setting {item.name}",
            next_step=f"Set the variable {variable_name(network, item.name)}. {item.help}",
        )
    return False


def _ask_for(item: Field) -> str:
    if not sys.stdin.isatty():
        raise SettingsError(
            f"{item.title} is missing",
            where=f"setting {item.name}",
            next_step=f"Give it with --set {item.name}=VALUE. {item.help}",
        )
    click.echo(item.help, err=True)
    kind = click.Choice(item.choices) if item.choices else click.STRING
    return str(prompt(item.title, hide_input=item.secret, type=kind, err=True))


def _ask_keeper(needed: bool, network: str) -> Keeper:
    if not needed:
        return Keeper.ENVIRONMENT
    if not sys.stdin.isatty():
        raise SettingsError(
            "It is not said where secrets are kept",
            where=f"network {network}",
            next_step="Add --keep-secrets keyring, environment or file",
        )
    choice = click.Choice([keeper.value for keeper in Keeper])
    return Keeper(str(prompt("Where shall secrets be kept?", type=choice, err=True)))


def _sign_in(service: Service, network: str) -> bool:
    """Let a person sign in by device code where that is needed; tells whether it was."""
    begun = service.connections.sign_in(network)
    if begun is None:
        return False
    click.echo(begun.message, err=True)
    service.connections.finish_sign_in(network, begun)
    click.echo("Signed in.", err=True)
    return True


def _show_health(health: Health, network: str) -> None:
    out = console(stderr=True)
    out.print(f"{network}: {health.summary}", markup=False)
    for right in health.permissions:
        mark = "works" if right.works else "missing"
        granted = (
            f" Granted by: {right.granted_by}." if right.granted_by and not right.works else ""
        )
        out.print(f"  {mark:>7}  {right.name}. {right.detail}{granted}", markup=False)
