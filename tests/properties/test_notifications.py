"""In whatever order, how often and how late notifications come, stock is the same; and no echo moves it (P8)."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.amazon.door import NotificationDoor
from ingest.amazon.listings import MappedListings
from ingest.operators.mappings import Mapped
from processor.appending import Appender
from processor.clock import system_clock
from processor.deadletters import DeadLetters
from processor.log import Append, EventLog
from processor.store import Store
from projections.inventory.documents import Inventory
from projections.inventory.fold import InventoryProjection
from stock.codec import decode
from stock.events import StockCounted
from stock.facts import fact
from stock.identities import Sku, channel_stream, sku_stream
from tests.factories import MORNING
from tests.payloads.amazon import (
    SELLER,
    a_quantity_change,
    a_status_change,
    an_fba_change,
    an_item,
    an_order_change,
    encoded,
)
from tests.stores import KINDS, fresh_store

TENANT, COUNTED = "acme", 1000
EXAMPLES = {"memory": 150, "sqlite": 20, "postgres": 10, "dynamodb": 4}
LISTINGS = {"SHIRT": "SHIRT", "MUG-AMZ": "MUG", "CAP/RED #1": "CAP"}
"""Listings and the SKU of each: one is called like its SKU, the others are mapped, perhaps late."""

STATUSES = ("Pending", "Unshipped", "PartiallyShipped", "Shipped", "Canceled")
WORDS = st.sampled_from(["BUYABLE", "DISCOVERABLE"])


class Snapshot(NamedTuple):
    """What one ORDER_CHANGE tells: of its items, by number, the quantity and how many were shipped."""

    order: int
    status: str
    items: dict[int, tuple[int, int]]
    by: str


class World(NamedTuple):
    """What happened on Amazon, in its order; and how it is delivered: places in `told`, repeated and shuffled."""

    snapshots: list[Snapshot]
    echoes: list[dict[str, Any]]
    held: list[tuple[int, int]]
    deliveries: list[int]
    mapped_at: tuple[int, int]

    @property
    def told(self) -> list[dict[str, Any]]:
        levels = [
            an_fba_change("SHIRT", units, id_=f"fba-{n}", at=f"2026-11-20T{hour:02d}:00:00Z")
            for n, (hour, units) in enumerate(self.held)
        ]
        orders = [_change(number, snapshot) for number, snapshot in enumerate(self.snapshots)]
        return [*orders, *self.echoes, *levels]


def _listing(item: int) -> str:
    return list(LISTINGS)[item % len(LISTINGS)]


def _change(number: int, snapshot: Snapshot) -> dict[str, Any]:
    items = [
        an_item(f"{snapshot.order}-{item}", _listing(item), quantity, QuantityShipped=shipped)
        for item, (quantity, shipped) in snapshot.items.items()
    ]
    order = f"{snapshot.order:03d}-1234567-1234567"
    return an_order_change(*items, status=snapshot.status, by=snapshot.by, order=order, id_=f"order-{number}")


@st.composite
def worlds(draw: st.DrawFn) -> World:
    fulfilled = draw(st.lists(st.sampled_from(["MFN", "MFN", "AFN"]), min_size=1, max_size=3))
    item = st.tuples(st.integers(0, 9), st.integers(0, 3))
    snapshots = [
        Snapshot(
            order,
            draw(st.sampled_from(STATUSES)),
            draw(st.dictionaries(st.integers(0, 3), item, min_size=1, max_size=3)),
            fulfilled[order],
        )
        for order in draw(st.lists(st.integers(0, len(fulfilled) - 1), min_size=1, max_size=8))
    ]
    listing = st.sampled_from(list(LISTINGS))
    quantities = [
        a_quantity_change(draw(listing), draw(st.integers(0, 2000)), id_=f"q-{n}")
        for n in range(draw(st.integers(0, 4)))
    ]
    statuses = [
        a_status_change(draw(listing), *draw(st.sets(WORDS)), id_=f"s-{n}") for n in range(draw(st.integers(0, 2)))
    ]
    held = draw(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 99)), max_size=3))
    count = len(snapshots) + len(quantities) + len(statuses) + len(held)
    repeated = [*range(count), *draw(st.lists(st.integers(0, count - 1), max_size=10))]
    mapped_at = draw(st.tuples(st.integers(0, len(repeated)), st.integers(0, len(repeated))))
    return World(snapshots, [*quantities, *statuses], held, draw(st.permutations(repeated)), mapped_at)


def sold(world: World) -> dict[str, int]:
    """Return how many units of each SKU are promised, computed the plain way from all that was told at once."""
    units = dict.fromkeys(LISTINGS.values(), 0)
    of_merchant = [snapshot for snapshot in world.snapshots if snapshot.by == "MFN"]
    off = {snapshot.order for snapshot in of_merchant if snapshot.status == "Canceled"}
    for order, item in {(snapshot.order, item) for snapshot in of_merchant for item in snapshot.items}:
        seen = [snapshot.items[item] for snapshot in of_merchant if snapshot.order == order and item in snapshot.items]
        stands = 0 if order in off else min(quantity for quantity, _ in seen)
        units[LISTINGS[_listing(item)]] += max(stands, *(shipped for _, shipped in seen))
    return units


class Shop:
    """A door over a store, and what the log holds."""

    def __init__(self, store: Store) -> None:
        self._store, self.log = store, store.log
        recorder = Appender(store.log)
        self._door = NotificationDoor(recorder, store.log, self._letters, {SELLER: TENANT}, system_clock)
        self._mapped = MappedListings(recorder, store.log)
        for name in LISTINGS.values():
            counted = fact(StockCounted(COUNTED), tx="count", at=MORNING, source="test")
            store.log.append([Append(sku_stream(TENANT, Sku(name)), (counted,))])

    def _letters(self) -> DeadLetters:
        raise AssertionError("nothing is kept: all of it can be taken")

    def hear(self, told: dict[str, Any]) -> None:
        assert self._door.take(TENANT, encoded(told)).status != "quarantined"

    def map(self, listing: str) -> None:
        self._mapped.mapped(TENANT, [Mapped(Sku(LISTINGS[listing]), listing, "m1")], MORNING)

    def stock(self) -> dict[str, int]:
        return {name: inventory(self.log, name).on_hand for name in LISTINGS.values()}


def inventory(log: EventLog, name: str) -> Inventory:
    state, projection = Inventory(), InventoryProjection()
    for event in log.read(sku_stream(TENANT, Sku(name))):
        projection.apply(state, event, decode(event))
    return state


def told_to(store: Store, world: World, deliveries: Sequence[int]) -> Shop:
    """Deliver notifications in this order, the listings mapped on the way; at the end all that waited is served."""
    shop, told = Shop(store), world.told
    late = dict(zip(("MUG-AMZ", "CAP/RED #1"), world.mapped_at, strict=True))
    for place, delivery in enumerate(deliveries):
        for listing, at in late.items():
            if at == place:
                shop.map(listing)
        before = shop.stock() if told[delivery] in world.echoes else None
        shop.hear(told[delivery])
        assert before is None or shop.stock() == before
    for listing in late:
        shop.map(listing)
    return shop


@pytest.mark.parametrize("kind", KINDS)
def test_stock_is_the_same_in_whatever_order_and_however_often_notifications_come(kind: str) -> None:
    from tests import servers

    sentence = servers.missing(kind)
    if sentence is not None:
        (pytest.fail if servers.required() else pytest.skip)(sentence)

    @settings(max_examples=EXAMPLES[kind])
    @given(world=worlds())
    def holds(world: World) -> None:
        with fresh_store(kind, system_clock) as store:
            shop = told_to(store, world, world.deliveries)
            assert {name: COUNTED - left for name, left in shop.stock().items()} == sold(world)
            newest = max(((hour, -units) for hour, units in world.held), default=None)
            assert inventory(shop.log, "SHIRT").fba == (0 if newest is None else -newest[1])
            noted = {event.tx_id for event in shop.log.read(channel_stream(TENANT, "amazon", Sku("SHIRT")))}
            assert noted == {f"amazon:notification:{id_of(echo)}" for echo in world.echoes if of_shirt(echo)}

    holds()


def id_of(told: dict[str, Any]) -> str:
    found: str = told["NotificationMetadata"]["NotificationId"]
    return found


def of_shirt(told: dict[str, Any]) -> bool:
    return bool(told["Payload"]["Sku"] == "SHIRT")
