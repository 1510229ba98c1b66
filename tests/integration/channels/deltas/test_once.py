"""Each delta is received once, whatever is dropped, refused, late or killed, and whoever sells in between.

A shop that honours keys ends at exactly what happened. One that forgets them never makes a change twice without a doubt
or a question about it.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import combinations
from typing import Literal, NamedTuple

import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from channels.deltas.decisions import LATE
from channels.deltas.desk import DeltaDesk
from channels.http import http_client
from channels.simulators.shopify import Fault, SimulatedShopify, simulator_app
from channels.tenure import LENGTH
from projections.broadcasts.deltas import SETTLING
from stock.dispositions import Disposition
from stock.events import BufferSet, ReturnReceived, SaleRecorded, StockCounted, StockEvent
from tests.integration.channels.accidents import Killed, Trap
from tests.integration.channels.conftest import Stage
from tests.integration.channels.deltas.dying import DyingShelves
from tests.integration.channels.deltas.store import Merchant
from tests.integration.channels.shopify.conftest import BOUNDLESS

pytestmark = pytest.mark.slow

ADJUST: Literal["inventoryAdjustQuantities"] = "inventoryAdjustQuantities"
FAULTS = [
    Fault(kind="drop", operation=ADJUST),
    Fault(kind="drop", operation=ADJUST, applied=True),
    Fault(kind="drop", operation=ADJUST, applied=True),
    Fault(kind="status", status=503, operation=ADJUST),
    Fault(kind="internal", operation=ADJUST, applied=True),
    Fault(kind="garbled", operation=ADJUST, applied=True),
    Fault(kind="user_error", code="ADJUST_QUANTITIES_FAILED", operation=ADJUST),
    Fault(kind="throttle"),
    Fault(kind="status", status=503),
    Fault(kind="unauthorised"),
]
FACTS: list[StockEvent] = [
    SaleRecorded(1),
    SaleRecorded(3),
    ReturnReceived(2, "merchant", Disposition.SELLABLE),
    BufferSet(2),
    BufferSet(0),
    StockCounted(12),
]

Death = Literal["before the call", "after the call", "before the outcome", "after the outcome"]
DEATHS: list[Death] = ["before the call", "after the call", "before the outcome", "after the outcome"]


class Step(NamedTuple):
    """What happens elsewhere, then how many the shop sells, what goes wrong, and where the process ends."""

    facts: Sequence[StockEvent]
    sold: int
    faults: Sequence[Fault]
    death: Death | None


STEPS = st.lists(
    st.builds(
        Step,
        st.lists(st.sampled_from(FACTS), max_size=2),
        st.integers(0, 2),
        st.lists(st.sampled_from(FAULTS), max_size=3),
        st.sampled_from([None, None, *DEATHS]),
    ),
    min_size=1,
    max_size=4,
)
EXAMPLES = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    with http_client() as client:
        yield client


class Life:
    """A merchant, and the process that tends the shop: when one ends, another takes over."""

    def __init__(self, stage: Stage, http: httpx.Client, *, honours_keys: bool) -> None:
        shopify = SimulatedShopify(plan=BOUNDLESS, honours_keys=honours_keys)
        stage.app = simulator_app(shopify)
        self.merchant = Merchant(stage.url, shopify, http)
        self.merchant.stock("A", 10)
        self.deaths = 0
        self.desk = self.merchant.desk("0")
        self.merchant.learn(self.desk)

    def live(self, step: Step, *, sells: bool) -> None:
        merchant = self.merchant
        if step.death is not None:
            self._doom(step.death)
        merchant.shopify.faults.add(*step.faults)
        if step.facts:
            merchant.record("A", *step.facts)
        for turn in range(6):
            try:
                self.desk.round()
            except Killed:
                self._succeed()
            if turn == 1 and sells and step.sold:
                merchant.sell_at_shop("A", step.sold)
            merchant.time.pass_(timedelta(seconds=14))

    def settle(self) -> None:
        """Let nothing go wrong any more, for long enough that all that waits is done."""
        self.merchant.shopify.faults.clear()
        for _ in range(16):
            self._succeed()
            self.merchant.settle(self.desk, 4)
            self.merchant.time.pass_(LATE)

    def _doom(self, death: Death) -> None:
        """Have the next process end around its next change."""
        client, trap = self.merchant.client(), Trap()
        self.desk.leave()
        self.deaths += 1
        if death in ("before the call", "after the call"):
            self.desk = self.merchant.desk(f"doomed {self.deaths}", DyingShelves(client, trap, after=death[0] == "a"))
        else:
            self.desk = self.merchant.desk(f"doomed {self.deaths}")
            _dying_journal(self.desk, after=death[0] == "a")

    def _succeed(self) -> None:
        self.deaths += 1
        self.merchant.time.pass_(LENGTH)
        self.desk = self.merchant.desk(f"next {self.deaths}")


def _dying_journal(desk: DeltaDesk, *, after: bool) -> None:
    """Have the desk's process end around the next outcome it writes."""
    journal = desk._sender._journal  # noqa: SLF001 - where a process may end
    ended, trap = journal.ended, Trap()

    def dying(*given: object) -> None:
        doomed = trap.springs()
        if not doomed or after:
            ended(*given)  # type: ignore[arg-type]
        if doomed:
            raise Killed

    journal.ended = dying  # type: ignore[method-assign, assignment]


@EXAMPLES
@example(
    steps=[
        Step([SaleRecorded(3)], 0, [Fault(kind="drop", operation=ADJUST, applied=True)], "after the call"),
        Step([SaleRecorded(1)], 0, [], "before the outcome"),
        Step([BufferSet(2), StockCounted(12)], 0, [], "after the outcome"),
    ]
)
@given(steps=STEPS)
def test_a_shop_that_honours_keys_ends_at_what_happened(stage: Stage, http: httpx.Client, steps: list[Step]) -> None:
    life = Life(stage, http, honours_keys=True)
    try:
        for step in steps:
            life.live(step, sells=False)
        life.settle()
        merchant, deltas = life.merchant, life.merchant.deltas("A")
        balance = deltas.owed
        assert max(merchant.shopify.taken.values(), default=0) <= 1
        assert (deltas.open, deltas.doubts, deltas.outstanding) == (None, (), 0)
        assert merchant.there("A") == 30 + balance
        assert sum(merchant.given()) == balance
    finally:
        life.merchant.close()


@EXAMPLES
@example(steps=[Step([SaleRecorded(3)], 0, [Fault(kind="drop", operation=ADJUST, applied=True)], None)])
@given(steps=STEPS)
def test_where_keys_are_ignored_the_quantity_compared_guards(
    stage: Stage, http: httpx.Client, steps: list[Step]
) -> None:
    life = Life(stage, http, honours_keys=False)
    try:
        for step in steps:
            life.live(step, sells=False)
        life.settle()
        merchant, deltas = life.merchant, life.merchant.deltas("A")
        assert (deltas.open, deltas.outstanding) == (None, 0)
        assert max(merchant.shopify.taken.values(), default=0) <= 1
        doubts = [doubt.delta for doubt in deltas.doubts]
        made = [sum(some) for count in range(len(doubts) + 1) for some in combinations(doubts, count)]
        assert sum(merchant.given()) - deltas.landed in made, "no more than what is in doubt"
    finally:
        life.merchant.close()


@EXAMPLES
@example(
    steps=[
        Step([SaleRecorded(3)], 2, [Fault(kind="drop", operation=ADJUST, applied=True)], None),
        Step([ReturnReceived(2, "merchant", Disposition.SELLABLE)], 2, [Fault(kind="drop", operation=ADJUST)], None),
    ],
    honours_keys=True,
)
@example(
    steps=[
        Step(
            [ReturnReceived(2, "merchant", Disposition.SELLABLE)],
            2,
            [Fault(kind="drop", operation=ADJUST, applied=True), Fault(kind="drop", operation=ADJUST, applied=True)],
            None,
        )
    ],
    honours_keys=False,
)
@given(steps=STEPS, honours_keys=st.booleans())
def test_whoever_sells_in_between_nothing_is_lost_or_made_twice_unseen(
    stage: Stage, http: httpx.Client, steps: list[Step], *, honours_keys: bool
) -> None:
    life = Life(stage, http, honours_keys=honours_keys)
    try:
        for step in steps:
            life.live(step, sells=True)
        life.settle()
        merchant, deltas = life.merchant, life.merchant.deltas("A")
        assert deltas.open is None
        assert deltas.outstanding == 0
        if honours_keys:
            assert max(merchant.shopify.taken.values(), default=0) <= 1
        made = sum(merchant.given())
        assert merchant.there("A") == 30 + made + deltas.theirs
        unseen = made - deltas.landed
        if deltas.doubts:
            assert ("sync_failed", "critical") in merchant.unread()
        elif unseen:
            merchant.shopify.sell([("A", 1)])
            merchant.record("A", SaleRecorded(1), source="shopify")
            merchant.time.pass_(timedelta(hours=7))
            merchant.settle(life.desk, 4)
            merchant.time.pass_(SETTLING * 2)
            merchant.settle(life.desk, 12)
            assert ("drift", "warning") in merchant.unread()
    finally:
        life.merchant.close()
