"""The commands, gathered."""

from importlib.metadata import version
from typing import Annotated

import typer

from syncstate.cli.demo import demo
from syncstate.cli.events import events
from syncstate.cli.serve import serve
from syncstate.cli.status import status

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


for command in (serve, demo, events, status):
    app.command()(command)
