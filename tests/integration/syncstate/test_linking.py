"""Listings that were mapped before listings were linked: found once a server has started."""

from processor.clock import system_clock
from processor.engine import Engine
from processor.errors import StoreUnavailable
from stock.events import ListingMapped, StockCounted
from stock.identities import link_stream, sku, sku_stream
from syncstate.linking import link_older
from syncstate.settings import Settings
from syncstate.wiring import services
from tests.factories import an_append, stated
from tests.payloads.amazon import SELLER, an_item, an_order_change, encoded
from tests.stores import Eventually
from web.services import Services

TENANT = "default"


def parts_over(engine: Engine) -> Services:
    return services(Settings(store="memory", amazon_seller=SELLER), engine, system_clock)


def mapped_of_old(engine: Engine, name: str, listing: str) -> None:
    """Record a mapping as a release did that linked nothing."""
    happened = (stated(StockCounted(10)), stated(ListingMapped("amazon", listing)))
    engine.recorder.record([an_append(sku_stream(TENANT, sku(name)), *happened)])


def physical(parts: Services, name: str) -> int | None:
    found = parts.inventory.one(TENANT, sku(name))
    return found.physical if found else None


def linked(parts: Services) -> None:
    link_older(parts.engine, parts.broadcasts, system_clock, TENANT)


def test_older_mappings_are_linked_once_and_what_waited_for_them_is_applied(
    engine: Engine, eventually: Eventually
) -> None:
    parts = parts_over(engine)
    mapped_of_old(engine, "SHIRT", "SHIRT-AMZ")
    mapped_of_old(engine, "MUG", "MUG-AMZ")
    order = an_order_change(an_item(listing="SHIRT-AMZ"))
    assert parts.notifications.take(TENANT, encoded(order)).status == "recorded"
    assert physical(parts, "SHIRT") == 10
    eventually(lambda: len(parts.broadcasts.mapped(TENANT, "amazon")[0]), 2)
    linked(parts)
    assert physical(parts, "SHIRT") == 8
    later = an_order_change(an_item("i-2", "MUG-AMZ", 1), order="999-1234567-1234567", id_="n-2")
    parts.notifications.take(TENANT, encoded(later))
    assert physical(parts, "MUG") == 9
    mapped_of_old(engine, "CAP", "CAP-AMZ")
    linked(parts)
    assert engine.store.log.heads([link_stream(TENANT, "amazon", "listing", "CAP-AMZ")]).popitem()[1] == 0


def test_a_listing_that_was_linked_since_keeps_its_sku(engine: Engine) -> None:
    parts = parts_over(engine)
    mapped_of_old(engine, "SHIRT", "L")
    parts.facts.receive(TENANT, "mapping", encoded({"sku": "OTHER", "listing": "L"}))
    linked(parts)
    parts.notifications.take(TENANT, encoded(an_order_change(an_item(listing="L"))))
    assert physical(parts, "SHIRT") == 10


def test_a_store_that_fails_on_the_way_is_asked_again(engine: Engine) -> None:
    parts = parts_over(engine)
    mapped_of_old(engine, "SHIRT", "SHIRT-AMZ")
    write = engine.store.registers.write

    def lost(name: str, value: bytes, expected: int) -> bool:
        raise StoreUnavailable(f"write {name}", f"{value!r} at {expected} was lost")

    engine.store.registers.write = lost  # type: ignore[method-assign]
    for _ in range(2):
        try:
            linked(parts)
        except StoreUnavailable:
            engine.store.registers.write = write  # type: ignore[method-assign]
    assert engine.store.registers.read(f"linked/{TENANT}") is not None
    stream = link_stream(TENANT, "amazon", "listing", "SHIRT-AMZ")
    assert engine.store.log.heads([stream]) == {stream: 1}
