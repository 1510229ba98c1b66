"""syncstate simulate: a small Amazon or a small Shopify, to try things on."""

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from random import Random
from typing import Annotated, TypeVar

import typer
from pydantic import BaseModel, ValidationError

from syncstate.cli.failures import Failure
from syncstate.cli.options import AsJson
from syncstate.cli.stopping import stopping

Kind = TypeVar("Kind", bound=BaseModel)

simulate = typer.Typer(
    name="simulate",
    help="Start a small Amazon or a small Shopify on this machine, to try things on.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

HOST = "127.0.0.1"

Port = Annotated[int, typer.Option("--port", min=0, max=65535, help="The port; 0 takes a free one.")]
Seed = Annotated[int, typer.Option("--seed", help="The same seed fails, and sells, the same way.")]
Faults = Annotated[
    list[str] | None,
    typer.Option(
        "--fault",
        metavar="KIND[:PROBABILITY]",
        help="What goes wrong with requests, and how often; or a fault as JSON.",
    ),
]

_SHORT = re.compile(r"([a-z_]+)(?::([0-9.]+))?")


@simulate.command()
def amazon(*, port: Port = 0, seed: Seed = 0, fault: Faults = None, as_json: AsJson = False) -> None:
    """Start a small Amazon: tokens, listings, feeds, orders and notifications, until Ctrl-C.

    It keeps to the published limits, refuses what Amazon refuses, and forgets everything when it ends. Kinds of faults
    are throttle, invalid, fatal, unauthorised, status, garbled, drop and slow; under /_simulator/ there are listings to
    set, the history, and faults one at a time.

    \b
    Examples:
      syncstate simulate amazon --port 4580
      syncstate simulate amazon --fault drop:0.05 --fault throttle:0.1 --seed 7
      syncstate simulate amazon --fault '{"kind": "slow", "seconds": 2, "times": 3}' --json
    """  # noqa: D301 - typer reads the backspace as "leave these lines alone"
    from channels.simulators.amazon import Fault, SimulatedAmazon, simulated_amazon

    small = SimulatedAmazon(seed=seed)
    small.faults.add(*_faults(Fault, fault))
    with stopping() as stop, _port_told(port), simulated_amazon(small, host=HOST, port=port) as running:
        settings = {
            "SYNCSTATE_AMAZON_SELLER": running.seller_id,
            "SYNCSTATE_AMAZON_MARKETPLACE": running.marketplace,
            "SYNCSTATE_AMAZON_CLIENT_ID": running.credentials.client_id,
            "SYNCSTATE_AMAZON_CLIENT_SECRET": running.credentials.client_secret,
            "SYNCSTATE_AMAZON_REFRESH_TOKEN": running.credentials.refresh_token,
            "SYNCSTATE_AMAZON_ENDPOINT": running.url,
            "SYNCSTATE_AMAZON_TOKEN_ENDPOINT": running.token_url,
            "SYNCSTATE_AMAZON_MODE": "live",
        }
        _tell("Amazon", running.url, "listings", settings, as_json=as_json)
        stop.event.wait()
    raise typer.Exit(stop.code)


@simulate.command()
def shopify(  # noqa: PLR0913 - a shop and what befalls it
    *,
    port: Port = 0,
    seed: Seed = 0,
    fault: Faults = None,
    goods: Annotated[int, typer.Option(min=0, max=100_000, help="So many goods are there, SKU-1 and on.")] = 3,
    deliver_to: Annotated[
        str | None, typer.Option(metavar="URL", help="Where orders, products and levels are told, signed.")
    ] = None,
    late: Annotated[float, typer.Option(min=0, max=3600, help="Deliveries come up to so many seconds late.")] = 0.0,
    repeat: Annotated[float, typer.Option(min=0, max=1, help="How often one comes twice.")] = 0.0,
    sell_every: Annotated[float | None, typer.Option(min=0.01, help="Seconds between sales of its own.")] = None,
    ignore_keys: Annotated[
        bool, typer.Option("--ignore-keys", help="Ask for idempotency keys and ignore them.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Start a small Shopify: the part of the GraphQL Admin API that stock needs, until Ctrl-C.

    It counts points as the standard plan does, refuses what Shopify refuses, and forgets everything when it ends. Kinds
    of faults are throttle, denied, internal, user_error, unauthorised, status, garbled, drop and slow; under
    /_simulator/ there are goods to add, orders to place, levels to edit, how often each key's change was made, and
    faults one at a time.

    \b
    Examples:
      syncstate simulate shopify --port 4581
      syncstate simulate shopify --deliver-to http://127.0.0.1:3000/webhook/shopify --sell-every 2 --repeat 0.3
      syncstate simulate shopify --fault drop:0.1 --ignore-keys --seed 7 --json
    """  # noqa: D301 - typer reads the backspace as "leave these lines alone"
    from channels.shopify.topics import TOPICS, enum_of
    from channels.simulators.shopify import Fault, Manner, SimulatedShopify, simulated_shopify

    small = SimulatedShopify(seed=seed, honours_keys=not ignore_keys)
    small.faults.add(*_faults(Fault, fault))
    for topic in TOPICS if deliver_to else ():
        small.subscribe(enum_of(topic), _address(deliver_to or ""))
    random = Random(seed)  # noqa: S311 - what is sold next is no secret
    manner = Manner(late=late, repeat=repeat)
    with stopping() as stop, _port_told(port), simulated_shopify(small, HOST, port, manner=manner) as running:
        skus = [f"SKU-{number}" for number in range(1, goods + 1)]
        for sku in skus:
            small.put_good(sku, random.randint(5, 50))
        settings = {
            "SYNCSTATE_SHOPIFY_SECRETS": json.dumps({small.domain: [small.secret]}),
            "SYNCSTATE_SHOPIFY_SHOP": small.domain,
            "SYNCSTATE_SHOPIFY_TOKEN": small.token,
            "SYNCSTATE_SHOPIFY_ENDPOINT": running.url,
        }
        account = {"shop": small.domain, "access_token": small.token}
        _tell("Shopify", running.url, "levels", settings, account, as_json=as_json)
        while not stop.event.wait(sell_every if skus else None):
            small.sell([(random.choice(skus), random.choice((1, 1, 1, 2)))])
    raise typer.Exit(stop.code)


def _tell(  # noqa: PLR0913 - what was started and how to reach it
    name: str,
    url: str,
    shows: str,
    settings: Mapping[str, str],
    more: Mapping[str, str] | None = None,
    *,
    as_json: bool,
) -> None:
    """Print where it is and with which settings a SyncState reaches it."""
    control = f"{url}/_simulator"
    if as_json:
        print(json.dumps({"url": url, "control": control, **(more or {}), "settings": settings}), flush=True)
        return
    told = [f"A small {name} at {url}, its {shows} at {control}/{shows}. Ctrl-C stops it."]
    told += [f"{what.replace('_', ' ')}: {value}" for what, value in (more or {}).items()]
    told.append("A SyncState that works with it has these settings:")
    told += [f"  {setting}={shlex.quote(value)}" for setting, value in settings.items()]
    print("\n".join(told), flush=True)  # at once: whoever waits for a setting in a file finds them all


def _faults(kind: type[Kind], stated: list[str] | None) -> list[Kind]:
    """Return the faults of the options. Raises Failure for one that makes no sense."""
    return [_fault(kind, text) for text in stated or ()]


def _fault(kind: type[Kind], text: str) -> Kind:
    short = _SHORT.fullmatch(text)
    try:
        if short is None:
            return kind.model_validate_json(text)
        return kind.model_validate({"kind": short[1], "probability": float(short[2] or 1), "times": None})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "JSON"
        raise Failure(f"--fault {text}: {place}: {first['msg']}; drop:0.1 for example", 2) from error
    except ValueError as error:
        raise Failure(f"--fault {text}: the probability is a number from 0 to 1, as in drop:0.1", 2) from error


def _address(url: str) -> str:
    if not re.fullmatch(r"https?://[^\s/]+(/\S*)?", url):
        raise Failure(f"--deliver-to {url}: it is an address like http://127.0.0.1:3000/webhook/shopify", 2)
    return url


@contextmanager
def _port_told(port: int) -> Iterator[None]:
    """Say what to do where the port cannot be had."""
    try:
        yield
    except OSError as error:
        advice = "choose another with --port, or take a free one with --port 0"
        raise Failure(f"{HOST}:{port} cannot be listened on ({error.strerror}): {advice}", kind="port_taken") from error
