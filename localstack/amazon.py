"""The small Amazon as a child process, what tells functions how to reach it, and what it shows."""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote
from urllib.request import Request, urlopen

from localstack.process import Program, free_port, running

ROOT = Path(__file__).parents[1]
SECONDS = 10
_LISTINGS = "/_simulator/listings"
_MERCHANT = "DEFAULT"


@contextmanager
def small_amazon(port: int | None = None) -> Iterator[str]:
    """Run a small Amazon on `port` (any free one where None) and yield its address once it answers."""
    chosen = port or free_port()
    arguments = (sys.executable, "-m", "channels.simulators.amazon", "--port", str(chosen))
    program = Program("the small Amazon", arguments, _LISTINGS, folder=ROOT, healthy=True)
    with running(program, chosen) as address:
        yield address


def settings(address: str) -> dict[str, str]:
    """Return the settings with which a program reaches its one seller at `address`, as programs reach it."""
    return {
        "SYNCSTATE_AMAZON_MODE": "live",
        "SYNCSTATE_AMAZON_SELLER": "A1SIMULATEDSELLER",
        "SYNCSTATE_AMAZON_MARKETPLACE": "ATVPDKIKX0DER",
        "SYNCSTATE_AMAZON_CLIENT_ID": "client.simulated",
        "SYNCSTATE_AMAZON_CLIENT_SECRET": "secret.simulated",
        "SYNCSTATE_AMAZON_REFRESH_TOKEN": "Atzr|simulated",
        "SYNCSTATE_AMAZON_ENDPOINT": address,
        "SYNCSTATE_AMAZON_TOKEN_ENDPOINT": f"{address}/auth/o2/token",
        "SYNCSTATE_AMAZON_PER_SECOND": "5",  # its own limit: nobody wants to wait in front of a demo
    }


def put_listing(address: str, sku: str) -> None:
    """Create a listing that offers nothing yet, or make it one again."""
    asked = Request(f"{address}{_LISTINGS}/{quote(sku, safe='')}", json.dumps({"quantity": 0}).encode(), method="PUT")  # noqa: S310 - our own server
    with urlopen(asked, timeout=SECONDS):  # noqa: S310 - the same
        return


def quantities(address: str) -> Mapping[str, int | None]:
    """Return what the merchant offers of each listing."""
    with urlopen(f"{address}{_LISTINGS}", timeout=SECONDS) as answer:  # noqa: S310 - our own server
        found = json.load(answer)["listings"]
    return {listing["sku"]: listing["available"].get(_MERCHANT) for listing in found}
