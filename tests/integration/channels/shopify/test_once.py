"""Each delta is taken at most once, whatever is dropped, repeated, late or refused, and whoever sells in between.

The reactor played here is the one the client is made for: an intent is repeated exactly until it is answered; a
mismatch after an unknown outcome is left to a person. Rightly so: a request that was given up may arrive when the
quantity it names has come about, even where keys are honoured. Where they are not, the next intent waits for it.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Literal, NamedTuple

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from channels.errors import Refused, Throttled, Unauthorised, Unreachable
from channels.http import http_client
from channels.shopify.client import ShopifyClient
from channels.shopify.intents import Intent, Mismatched
from channels.simulators.shopify import MAIN, Fault, SimulatedShopify, simulator_app
from tests.integration.channels.conftest import Stage
from tests.integration.channels.shopify.conftest import BOUNDLESS

pytestmark = pytest.mark.slow

HASTE, LATE = timedelta(seconds=0.04), 0.1
"""How long the client waits for an answer, and how long a late one takes."""

DROPS = [Fault(kind="drop"), Fault(kind="drop", applied=True)]
LATES = [Fault(kind="slow", seconds=LATE), Fault(kind="slow", seconds=LATE, applied=True)]
OTHERS = [
    Fault(kind="status", status=503),
    Fault(kind="status", status=503, applied=True),
    Fault(kind="internal", applied=True),
    Fault(kind="garbled", applied=True),
    Fault(kind="user_error", code="IDEMPOTENCY_CONCURRENT_REQUEST", applied=True),
    Fault(kind="throttle"),
    Fault(kind="status", status=429, retry_after=0),
    Fault(kind="unauthorised"),
]
TRIES = st.lists(st.sampled_from([*DROPS, *DROPS, *OTHERS, *LATES]), max_size=4)

Verdict = Literal["applied", "mismatched", "doubtful", "refused"]


class Step(NamedTuple):
    """One intent: its delta, whether it is computed from an old quantity, its accidents, and sales between tries."""

    delta: int
    old: Literal[0, 1]
    accidents: Sequence[Fault]
    sold: Sequence[int] = ()


STEPS = st.lists(
    st.builds(
        Step, st.integers(-3, 3).filter(bool), st.sampled_from((0, 1)), TRIES, st.lists(st.integers(0, 2), max_size=4)
    ),
    min_size=1,
    max_size=4,
)


class World:
    """A shop with one good, and the reactor."""

    def __init__(self, stage: Stage, *, honours_keys: bool) -> None:
        self.shopify = SimulatedShopify(plan=BOUNDLESS, honours_keys=honours_keys)
        stage.app = simulator_app(self.shopify)
        self.good = self.shopify.put_good("A", 10)
        self.url = stage.url
        self.late, self.sent = False, 0

    def client(self, budget: timedelta) -> ShopifyClient:
        return ShopifyClient(HTTP, self.shopify.domain, self.shopify.token, endpoint=self.url, budget=budget)

    @property
    def available(self) -> int:
        found = self.shopify.available(self.good.item)
        assert found is not None
        return found

    def react(self, step: Step, key: str, between: Callable[[int], None]) -> Verdict:
        """Repeat one intent, exactly, until its outcome is known or for a person to find out."""
        change_from = self.available - step.old
        intent = Intent(key, self.good.item, MAIN, step.delta, change_from, f"syncstate://sku/A/{key}")
        unknown = False
        for accident in step.accidents:
            self.shopify.faults.add(accident)
            self.late = self.late or accident.kind == "slow"
        patient = self.client(timedelta(seconds=10))
        for number in range(len(step.accidents) + 1):
            between(number)
            late = number < len(step.accidents) and step.accidents[number].kind == "slow"
            self.sent += 1
            try:
                outcome = (self.client(HASTE) if late else patient).adjust(intent)
            except Unreachable as error:
                unknown = unknown or error.sent
                self.sent -= not error.sent
            except (Throttled, Unauthorised):
                pass
            except Refused:
                return "refused"
            else:
                if isinstance(outcome, Mismatched):
                    return "doubtful" if unknown else "mismatched"
                return "applied"
        raise AssertionError("the last try had no accident, and told nothing")

    def settle(self) -> None:
        """Let what is late arrive and be answered. A server that was told of a hang-up first may never count it."""
        patience = time.monotonic() + 2
        while self.shopify.requests["inventoryAdjustQuantities"] < self.sent and time.monotonic() < patience:
            time.sleep(0.005)
        while self.shopify.under_way:
            time.sleep(0.005)


HTTP = http_client()


@pytest.fixture(scope="module", autouse=True)
def _closed() -> object:
    yield
    HTTP.close()


def played(
    stage: Stage, steps: Sequence[Step], *, honours_keys: bool, others: bool
) -> tuple[World, dict[str, Verdict]]:
    world = World(stage, honours_keys=honours_keys)
    verdicts: dict[str, Verdict] = {}
    for place, step in enumerate(steps):

        def between(number: int, step: Step = step) -> None:
            if others and number < len(step.sold) and step.sold[number]:
                world.shopify.sell([("A", step.sold[number])])

        key = f"k{place}"
        verdicts[key] = world.react(step, key, between)
        world.shopify.faults.clear()
        if not honours_keys:
            world.settle()
    world.settle()
    return world, verdicts


EXAMPLES = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@EXAMPLES
@example(steps=[Step(-2, 0, DROPS), Step(1, 0, LATES, (1, 1)), Step(-1, 1, DROPS, (0, 2))])
@given(steps=STEPS)
def test_where_keys_are_honoured_each_delta_is_taken_once(stage: Stage, steps: list[Step]) -> None:
    world, verdicts = played(stage, steps, honours_keys=True, others=True)
    check(world, verdicts)
    if not world.late:
        assert {key for key, verdict in verdicts.items() if verdict == "applied"} == set(world.shopify.taken)


@EXAMPLES
@example(steps=[Step(-2, 0, [Fault(kind="drop", applied=True)])])
@given(steps=STEPS)
def test_where_keys_are_ignored_the_quantity_compared_guards(stage: Stage, steps: list[Step]) -> None:
    check(*played(stage, steps, honours_keys=False, others=False))


def check(world: World, verdicts: Mapping[str, Verdict]) -> None:
    """No delta was taken twice, what was called applied was taken, and what was called mismatched was not."""
    history, taken = world.shopify.history, world.shopify.taken
    assert max(taken.values(), default=0) <= 1
    assert {key for key, verdict in verdicts.items() if verdict == "applied"} <= set(taken)
    assert not {key for key, verdict in verdicts.items() if verdict in ("mismatched", "refused")} & set(taken)
    assert Counter(change.key for change in history if change.key) == taken
    assert world.available == 10 + sum(change.delta for change in history)
