"""Requests for the HTTP benchmarks, written before the clock starts, and `wrk`, which posts them."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from itertools import accumulate, count
from pathlib import Path
from random import Random

import msgspec

from benchmarks.traffic import SKUS, ZIPF
from ingest.shopify.hmac import HEADER, signature

SHOP = "bench.myshopify.com"
SECRET = "a secret of the benchmark's"  # noqa: S105 - guards nothing
CONNECTIONS = 32
OPENING = 1_000_000
"""Units of each SKU before the first order."""

_SCRIPT = Path(__file__).with_name("posting.lua")
_ids = count(5_000_000_000_000_000_001)
"""Of orders: beyond 2^53, as Shopify's may be."""


class Posted(msgspec.Struct, frozen=True):
    """What `wrk` tells of a run; `p50` and `p99` in milliseconds.

    `refused` were answered with an error, `broken` not at all.
    """

    requests: int
    seconds: float
    refused: int
    broken: int
    p50: float
    p99: float


def missing() -> str | None:
    """Return what to install to measure HTTP, None where nothing is missing."""
    absent = [name for name in ("wrk", "node") if shutil.which(name) is None]
    if absent:
        return f"not here: {' and '.join(absent)} (packages wrk and nodejs)"
    if not (Path(__file__).parent / "express" / "node_modules").exists():
        return "Express is not here: npm --prefix benchmarks/express ci"
    return None


def name_of(number: int) -> str:
    """Return the SKU of that number, from 0 to SKUS - 1."""
    return f"BENCH-{number:05}"


def orders(file: Path, number: int, seed: int) -> Path:
    """Write `number` signed orders of one line each, over SKUS SKUs, the first ones sold most."""
    rng, sku = Random(seed), _skus(seed)
    with file.open("w") as out:
        for id_ in _next(number):
            body = json.dumps(_order(id_, next(sku), rng), separators=(",", ":"))
            out.write(
                f"{HEADER}: {signature(SECRET, body.encode())}\tX-Shopify-Topic: orders/create\t"
                f"X-Shopify-Shop-Domain: {SHOP}\t{body}\n"
            )
    return file


def batches(file: Path, number: int, seed: int, size: int = 100) -> Path:
    """Write `number` batches of `size` sales each."""
    sku = _skus(seed)
    with file.open("w") as out:
        for batch in _next(number):
            facts = [{"type": "sale", "sku": next(sku), "quantity": 1, "tx": f"b{batch}-{nth}"} for nth in range(size)]
            out.write(json.dumps({"facts": facts}, separators=(",", ":")) + "\n")
    return file


def post(url: str, path: str, file: Path, seconds: float) -> Posted:
    """Post the file's requests for so long, over and over where they are too few. Raises CalledProcessError."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds:g}s", "-s", _SCRIPT, url, "--", file, path]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=True)
    return msgspec.json.decode(done.stdout.strip().splitlines()[-1], type=Posted)


def _next(number: int) -> Iterator[int]:
    return (next(_ids) for _ in range(number))


def _skus(seed: int) -> Iterator[str]:
    """Yield names, the first ones most often, by Zipf's law."""
    rng = Random(seed)
    weights = list(accumulate(1 / rank**ZIPF for rank in range(1, SKUS + 1)))
    while True:
        yield from map(name_of, rng.choices(range(SKUS), cum_weights=weights, k=1000))


def _order(id_: int, sku: str, rng: Random) -> dict[str, object]:
    """Return an order as Shopify sends it, of the fields that matter and a few that do not."""
    line = {
        "id": id_ + 10**12,
        "sku": sku,
        "quantity": 1,
        "variant_id": rng.randrange(10**13),
        "title": "A quiet shirt",
        "price": "19.00",
    }
    return {
        "id": id_,
        "created_at": "2026-11-20T09:15:04-05:00",
        "updated_at": "2026-11-20T09:15:04-05:00",
        "currency": "EUR",
        "financial_status": "paid",
        "tags": "",
        "note_attributes": [],
        "line_items": [line],
    }
