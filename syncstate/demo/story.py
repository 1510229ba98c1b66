"""What the demo tells: one line per occurrence, calm and readable."""

import os
import sys
from datetime import datetime
from pathlib import Path
from shutil import which

import typer

from stock.identities import Sku

_BANNER = """\
SyncState demo: a shop with {goods} SKUs, a small Amazon, and an order every few seconds.

  SyncState   {url}   (API: {url}/docs)
  Amazon      {amazon}   (simulated; what it shows: {amazon}/_simulator/listings)
  data        {data}   (delete it to begin anew)

Try it from another terminal:

  curl {url}/api/inventory/TSHIRT-RED-M
  curl -H 'Content-Type: application/json' {url}/webhook/shopify \\
    -d '{{"orderId": "mine-1", "items": [{{"sku": "TSHIRT-RED-M", "quantity": 1}}]}}'
  {command} events TSHIRT-RED-M --data {data}

Ctrl-C stops it.
"""


def tell_beginning(url: str, amazon: str, data: Path, goods: int) -> None:
    """Print where everything is, and what to try."""
    typer.echo(_BANNER.format(url=url, amazon=amazon, data=data, goods=goods, command=_command()))


def _command() -> str:
    """Name this program as the reader's shell will find it."""
    return "syncstate" if which("syncstate") else os.path.relpath(sys.argv[0])


def tell_sale(order: str, sku: Sku, quantity: int, left: int | None, amazon: str) -> None:
    """Print a line of an order: what was sold, what is left, what Amazon was told."""
    shown = "counting" if left is None else f"{left} left"
    _line(f"order {order}", f"{quantity} x {sku}", shown, amazon)


def tell_redelivery(order: str, duplicates: int) -> None:
    """Print that an order was delivered again."""
    counted = "counted once" if duplicates else "not counted twice"
    _line(f"order {order}", "delivered again", counted, "")


def tell_delivery(sku: Sku, quantity: int, left: int | None, amazon: str) -> None:
    """Print that goods arrived."""
    _line("goods in", f"{quantity} x {sku}", "" if left is None else f"{left} left", amazon)


def tell_alert(message: str) -> None:
    """Print what a person should know."""
    _line("alert", message, "", "")


def tell_trouble(sentence: str) -> None:
    """Print what hinders the demo."""
    _line("waiting", sentence, "", "")


def _line(what: str, which: str, left: str, amazon: str) -> None:
    now = datetime.now().astimezone().strftime("%H:%M:%S")
    typer.echo(f"{now}  {what:<12} {which:<20} {left:<12} {amazon}".rstrip())
