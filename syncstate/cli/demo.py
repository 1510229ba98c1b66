"""syncstate demo: a merchant to look at."""

from pathlib import Path
from random import Random
from secrets import token_hex
from typing import Annotated

import typer

from syncstate import logs, serving
from syncstate.cli.failures import sentences
from syncstate.cli.options import Port, settings_with
from syncstate.demo.shop import DOMAIN
from syncstate.demo.show import Show
from syncstate.stores import DEMO

DATA = Path("data") / DEMO


def demo(
    data: Annotated[Path, typer.Option("--data", metavar="DIR", help="The demo's own data folder.")] = DATA,
    port: Port = None,
    every: Annotated[float, typer.Option(min=0.05, max=3600, help="Seconds between orders, about.")] = 3.0,
) -> None:
    """Show it at work: a seeded merchant, a small Amazon, a trickle of signed orders.

    Everything runs in this process and in one data folder, and goes on where it stopped. Ctrl-C ends it.

    \b
    Examples:
      syncstate demo
      syncstate demo --port 8080 --every 0.5
    """  # noqa: D301 - typer reads the backspace as "leave these lines alone"
    secret = token_hex(16)
    settings = settings_with(
        data=data,
        port=port,
        host="127.0.0.1",
        store="embedded",
        mock_amazon=True,
        shopify_secrets={DOMAIN: [secret]},
        log_level="warning",
    )
    logs.configure(settings.log_level, settings.log_format)
    show = Show(data, secret, every, Random())  # noqa: S311 - which shirt is sold next is no secret
    with sentences():
        code = serving.run(settings, show.prepare, show.ready, show.stopping)
    raise typer.Exit(code)
