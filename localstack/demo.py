"""`make localstack-demo`: a day of signed orders through the HTTP API, and whether stock and Amazon came out right.

It works on what `make localstack-up` started; where nothing runs it starts ministack for itself. Its exit code is 0
only where every number is what it must be.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from random import Random
from typing import Any, NamedTuple
from urllib.parse import quote

from localstack import state
from localstack.account import Account
from localstack.amazon import put_listing, quantities, small_amazon
from localstack.environment import Environment
from localstack.layout import DEAD, QUEUES
from localstack.ministack import ministack
from localstack.orders import GOODS, Day, Good, a_day, asked, post
from localstack.state import Started
from localstack.up import Trouble, run_hooks, variables

ORDERS = 20
AT_ONCE = 4
SECONDS = 120
_REFUSED = 401
_OK = 200
_TABLE = "{:<16} {:>8} {:>6} {:>9} {:>9} {:>9} {:>9}  {}\n"


class Shown(NamedTuple):
    """A SKU: what it must be, and what the read model and Amazon show. None: not yet."""

    sku: str
    opening: int
    sold: int
    stock: int | None
    offered: int | None
    amazon: int | None
    buffer: int

    @property
    def right(self) -> bool:
        """Whether both show what they must."""
        left = self.opening - self.sold
        return self.stock == left and self.offered == self.amazon == max(0, max(0, left) - self.buffer)


class Outcome(NamedTuple):
    """What became of the day."""

    orders: int
    deliveries: int
    forged: int
    refused: int
    failed: int
    seconds: float
    dead: int
    skus: list[Shown]

    @property
    def right(self) -> bool:
        """Whether all is as it must be."""
        return not (self.failed or self.dead) and self.refused == self.forged and all(sku.right for sku in self.skus)


def run(started: Started, orders: int = ORDERS, seed: int = 0) -> Outcome:
    """Create everything, let a day of orders come, and return what became of it. Raises Trouble."""
    run_hooks(started)
    environment = Environment(Account(started.endpoint))
    address = environment.front.address()
    if address is None:
        raise Trouble("there is no way in over HTTP: `make localstack-up` creates it")
    with _key(started) as key:
        for good in GOODS:
            _begin(started, address.api, key, good)
        day = a_day(orders, time.time_ns() // 1000, Random(seed))  # noqa: S311 - a demo's dice
        began = time.monotonic()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            statuses = list(pool.map(lambda one: post(f"{address.webhook}/webhook/shopify", one), day.deliveries))
        skus = _settled(started, address.api, key, day)
        seconds = time.monotonic() - began
    forged = [status for status, one in zip(statuses, day.deliveries, strict=True) if one.forged]
    real = [status for status, one in zip(statuses, day.deliveries, strict=True) if not one.forged]
    return Outcome(
        orders=day.orders,
        deliveries=len(real),
        forged=len(forged),
        refused=forged.count(_REFUSED),
        failed=len(real) - real.count(_OK),
        seconds=round(seconds, 1),
        dead=sum(environment.queues.waiting(f"{queue}{DEAD}") for queue in QUEUES),
        skus=skus,
    )


def _begin(started: Started, api: str, key: str, good: Good) -> None:
    """Give a SKU its opening stock, its buffer and its listing."""
    put_listing(started.amazon, good.sku)
    _told(api, "/api/adjustments", key, {"sku": good.sku, "count": good.opening})
    _told(api, f"/api/buffer/{quote(good.sku, safe='')}", key, {"bufferQty": good.buffer})
    _told(api, "/api/mapping", key, {"sku": good.sku, "asin": f"B0DEMO{abs(hash(good.sku)) % 10000:04}"})


def _told(api: str, path: str, key: str, body: dict[str, Any]) -> None:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
    status, answer = asked("POST", f"{api}{path}", json.dumps(body).encode(), headers)
    if status >= _OK + 100:
        raise Trouble(f"POST {path} was answered {status}: {answer.decode(errors='replace')}")


def _settled(started: Started, api: str, key: str, day: Day) -> list[Shown]:
    """Return what each SKU shows, once all are right or SECONDS are over."""
    deadline = time.monotonic() + SECONDS
    while True:
        offers = quantities(started.amazon)
        shown = [_shown(api, key, good, day, offers.get(good.sku)) for good in GOODS]
        if all(one.right for one in shown) or time.monotonic() > deadline:
            return shown
        time.sleep(0.5)


def _shown(api: str, key: str, good: Good, day: Day, amazon: int | None) -> Shown:
    path = f"/api/inventory/{quote(good.sku, safe='')}"
    status, body = asked("GET", f"{api}{path}", headers={"Authorization": f"Bearer {key}"})
    found = json.loads(body) if status == _OK else {}
    return Shown(
        sku=good.sku,
        opening=good.opening,
        sold=day.sold[good.sku],
        stock=found.get("physical"),
        offered=found.get("broadcast"),
        amazon=amazon,
        buffer=good.buffer,
    )


@contextmanager
def _key(started: Started) -> Iterator[str]:
    """Yield an API key that may do everything; it is revoked afterwards. Raises Trouble."""
    made = json.loads(_syncstate(started, "keys", "create", "--role", "admin", "--name", "demo", "--json"))
    try:
        yield made["key"]
    finally:
        _syncstate(started, "keys", "revoke", made["id"])


def _syncstate(started: Started, *arguments: str) -> str:
    environment = {**os.environ, **variables(started), "SYNCSTATE_STORE": "dynamodb", "SYNCSTATE_LOG_LEVEL": "warning"}
    command = [sys.executable, "-m", "syncstate", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=SECONDS)  # noqa: S603
    if done.returncode:
        raise Trouble(f"syncstate {' '.join(arguments[:2])} failed: {done.stderr.strip()}")
    return done.stdout


@contextmanager
def _environment() -> Iterator[Started]:
    """Yield what is running, else a ministack and a small Amazon of our own."""
    started = state.read()
    if started is not None:
        yield started
        return
    try:
        with ministack() as endpoint, small_amazon() as amazon:
            yield Started("ministack", endpoint, amazon)
    except RuntimeError as error:
        raise Trouble(f"nothing is running, and {error}") from error


def main() -> int:
    """Let a day of orders come to the local AWS environment and say what became of it."""
    parser = argparse.ArgumentParser(prog="python -m localstack.demo", description=main.__doc__)
    parser.add_argument("--orders", type=int, default=ORDERS, help="how many (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="another day for each number (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="answer in JSON")
    given = parser.parse_args()
    try:
        with _environment() as started:
            outcome = run(started, given.orders, given.seed)
    except (Trouble, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(_as_json(outcome) if given.json else _as_table(outcome))
    return 0 if outcome.right else 1


def _as_json(outcome: Outcome) -> str:
    skus = [{**one._asdict(), "right": one.right} for one in outcome.skus]
    return json.dumps({"ok": outcome.right, **outcome._asdict(), "skus": skus}) + "\n"


def _as_table(outcome: Outcome) -> str:
    head = (
        f"{outcome.orders} orders in {outcome.deliveries} deliveries, {outcome.failed} of them failed; "
        f"{outcome.forged} forged, {outcome.refused} refused; {outcome.dead} dead letters; {outcome.seconds} s\n\n"
    )
    rows = _TABLE.format("SKU", "opening", "sold", "stock", "buffer", "offered", "Amazon", "").rstrip() + "\n"
    for one in outcome.skus:
        numbers = (one.opening, one.sold, one.stock, one.buffer, one.offered, one.amazon)
        cells = ("-" if number is None else number for number in numbers)
        rows += _TABLE.format(one.sku, *cells, "right" if one.right else "WRONG")
    return f"{head}{rows}\n{'all is right' if outcome.right else 'something is not right: see above'}\n"


if __name__ == "__main__":
    sys.exit(main())
