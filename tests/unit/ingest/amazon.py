"""Amazon's notifications told to a door over the memory store."""

from collections.abc import Mapping
from typing import Any

from ingest.amazon.door import Heard, NotificationDoor, Way
from ingest.amazon.listings import MappedListings
from ingest.operators.door import FactDoor, Told
from processor.clock import Clock
from processor.deadletters import DeadLetters
from processor.engine import Engine
from processor.streams import StreamId
from projections.broadcasts.queries import BroadcastQueries
from projections.inventory.queries import InventoryQueries
from stock.codec import Fact, decode
from stock.identities import channel_stream, order_stream, review_stream, sku
from tests.payloads.amazon import ORDER, SELLER, encoded
from tests.stores import FixedClock
from tests.unit.ingest.conftest import TENANT

NOW = FixedClock("2026-11-20T12:00:00.000000Z")


def letters_of(engine: Engine, clock: Clock = NOW) -> DeadLetters:
    return DeadLetters(engine.store, engine.runner, clock)


def a_door(engine: Engine, clock: Clock = NOW, sellers: Mapping[str, str] | None = None) -> NotificationDoor:
    known = {SELLER: TENANT} if sellers is None else sellers
    return NotificationDoor(engine.recorder, engine.store.log, lambda: letters_of(engine, clock), known, clock)


def hear(engine: Engine, told: object, way: Way = "http", **more: Any) -> Heard:
    data = told if isinstance(told, bytes) else encoded(told)
    return a_door(engine, **more).take(TENANT, data, way)


def map_to(engine: Engine, name: str, listing: str, tx: str | None = None) -> Told:
    """Let an operator state that the SKU is sold on Amazon under `listing`."""
    store = engine.store
    known = BroadcastQueries(store.models, lambda: engine.live("broadcasts"))
    mapped = MappedListings(engine.recorder, store.log)
    door = FactDoor(engine.recorder, store.log, known, NOW, mapped=mapped)
    given = {} if tx is None else {"tx": tx}
    told = door.receive(TENANT, "mapping", encoded({"sku": name, "listing": listing, **given}))
    assert isinstance(told, Told), told
    return told


def on_hand(engine: Engine, name: str) -> int:
    found = InventoryQueries(engine.store.models, engine.store.log, lambda: engine.live("inventory")).one(
        TENANT, sku(name)
    )
    return found.on_hand if found is not None else 0


def seen_at_amazon(engine: Engine, name: str) -> list[Fact]:
    return facts(engine, channel_stream(TENANT, "amazon", sku(name)))


def told_of(engine: Engine, order: str = ORDER) -> list[Fact]:
    return facts(engine, order_stream(TENANT, "amazon", order))


def asked_of(engine: Engine, order: str = ORDER) -> list[Fact]:
    return facts(engine, review_stream(TENANT, f"amazon:{order}"))


def facts(engine: Engine, stream: StreamId) -> list[Fact]:
    return [decode(event) for event in engine.store.log.read(stream)]
