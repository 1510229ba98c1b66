"""What the small Amazon tells of a lively day comes to the right stock, however it travels."""

from collections import Counter
from datetime import timedelta
from random import Random

import msgspec
import pytest

from channels.simulators.amazon import SimulatedAmazon
from channels.simulators.amazon.notices import NoticePlan
from channels.simulators.amazon.traffic import TrafficPlan
from processor.engine import Engine
from stock.events import StockCounted
from stock.identities import sku, sku_stream
from tests.factories import an_append, stated
from tests.unit.channels.ticking import Ticking
from tests.unit.ingest.amazon import hear, on_hand
from tests.unit.ingest.conftest import TENANT

NAMES = ("A", "B", "C")


@pytest.mark.parametrize("seed", range(6))
def test_stock_is_what_was_not_sold(engine: Engine, seed: int) -> None:
    time = Ticking()
    amazon = SimulatedAmazon(seed=seed, clock=time.clock, monotonic=time.monotonic)
    amazon.notices.plan = NoticePlan(soonest=0, latest=600, repeated=0.4)
    amazon.put_listing("F", quantity=50, channel="AMAZON_NA")
    for name in NAMES:
        amazon.put_listing(name, quantity=50)
        engine.recorder.record([an_append(sku_stream(TENANT, sku(name)), stated(StockCounted(50)))])
    engine.recorder.record([an_append(sku_stream(TENANT, sku("F")), stated(StockCounted(5)))])
    amazon.traffic.follow(TrafficPlan(per_minute=0.5, most_units=3, cancelled=0.4))
    amazon.advance(timedelta(hours=1))
    amazon.traffic.follow(TrafficPlan())
    amazon.advance(timedelta(hours=1))
    told = [msgspec.json.encode(notice.body) for notice in amazon.notices.arrived()]
    if seed % 2:
        Random(seed).shuffle(told)
    came = Counter(hear(engine, body, sellers={amazon.seller_id: TENANT}).status for body in told)
    assert came["quarantined"] == 0
    sold: Counter[str] = Counter()
    for order in amazon.orders.all():
        for line in order.lines:
            sold[line.sku] += line.quantity * (order.status != "CANCELLED")
    assert sum(sold.values()) > 10
    for name in NAMES:
        assert on_hand(engine, name) == 50 - sold[name] == amazon.quantity(name)
    assert on_hand(engine, "F") == 5
