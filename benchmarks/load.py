"""`python -m benchmarks.load`: minutes of orders against one server, to see that its memory does not grow with them."""

import argparse
import sys
import time
from pathlib import Path
from statistics import linear_regression

import msgspec

from benchmarks import posting, servers
from benchmarks.places import scratch
from benchmarks.servers import Running

_TURN = 15.0
_MOST_PER_SECOND = 12_000


class Sample(msgspec.Struct, frozen=True):
    """How it stood after so many minutes: orders taken in all and per second, latency in ms, memory in MiB."""

    minutes: float
    orders: int
    per_second: float
    p50: float
    p99: float
    resident: float


def run(running: Running, folder: Path, minutes: float) -> list[Sample]:
    """Post orders for so long, printing a line each quarter of a minute."""
    samples: list[Sample] = []
    began, orders = time.monotonic(), 0
    while (time.monotonic() - began) < minutes * 60:
        file = posting.orders(folder / "orders", int(_MOST_PER_SECOND * _TURN), len(samples))
        posted = posting.post(running.url, "/webhook/shopify", file, _TURN)
        if posted.refused or posted.broken:
            raise SystemExit(f"some were refused: {posted}")
        orders += posted.requests
        elapsed = (time.monotonic() - began) / 60
        rate = posted.requests / posted.seconds
        samples.append(Sample(elapsed, orders, rate, posted.p50, posted.p99, running.resident))
        print(_line(samples[-1]), flush=True)
    return samples


def slope(samples: list[Sample]) -> float:
    """Return how much memory grew over the second half, in MiB per 100,000 orders."""
    half = samples[len(samples) // 2 :]
    return linear_regression([one.orders / 100_000 for one in half], [one.resident for one in half]).slope


def _line(one: Sample) -> str:
    return (
        f"{one.minutes:5.1f} min  {one.orders:>9,} orders  {one.per_second:6,.0f}/s  "
        f"p50 {one.p50:5.1f} ms  p99 {one.p99:6.1f} ms  {one.resident:6.1f} MiB"
    )


def main() -> int:
    """Run for the minutes asked for, and print the slope of the second half."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    asked = parser.parse_args()
    if (absent := posting.missing()) is not None:
        raise SystemExit(f"nothing was measured: {absent}")
    with scratch() as folder, servers.ours(folder / "data", {}) as running:
        samples = run(running, folder, asked.minutes)
        print(f"lagging streams: {servers.lagging(running)}; units sold: {servers.sold(running):,}")
        print(f"resident memory over the second half: {slope(samples):+.2f} MiB per 100,000 orders")
    return 0


if __name__ == "__main__":
    sys.exit(main())
