"""Whatever happens between two steps of a feed, the next holder brings it to rights, and keeps to the limits."""

from collections.abc import Callable, Iterator
from itertools import count
from random import Random

import httpx
import pytest

from channels.dispatcher import Dispatcher
from channels.limits import Rate
from channels.sellers import Rates
from channels.simulators.amazon import Fault
from channels.teller import MERCHANT_CHECK
from channels.tenure import LENGTH
from processor.errors import Retryable
from tests.integration.channels.accidents import Killed
from tests.integration.channels.mall import Mall, mall, names
from tests.integration.channels.perils import (
    PerilousClient,
    PerilousFeeds,
    PerilousLog,
    PerilousLookup,
    PerilousRegisters,
    Perils,
)
from tests.integration.channels.shop import SECOND

FEW = names(40)
THIN = Rates(Rate(0.1, 5), Rate(0.2, 10), create_feed=Rate(0.0083, 2))
"""So slow that a feed pays for forty; and after two of them a while is to be waited."""

STEPS = [
    *(f"{when} {what}" for what in ("place", "upload", "create", "feed", "report") for when in ("before", "after")),
    *(f"{when} write of {what}" for what in ("feed/", "delivery/") for when in ("before", "after")),
]


@pytest.fixture
def shop(http: httpx.Client) -> Iterator[Mall]:
    with mall(http) as built:
        built.open(FEW)
        built.limit(THIN)
        yield built


class Crew:
    """Eight workers. One that dies is replaced; one that stalls goes on when another has taken over."""

    def __init__(self, shop: Mall, perils: Perils) -> None:
        self.shop, self.perils = shop, perils
        self._names = count(1)
        self.busy: Dispatcher | None = None
        self.workers = [self.hire() for _ in range(8)]

    def hire(self) -> Dispatcher:
        shop, perils = self.shop, self.perils
        return shop.bulk(
            f"worker-{next(self._names)}",
            client=PerilousClient(shop.client(), perils),
            feeds=PerilousFeeds(shop.client().feeds, perils),
            lookup=PerilousLookup(shop.client().catalogue, perils),
            rates=THIN,
        )

    def second(self) -> None:
        """Let everybody do a round, and a second pass."""
        for place, worker in enumerate(self.workers):
            if worker is self.busy:
                continue
            try:
                self.busy = worker
                worker.round()
            except Killed:
                self.workers[place] = self.hire()
            except Retryable:
                pass
            finally:
                self.busy = None
        self.shop.time.pass_(SECOND)

    def stall(self) -> None:
        """Let the worker who is busy sleep until another has taken over, and done some of his work."""
        busy = self.busy
        self.shop.time.pass_(LENGTH)
        for _ in range(5):
            for worker in self.workers:
                if worker is not busy:
                    worker.round()
            self.shop.time.pass_(SECOND)
        self.busy = busy


def prepared(
    shop: Mall, patch: pytest.MonkeyPatch, strikes: Callable[[str], bool], happens: Callable[[str], None]
) -> Crew:
    perils = Perils(strikes, happens)
    patch.setattr(shop.store, "registers", PerilousRegisters(shop.store.registers, perils))
    patch.setattr(shop.store, "log", PerilousLog(shop.store.log, perils))
    return Crew(shop, perils)


def settled(shop: Mall, crew: Crew, most: int = 4 * 3600) -> int:
    for passed in range(most):
        if passed % 10 == 0 and shop.calm(FEW)():
            return passed
        crew.second()
    raise AssertionError("it never came to rest")


class Once:
    """Strikes at the nth step of that name."""

    def __init__(self, step: str, at: int = 1) -> None:
        self.step, self.left = step, at

    def __call__(self, step: str) -> bool:
        self.left -= step == self.step
        return step == self.step and self.left == 0


@pytest.mark.parametrize("stalls", [False, True], ids=["dies", "stalls"])
@pytest.mark.parametrize("step", STEPS)
def test_a_feed_survives_what_happens_at_any_step(
    shop: Mall, monkeypatch: pytest.MonkeyPatch, step: str, *, stalls: bool
) -> None:
    struck: list[str] = []

    def happens(at: str) -> None:
        struck.append(at)
        if not stalls:
            raise Killed
        crew.stall()

    # The first rows are written for those who go by themselves.
    crew = prepared(shop, monkeypatch, Once(step, 30 if "delivery" in step else 1), happens)
    for name in FEW:
        shop.sell(name, 5)
    settled(shop, crew)
    assert struck == [step]
    assert shop.by_feed() or step == "before create", "those few that are left then go by themselves"
    shop.sound(FEW)


@pytest.mark.parametrize("seed", range(10))
def test_when_traffic_stops_every_listing_equals_its_broadcast(
    http: httpx.Client, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    random = Random(seed)
    with mall(http, seed=seed) as shop:
        shop.open(FEW)
        shop.limit(THIN)
        shop.time.pass_(MERCHANT_CHECK * (seed % 3 == 0))
        happened: list[str] = []

        def happens(step: str) -> None:
            happened.append(step)
            if random.random() < 0.5:
                raise Killed
            crew.stall()

        def strikes(step: str) -> bool:
            often = 0.01 if "delivery" in step or step.endswith(("patch", "look")) else 0.06
            return random.random() < often

        crew = prepared(shop, monkeypatch, strikes, happens)
        if seed % 2:
            shop.sim.amazon.faults.add(
                Fault(kind="drop", probability=0.03, times=None),
                Fault(kind="drop", applied=True, probability=0.03, times=None),
                Fault(kind="status", status=500, applied=True, probability=0.03, times=None),
                Fault(kind="invalid", operation="message", probability=0.1, times=None),
                Fault(kind="fatal", operation="message", probability=0.02, times=None),
            )
        for name in FEW:
            shop.sell(name, 5)
        for _ in range(600):
            crew.second()
            if random.random() < 0.1:
                traffic(shop, random)
        shop.sim.amazon.faults.clear()
        crew.perils.quiet = True
        settled(shop, crew)
        assert happened
        assert shop.by_feed()
        shop.sound(FEW)


def traffic(shop: Mall, random: Random) -> None:
    if random.random() < 0.2:
        for name in FEW:
            shop.found(name, random.randrange(1, 9))
        return
    name = random.choice(FEW)
    if random.random() < 0.5:
        shop.found(name, random.randrange(1, 5))
    else:
        shop.sell(name, random.randrange(1, 9))
