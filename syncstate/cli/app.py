"""The commands, gathered."""

from importlib.metadata import version
from typing import Annotated

import typer

from syncstate.cli.adjust import adjust, count
from syncstate.cli.adopting import adopt
from syncstate.cli.alerts import alerts
from syncstate.cli.backup import backup
from syncstate.cli.buffer import buffer, threshold
from syncstate.cli.config import config
from syncstate.cli.connect import connect
from syncstate.cli.consume import consume
from syncstate.cli.demo import demo
from syncstate.cli.doctor import doctor
from syncstate.cli.events import events
from syncstate.cli.explain import explain
from syncstate.cli.imports import imports
from syncstate.cli.keys import keys
from syncstate.cli.kinesis import consume_kinesis
from syncstate.cli.mapping import map_
from syncstate.cli.mapping_health import mapping
from syncstate.cli.migrate import migrate
from syncstate.cli.notifications import consume_notifications
from syncstate.cli.quarantine import quarantine
from syncstate.cli.questions import change, questions, units
from syncstate.cli.report import report
from syncstate.cli.restore import restore
from syncstate.cli.serve import serve
from syncstate.cli.simulate import simulate
from syncstate.cli.skus import TAKES_SIGNS
from syncstate.cli.status import status
from syncstate.cli.sync import channel, sync
from syncstate.cli.tables import tables
from syncstate.cli.unmapped import unmapped
from syncstate.cli.upgrade import upgrade
from syncstate.cli.verify import verify

app = typer.Typer(
    name="syncstate",
    help="Keeps Shopify and Amazon stock in step. `syncstate demo` shows it in a minute.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(asked: bool) -> None:  # noqa: FBT001 - typer's form of a flag
    if asked:
        print(f"syncstate {version('syncstate')}")
        raise typer.Exit


@app.callback()
def _root(
    _asked: Annotated[  # noqa: FBT002 - typer's form of a flag
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None: ...


for command in (serve, demo, consume, events, report, status, config, doctor, backup, restore, verify, upgrade):
    app.command()(command)

app.command("consume-kinesis")(consume_kinesis)
app.command("consume-notifications")(consume_notifications)

app.add_typer(keys, name="keys")
for deciding in (questions, change, units):
    sync.command()(deciding)
app.add_typer(connect, name="connect")
app.add_typer(mapping, name="mapping")
app.add_typer(sync, name="sync")
app.add_typer(channel, name="channel")

for stating in (adjust, count, buffer, threshold, alerts, explain):
    app.command(context_settings=TAKES_SIGNS)(stating)
app.command("map", context_settings=TAKES_SIGNS)(map_)
app.command()(unmapped)

imports.command("store-json")(migrate)
app.command()(migrate)
app.add_typer(imports)
app.add_typer(quarantine, name="quarantine")
tables.command()(adopt)
app.add_typer(tables, name="tables")
app.add_typer(simulate, name="simulate")
