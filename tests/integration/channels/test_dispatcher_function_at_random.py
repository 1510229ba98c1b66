"""Whatever is sold, lost, delivered twice or killed, in whatever order: in the end Amazon shows the stock.

And at no time is it asked more often than it allows, by however many processes.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta

import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from channels.limits import Rate
from channels.sellers import Rates
from channels.simulators.amazon import SimulatedAmazon, Simulator, simulator_app
from channels.wakes import wake_letter
from tests.integration.channels.accidents import DyingClient, Killed, Trap
from tests.integration.channels.conftest import Stage
from tests.integration.channels.function import SELLER, Stream
from tests.integration.channels.shop import Shop

NAMES = ("A", "B", "C")
OPENED = 1000
STRICT = Rates(Rate(1, 2), Rate(1, 2))

sells = st.tuples(st.just("sell"), st.sampled_from(NAMES), st.integers(1, 3), st.booleans())
finds = st.tuples(st.just("find"), st.sampled_from(NAMES), st.integers(1, 3), st.booleans())
turns = st.tuples(st.just("turn"), st.integers(0, 1))
invokes = st.tuples(st.just("invoke"), st.integers(0, 2), st.floats(5, 60))
dies = st.tuples(st.just("die"), st.integers(0, 2), st.booleans(), st.integers(1, 3))
passes = st.tuples(st.just("wait"), st.floats(0.1, 120))
loses = st.tuples(st.just("lose"))
doubles = st.tuples(st.just("double"), st.integers(1, 4))
looks = st.tuples(st.just("look"), st.booleans())
happenings = st.one_of(sells, finds, turns, turns, invokes, invokes, dies, passes, loses, doubles, looks)
steps = st.lists(happenings, max_size=40)


@contextmanager
def a_strict_shop(stage: Stage, http: httpx.Client) -> Iterator[Shop]:
    shops: list[Shop] = []

    def now() -> float:
        return shops[0].time.monotonic()

    amazon = SimulatedAmazon(rates=STRICT, monotonic=now, token_life=timedelta(days=9))
    stage.app = simulator_app(amazon)
    shops.append(Shop(Simulator(stage.url, amazon), http))
    yield shops[0]
    shops[0].close()


class Life:
    """What happens to one seller."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.stream = shop, Stream(shop)
        self.left = dict.fromkeys(NAMES, OPENED)
        self.processes = [self.stream.process(f"p{number}", rates=STRICT) for number in range(3)]
        for name in NAMES:
            shop.stock(name, OPENED)
        self.stream.ring(*NAMES)

    def step(self, kind: str, *given: object) -> None:
        getattr(self, kind)(*given)

    def sell(self, name: str, quantity: int, wakes: bool) -> None:  # noqa: FBT001
        self.left[name] -= quantity
        self.stream.sell(name, quantity, wakes=wakes)

    def find(self, name: str, quantity: int, wakes: bool) -> None:  # noqa: FBT001
        self.left[name] += quantity
        self.shop.found(name, quantity)
        self.stream.ring(name, wakes=wakes)

    def turn(self, process: int) -> None:
        """Sell of everything, and let a process see to it within a moment."""
        self.wait(1.1)
        for name in NAMES:
            self.sell(name, 1, wakes=True)
        self.invoke(process, 60)

    def invoke(self, process: int, seconds: float) -> None:
        self.stream.invoke(self.processes[process], seconds)

    def die(self, process: int, after: bool, at: int) -> None:  # noqa: FBT001
        """Kill a process around a call; another takes its place."""
        trap = Trap(at)
        client = DyingClient(self.shop.client(), after=trap) if after else DyingClient(self.shop.client(), before=trap)
        with suppress(Killed):
            self.stream.invoke(self.stream.process(f"doomed{self.shop.time.monotonic()}", client, rates=STRICT))
        self.processes[process] = self.stream.process(f"p{self.shop.time.monotonic()}", rates=STRICT)

    def wait(self, seconds: float) -> None:
        self.shop.time.pass_(timedelta(seconds=seconds))

    def lose(self) -> None:
        """Lose what is due in the queue, as no queue should."""
        self.stream.queue.delete(self.stream.queue.receive())

    def double(self, times: int) -> None:
        self.stream.queue.send([wake_letter(SELLER)] * times)

    def look(self, doubts: bool) -> None:  # noqa: FBT001
        self.stream.look(doubts=doubts)

    def end(self) -> None:
        """Let time go by with its schedules, and no more accidents."""
        for _ in range(4):
            self.shop.time.pass_(timedelta(minutes=2))
            self.stream.look()
            self.stream.run(self.processes[0], minutes=60)


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@example(happens=[("turn", 0), ("wait", 30.0), ("turn", 1), ("wait", 30.0), ("turn", 0), ("turn", 1)])
@given(happens=steps)
def test_in_the_end_amazon_shows_the_stock(stage: Stage, http: httpx.Client, happens: list[tuple[object, ...]]) -> None:
    with a_strict_shop(stage, http) as shop:
        life = Life(shop)
        for kind, *more in happens:
            life.step(str(kind), *more)
        life.end()
        assert {name: shop.shown(name) for name in NAMES} == life.left
        assert not any(shop.delivery(name).doubtful for name in NAMES)
        assert shop.sim.amazon.requests.get("throttled", 0) == 0
        assert life.stream.look() == []
