"""The small Amazon lives its days, and its notifications come late, repeated and shuffled: stock is what it sold."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from channels.simulators.amazon import SimulatedAmazon, simulated_amazon
from channels.simulators.amazon.notices import NoticePlan
from channels.simulators.amazon.traffic import TrafficPlan
from ingest.amazon.door import NotificationDoor
from processor.adapters.memory import MemoryStore
from processor.appending import Appender
from processor.clock import Instant, instant, moment, system_clock
from processor.deadletters import DeadLetters
from processor.log import Append
from processor.store import Store
from projections.inventory.documents import Inventory
from projections.inventory.fold import InventoryProjection
from stock.codec import decode
from stock.events import StockCounted
from stock.facts import fact
from stock.identities import Sku, channel_stream, sku_stream
from tests.e2e.serving import Server, environment
from tests.factories import MORNING
from tests.payloads.amazon import encoded

TENANT, COUNTED = "acme", 1000
SHELF, AMAZONS = ("SHIRT", "MUG/BLUE #2", "CAP"), "F"
LIVELY = TrafficPlan(per_minute=3, most_units=4, cancelled=0.4, edits=0.2)
LATE = NoticePlan(soonest=0, latest=1200, repeated=0.3)
HOUR = timedelta(hours=1)


def stocked(amazon: SimulatedAmazon) -> SimulatedAmazon:
    for name in SHELF:
        amazon.put_listing(name, quantity=300)
    amazon.put_listing(AMAZONS, quantity=300, channel="AMAZON_NA")
    return amazon


def lived(seed: int) -> SimulatedAmazon:
    """Return an Amazon after two busy hours, all of whose notifications have arrived."""
    amazon = stocked(SimulatedAmazon(seed=seed))
    amazon.notices.plan = LATE
    amazon.traffic.follow(LIVELY)
    amazon.advance(2 * HOUR)
    amazon.traffic.follow(TrafficPlan())
    amazon.advance(HOUR)
    return amazon


def sold(amazon: SimulatedAmazon) -> Counter[str]:
    """Return how many units of each listing merchants must send, by what Amazon itself knows."""
    units: Counter[str] = Counter()
    for order in amazon.orders.all():
        if order.merchant and order.status != "CANCELLED":
            for line in order.lines:
                units[line.sku] += line.quantity
    return units


def later() -> Instant:
    """Return a clock's time that is ahead of all that the small Amazon lived through."""
    return instant(moment(system_clock()) + 3 * HOUR)


@pytest.fixture
def store() -> Iterator[Store]:
    with closing(MemoryStore()) as store:
        for name in (*SHELF, AMAZONS):
            counted = fact(StockCounted(COUNTED), tx="count", at=MORNING, source="test")
            store.log.append([Append(sku_stream(TENANT, Sku(name)), (counted,))])
        yield store


def inventory(store: Store, name: str) -> Inventory:
    state, projection = Inventory(), InventoryProjection()
    for event in store.log.read(sku_stream(TENANT, Sku(name))):
        projection.apply(state, event, decode(event))
    return state


@pytest.mark.parametrize("seed", range(12))
def test_stock_is_what_amazon_sold_in_whatever_order_it_was_told(store: Store, seed: int) -> None:
    def nothing() -> DeadLetters:
        raise AssertionError("all of it can be taken")

    amazon = lived(seed)
    bodies = [encoded(notice.body) for notice in amazon.notices.arrived()]
    Random(seed).shuffle(bodies)
    door = NotificationDoor(Appender(store.log), store.log, nothing, {amazon.seller_id: TENANT}, later)
    heard = Counter(door.take(TENANT, body).status for body in bodies)
    assert heard["recorded"]
    assert heard["duplicate"] > len(bodies) // 10
    assert {name: COUNTED - inventory(store, name).on_hand for name in SHELF} == {
        name: sold(amazon)[name] for name in SHELF
    }
    assert inventory(store, AMAZONS).on_hand == COUNTED
    held = amazon.listing(AMAZONS)
    assert held is not None
    assert inventory(store, AMAZONS).fba == held.available["AMAZON_NA"]
    assert all(store.log.heads([channel_stream(TENANT, "amazon", Sku(name)) for name in SHELF]).values())


@pytest.mark.slow
def test_a_server_hears_of_it_over_http(tmp_path: Path) -> None:
    with simulated_amazon() as sim:
        amazon = stocked(sim.amazon)
        seller = {
            "SELLER": sim.seller_id,
            "MARKETPLACE": sim.marketplace,
            "CLIENT_ID": sim.credentials.client_id,
            "CLIENT_SECRET": sim.credentials.client_secret,
            "REFRESH_TOKEN": sim.credentials.refresh_token,
            "ENDPOINT": sim.url,
            "TOKEN_ENDPOINT": sim.token_url,
        }
        surroundings = environment(**{f"SYNCSTATE_AMAZON_{name}": value for name, value in seller.items()})
        with Server(tmp_path / "data", env=surroundings) as server:
            for name in SHELF:
                assert server.http.post("/api/adjustments", json={"sku": name, "count": COUNTED}).status_code == 200
            amazon.courier.deliver_to(f"{server.url}/webhook/amazon/notification")
            amazon.notices.plan = NoticePlan(repeated=0.3)
            orders = [amazon.orders.buy({name: 2, "CAP": 1}) for name in SHELF[:2] for _ in range(5)]
            for order in orders[::2]:
                amazon.orders.step(order, "CANCELLED")
            wanted = {name: COUNTED - sold(amazon)[name] for name in SHELF}
            _eventually(server, wanted)
            assert amazon.courier.given_up == 0


def _eventually(server: Server, wanted: dict[str, int]) -> None:
    deadline = time.monotonic() + 30
    while True:
        told = server.http.get("/api/inventory").json()["inventory"]
        found = {name: told[name]["physical"] for name in wanted}
        if found == wanted or time.monotonic() > deadline:
            break
        time.sleep(0.1)
    assert found == wanted
