"""What ORDER_CHANGE does to stock: merchant-fulfilled orders sell, cancellations free, in whatever order they come."""

from itertools import permutations
from typing import Any

import pytest

from ingest.amazon.door import NotificationDoor
from ingest.amazon.listings import MappedListings
from ingest.operators.mappings import Mapped
from processor.adapters.memory import MemoryStore
from processor.engine import Engine
from projections import PROJECTIONS
from stock.codec import decode
from stock.events import (
    AmazonOrderLine,
    AmazonOrderSeen,
    LineResolved,
    ReviewRequested,
    ReviewSettled,
    SaleCancelled,
    SaleRecorded,
    StockCounted,
)
from stock.identities import sku, sku_stream
from tests.factories import an_append, stated
from tests.payloads.amazon import ORDER, SELLER, Told, an_item, an_order_change, encoded
from tests.unit.ingest.amazon import NOW, asked_of, hear, letters_of, map_to, on_hand, told_of
from tests.unit.ingest.conftest import TENANT
from tests.unit.ingest.interrupted import Interruption
from tests.unit.ingest.stock_of import everything_stored, facts_of

SOLD = SaleRecorded(2, ORDER, "i-1")


def shelve(engine: Engine, *names: str, count: int = 100) -> None:
    for name in names:
        engine.recorder.record([an_append(sku_stream(TENANT, sku(name)), stated(StockCounted(count)))])


def sales_of(engine: Engine, name: str = "SHIRT") -> list[Any]:
    return [fact for fact in facts_of(engine, name) if isinstance(fact, SaleRecorded | SaleCancelled)]


def txs_of(engine: Engine, name: str = "SHIRT") -> list[str]:
    return [event.tx_id for event in engine.store.log.read(sku_stream(TENANT, sku(name)))][1:]


def test_an_order_that_the_merchant_fulfils_is_sold_once(engine: Engine) -> None:
    shelve(engine, "SHIRT")
    told = an_order_change(an_item(quantity=2))
    assert [hear(engine, told).status for _ in range(2)] == ["recorded", "duplicate"]
    assert sales_of(engine) == [SOLD]
    assert txs_of(engine) == ["amazon:line:i-1:2"]
    assert told_of(engine) == [
        LineResolved("i-1", "SHIRT"),
        AmazonOrderSeen("Unshipped", (AmazonOrderLine("i-1", 2, "SHIRT"),)),
    ]


def test_its_facts_tell_the_order_they_are_of_and_amazon_s_time(engine: Engine) -> None:
    shelve(engine, "SHIRT")
    hear(engine, an_order_change(at="2026-11-20T09:00:00Z"))
    *_, event = engine.store.log.read(sku_stream(TENANT, sku("SHIRT")))
    assert (event.source, event.correlation, event.occurred_at) == (
        "amazon",
        f"amazon:{ORDER}",
        "2026-11-20T09:00:00.000000Z",
    )
    assert event.causation == f"acme/order/amazon:{ORDER}@2"


@pytest.mark.parametrize("status", ["Pending", "Unshipped", "PartiallyShipped", "Shipped", "InvoiceUnconfirmed"])
def test_whatever_its_status_what_is_not_off_is_promised(engine: Engine, status: str) -> None:
    shelve(engine, "SHIRT")
    hear(engine, an_order_change(status=status))
    assert sales_of(engine) == [SOLD]


def test_an_order_that_amazon_fulfils_moves_nothing_and_is_not_kept(engine: Engine) -> None:
    shelve(engine, "SHIRT")
    before = everything_stored(engine)
    assert hear(engine, an_order_change(by="AFN")).status == "ignored"
    assert everything_stored(engine) == before


def test_later_statuses_sell_nothing_more(engine: Engine) -> None:
    shelve(engine, "SHIRT")
    for status, shipped in (("Pending", 0), ("Unshipped", 0), ("PartiallyShipped", 1), ("Shipped", 2)):
        heard = hear(engine, an_order_change(an_item(quantity=2, QuantityShipped=shipped), status=status, id_=status))
        assert heard.status == "recorded"
    assert sales_of(engine) == [SOLD]


@pytest.mark.parametrize("left", [2, 0])
@pytest.mark.parametrize("word", ["Canceled", "Cancelled", "CANCELED"])
def test_a_cancellation_frees_what_was_sold_once(engine: Engine, word: str, left: int) -> None:
    shelve(engine, "SHIRT")
    off = an_order_change(an_item(quantity=left), status=word)
    for told in (an_order_change(), off, off, an_order_change(), off):
        hear(engine, told)
    assert sales_of(engine) == [SOLD, SaleCancelled(2, ORDER, "i-1")]
    assert txs_of(engine) == ["amazon:line:i-1:2", "amazon:line:i-1:cancelled:2"]


def test_a_cancellation_that_comes_first_is_told_with_its_sale_and_comes_to_nothing(engine: Engine) -> None:
    shelve(engine, "SHIRT")
    hear(engine, an_order_change(an_item(quantity=0), status="Canceled"))
    assert sales_of(engine) == []
    for _ in range(2):
        hear(engine, an_order_change())
    assert sales_of(engine) == [SOLD, SaleCancelled(2, ORDER, "i-1")]
    assert on_hand(engine, "SHIRT") == 100


def test_units_that_left_an_item_before_it_was_told_come_to_nothing(engine: Engine) -> None:
    shelve(engine, "SHIRT")
    for quantity in (2, 5, 3, 5):
        hear(engine, an_order_change(an_item(quantity=quantity)))
    assert sales_of(engine) == [SOLD, SaleRecorded(3, ORDER, "i-1"), SaleCancelled(3, ORDER, "i-1")]
    assert on_hand(engine, "SHIRT") == 98


def test_a_cancellation_that_names_no_item_frees_all(engine: Engine) -> None:
    shelve(engine, "SHIRT", "MUG")
    hear(engine, an_order_change(an_item(), an_item("i-2", "MUG", 1)))
    off = an_order_change(status="Canceled")
    del off["Payload"]["OrderChangeNotification"]["Summary"]["OrderItems"]
    hear(engine, off)
    assert (on_hand(engine, "SHIRT"), on_hand(engine, "MUG")) == (100, 100)


def test_units_that_leave_an_item_are_free_again(engine: Engine) -> None:
    shelve(engine, "SHIRT")
    for quantity in (5, 3, 5, 3, 0):
        hear(engine, an_order_change(an_item(quantity=quantity)))
    freed = [SaleCancelled(2, ORDER, "i-1"), SaleCancelled(3, ORDER, "i-1")]
    assert sales_of(engine) == [SaleRecorded(5, ORDER, "i-1"), *freed]


def test_an_item_alone_leaves_the_others_as_they_are(engine: Engine) -> None:
    shelve(engine, "SHIRT", "MUG")
    hear(engine, an_order_change(an_item(), an_item("i-2", "MUG", 1)))
    hear(engine, an_order_change(an_item("i-2", "MUG", 0)))
    assert (on_hand(engine, "SHIRT"), on_hand(engine, "MUG")) == (98, 100)


def test_what_was_shipped_is_never_freed(engine: Engine) -> None:
    shelve(engine, "SHIRT")
    hear(engine, an_order_change(an_item(quantity=5)))
    hear(engine, an_order_change(an_item(quantity=5, QuantityShipped=2), status="PartiallyShipped"))
    hear(engine, an_order_change(an_item(quantity=0), status="Canceled"))
    assert on_hand(engine, "SHIRT") == 98


LIFE: list[Told] = [
    an_order_change(an_item(quantity=5), an_item("i-2", "MUG", 1), status="Pending", id_="1"),
    an_order_change(an_item(quantity=4, QuantityShipped=1), status="PartiallyShipped", id_="2"),
    an_order_change(an_item("i-2", "MUG", 0), id_="3"),
    an_order_change(an_item(quantity=4), an_item("i-2", "MUG", 1), status="Canceled", id_="4"),
]


@pytest.mark.parametrize("order", list(permutations(range(4))), ids=str)
def test_in_whatever_order_and_however_often_they_come_stock_is_the_same(order: tuple[int, ...]) -> None:
    engine = Engine(MemoryStore(), PROJECTIONS, decode, watch="inventory")
    try:
        shelve(engine, "SHIRT", "MUG")
        for place in (*order, *order):
            hear(engine, LIFE[place])
        assert (on_hand(engine, "SHIRT"), on_hand(engine, "MUG")) == (99, 100)
    finally:
        engine.close()


def test_nothing_of_the_buyer_is_kept(engine: Engine) -> None:
    shelve(engine, "SHIRT")
    hear(engine, an_order_change())
    assert "48110" not in everything_stored(engine)


def test_an_item_of_an_unknown_listing_waits_and_a_person_is_asked(engine: Engine) -> None:
    assert hear(engine, an_order_change()).status == "recorded"
    assert sales_of(engine) == []
    assert asked_of(engine) == [ReviewRequested("unmapped_line", f"amazon:{ORDER}", "line i-1, listing SHIRT, 2 sold")]


def test_it_is_sold_once_its_listing_is_mapped(engine: Engine) -> None:
    hear(engine, an_order_change(an_item(listing="SHIRT-AMZ")))
    map_to(engine, "SHIRT", "SHIRT-AMZ")
    map_to(engine, "SHIRT", "SHIRT-AMZ")
    hear(engine, an_order_change(an_item(listing="SHIRT-AMZ")))
    assert sales_of(engine) == [SOLD]
    assert asked_of(engine)[1:] == [ReviewSettled("unmapped:i-1")]


def test_an_item_that_was_cancelled_before_it_was_mapped_asks_no_more(engine: Engine) -> None:
    hear(engine, an_order_change(an_item(listing="SHIRT-AMZ")))
    hear(engine, an_order_change(an_item(listing="SHIRT-AMZ"), status="Canceled"))
    assert asked_of(engine)[1:] == [ReviewSettled("unmapped:i-1")]
    map_to(engine, "SHIRT", "SHIRT-AMZ")
    assert sales_of(engine) == [SOLD, SaleCancelled(2, ORDER, "i-1")]


def test_an_item_that_was_off_and_turns_out_to_be_shipped_is_asked_about_anew(engine: Engine) -> None:
    unknown = an_item(listing="SHIRT-AMZ")
    hear(engine, an_order_change(unknown))
    hear(engine, an_order_change(unknown, status="Canceled"))
    hear(engine, an_order_change({**unknown, "QuantityShipped": 1}, status="PartiallyShipped"))
    assert [getattr(told, "detail", "") for told in asked_of(engine)][2:] == ["line i-1, listing SHIRT-AMZ, 1 sold"]
    map_to(engine, "SHIRT", "SHIRT-AMZ")
    assert sum(fact.quantity * (1 if isinstance(fact, SaleRecorded) else -1) for fact in sales_of(engine)) == 1
    assert asked_of(engine)[-1] == ReviewSettled("unmapped:i-1:2")


def test_an_item_that_names_no_listing_waits(engine: Engine) -> None:
    hear(engine, an_order_change(an_item(listing=None)))
    assert asked_of(engine) == [
        ReviewRequested("unmapped_line", f"amazon:{ORDER}", "line i-1, listing unknown, 2 sold")
    ]


def test_a_mapping_goes_before_a_sku_of_the_same_name(engine: Engine) -> None:
    shelve(engine, "SHIRT", "OTHER")
    map_to(engine, "OTHER", "SHIRT")
    hear(engine, an_order_change())
    assert (on_hand(engine, "SHIRT"), on_hand(engine, "OTHER")) == (100, 98)


def test_a_line_s_sku_stays_though_its_listing_is_mapped_to_another(engine: Engine) -> None:
    shelve(engine, "SHIRT", "OTHER")
    map_to(engine, "SHIRT", "L")
    hear(engine, an_order_change(an_item(listing="L")))
    map_to(engine, "OTHER", "L")
    hear(engine, an_order_change(an_item(listing="L", quantity=2), status="Canceled"))
    hear(engine, an_order_change(an_item("i-9", "L", 1), order="999-1234567-1234567"))
    assert (on_hand(engine, "SHIRT"), on_hand(engine, "OTHER")) == (100, 99)


def test_stating_a_mapping_again_brings_a_listing_back_that_went_elsewhere(engine: Engine) -> None:
    shelve(engine, "SHIRT", "OTHER")
    map_to(engine, "SHIRT", "L")
    map_to(engine, "OTHER", "L")
    assert map_to(engine, "SHIRT", "L").status == "duplicate"
    hear(engine, an_order_change(an_item(listing="L")))
    assert (on_hand(engine, "SHIRT"), on_hand(engine, "OTHER")) == (98, 100)


def test_a_mapping_s_tx_that_is_sent_again_brings_nothing_back(engine: Engine) -> None:
    shelve(engine, "SHIRT", "OTHER")
    map_to(engine, "SHIRT", "L", tx="a")
    map_to(engine, "OTHER", "L", tx="b")
    assert map_to(engine, "SHIRT", "L", tx="a").status == "duplicate"
    hear(engine, an_order_change(an_item(listing="L")))
    assert (on_hand(engine, "SHIRT"), on_hand(engine, "OTHER")) == (100, 98)


UNMAPPED = an_order_change(an_item(listing="SHIRT-AMZ"))


@pytest.mark.parametrize("at", range(12))
def test_a_mapping_that_comes_amid_an_order_applies_it(engine: Engine, at: int) -> None:
    interruption = Interruption(at, lambda: map_to(engine, "SHIRT", "SHIRT-AMZ"))
    recorder, log = interruption.around(engine.recorder), interruption.around(engine.store.log)
    door = NotificationDoor(recorder, log, lambda: letters_of(engine), {SELLER: TENANT}, NOW)
    door.take(TENANT, encoded(UNMAPPED))
    if interruption.calls <= at:
        map_to(engine, "SHIRT", "SHIRT-AMZ")
    assert interruption.calls >= 4
    assert sales_of(engine) == [SOLD]


@pytest.mark.parametrize("at", range(5))
def test_an_order_that_comes_amid_a_mapping_is_applied(engine: Engine, at: int) -> None:
    interruption = Interruption(at, lambda: hear(engine, UNMAPPED))
    recorder, log = interruption.around(engine.recorder), interruption.around(engine.store.log)
    MappedListings(recorder, log).mapped(TENANT, [Mapped(sku("SHIRT"), "SHIRT-AMZ", "m")], NOW())
    if interruption.calls <= at:
        hear(engine, UNMAPPED)
    assert interruption.calls >= 2
    assert sales_of(engine) == [SOLD]
