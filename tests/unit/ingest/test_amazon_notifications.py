"""What Amazon's other notifications become, and that none is lost."""

from typing import Any

import pytest

from processor.clock import Instant
from processor.engine import Engine
from processor.errors import StoreUnavailable
from processor.ops import RecordQuarantined, RecordReleased, ops_stream
from projections import PROJECTIONS
from projections.inventory.queries import InventoryQueries
from stock.codec import decode
from stock.dispositions import Disposition
from stock.events import (
    ChannelQuantityObserved,
    FbaLevelObserved,
    FeedFinished,
    ListingStatusObserved,
    ReturnReceived,
    ReviewRequested,
)
from stock.identities import feed_stream, review_stream, sku, sku_stream
from tests.factories import an_append, stated
from tests.payloads.amazon import (
    SELLER,
    a_confirmation,
    a_finished_feed,
    a_notification,
    a_quantity_change,
    a_status_change,
    an_fba_change,
    an_item,
    an_order_change,
    encoded,
)
from tests.unit.ingest.amazon import NOW, a_door, facts, hear, letters_of, map_to, on_hand, seen_at_amazon
from tests.unit.ingest.conftest import TENANT
from tests.unit.ingest.flaky import Fate, FlakyStore
from tests.unit.ingest.stock_of import everything_stored, facts_of
from tests.unit.ingest.test_amazon_orders import shelve

WORKS: Fate = "works"
AT = Instant("2026-11-20T10:00:00.000000Z")


def fba_of(engine: Engine, name: str = "SHIRT") -> int | None:
    queries = InventoryQueries(engine.store.models, engine.store.log, lambda: engine.live("inventory"))
    found = queries.one(TENANT, sku(name))
    return found.fba if found is not None else None


def test_what_a_listing_shows_is_noted_beside_its_sku_and_moves_no_stock(engine: Engine) -> None:
    shelve(engine, "SHIRT")
    map_to(engine, "SHIRT", "SHIRT-AMZ")
    told = a_quantity_change("SHIRT-AMZ", 93, id_="8e00")
    assert [hear(engine, told).status for _ in range(2)] == ["recorded", "duplicate"]
    assert seen_at_amazon(engine, "SHIRT") == [ChannelQuantityObserved("8e00", 93, AT, "SHIRT-AMZ")]
    assert on_hand(engine, "SHIRT") == 100
    assert len(facts_of(engine, "SHIRT")) == 2


def test_a_second_telling_that_differs_is_a_person_s_to_look_at(engine: Engine) -> None:
    shelve(engine, "SHIRT")
    hear(engine, a_quantity_change(quantity=1))
    assert hear(engine, a_quantity_change(quantity=2)).status == "duplicate"
    assert [getattr(told, "quantity", None) for told in seen_at_amazon(engine, "SHIRT")] == [1]
    [asked] = facts(engine, review_stream(TENANT, "amazon:SHIRT"))
    assert asked == ReviewRequested("conflict", "amazon:SHIRT", "notification n-1 of acme/channel/amazon:SHIRT")


@pytest.mark.parametrize(
    "told",
    [
        a_quantity_change("NOBODY-S"),
        a_status_change("NOBODY-S"),
        an_fba_change("NOBODY-S"),
        a_quantity_change(channel="AMAZON_NA"),
        a_notification("ANY_OFFER_CHANGED", {"SellerId": SELLER}),
        a_notification("LISTINGS_ITEM_ISSUES_CHANGE", {"SellerId": "somebody else"}),
        a_confirmation(),
    ],
    ids=["listing", "status", "fba", "another channel", "another type", "issues", "confirmation"],
)
def test_what_is_of_no_interest_is_acknowledged_and_stores_nothing(engine: Engine, told: Any) -> None:
    shelve(engine, "SHIRT")
    before = everything_stored(engine)
    heard = hear(engine, told)
    assert heard.status == "ignored"
    assert heard.why
    assert everything_stored(engine) == before
    assert list(letters_of(engine).waiting(TENANT)) == []


def test_the_statuses_of_a_listing_are_noted(engine: Engine) -> None:
    shelve(engine, "SHIRT")
    hear(engine, a_status_change("SHIRT", "BUYABLE", "DISCOVERABLE"))
    hear(engine, {**a_status_change("SHIRT", id_="n-2"), "NotificationType": "LISTINGS_ITEM_STATUS_CHANGED"})
    assert seen_at_amazon(engine, "SHIRT") == [
        ListingStatusObserved("n-1", ("BUYABLE", "DISCOVERABLE"), AT, "SHIRT"),
        ListingStatusObserved("n-2", (), AT, "SHIRT"),
    ]


@pytest.mark.parametrize("seller", [SELLER, None])
def test_the_end_of_a_feed_is_noted_in_its_own_stream(engine: Engine, seller: str | None) -> None:
    assert hear(engine, a_finished_feed("99", "FATAL", seller)).status == "recorded"
    assert facts(engine, feed_stream(TENANT, "amazon", "99")) == [FeedFinished("99", "FATAL", AT)]


def test_what_amazon_holds_itself_is_noted_and_is_not_the_merchant_s(engine: Engine) -> None:
    shelve(engine, "SHIRT")
    assert hear(engine, an_fba_change("SHIRT", 40, 50)).status == "recorded"
    assert facts_of(engine, "SHIRT")[-1] == FbaLevelObserved("n-1", 50, AT)
    assert (fba_of(engine), on_hand(engine, "SHIRT")) == (50, 100)


def test_the_newest_sight_of_it_stands_in_whatever_order_they_come(engine: Engine) -> None:
    shelve(engine, "SHIRT")
    for hour, units in ((11, 7), (10, 50), (11, 9)):
        hear(engine, an_fba_change("SHIRT", units, id_=f"{hour}-{units}", at=f"2026-11-20T{hour}:00:00Z"))
    assert fba_of(engine) == 7


def test_returns_to_amazon_s_shelf_count_until_that_was_seen(engine: Engine) -> None:
    back = ReturnReceived(2, "fba", Disposition.SELLABLE)

    def give_back() -> None:
        engine.recorder.record([an_append(sku_stream(TENANT, sku("SHIRT")), stated(back))])

    give_back()
    assert fba_of(engine) == 2
    hear(engine, an_fba_change("SHIRT", 50))
    give_back()
    assert fba_of(engine) == 50


UNFIT: dict[str, tuple[Any, str]] = {
    "no JSON": (b"hello", "not JSON"),
    "an order without items' quantities": (an_order_change(an_item(quantity=None)), "quantity"),
    "an order of a fraction": (an_order_change(an_item(quantity=1.5)), "quantity"),
    "an order of text": (an_order_change(an_item(quantity="2")), "quantity"),
    "a negative order": (an_order_change(an_item(quantity=-1)), "quantity"),
    "an order nobody is said to fulfil": (an_order_change(by="BOTH"), "fulfillmenttype"),
    "an order without status": (an_order_change(status=""), "orderstatus"),
    "an order without id": (an_order_change(order=""), "amazonorderid"),
    "a quantity of words": (a_quantity_change(quantity="many"), "quantity"),
    "a quantity without a time": (a_quantity_change(at="yesterday"), "EventTime"),
    "a quantity of the future": (a_quantity_change(at="2026-11-22T00:00:00Z"), "future"),
    "FBA units of the future": (an_fba_change(at="9999-01-01T00:00:00Z"), "future"),
    "FBA units of no marketplace": (
        a_notification(
            "FBA_INVENTORY_AVAILABILITY_CHANGES",
            {"SellerId": SELLER, "SKU": "SHIRT", "FulfillmentInventoryByMarketplace": []},
        ),
        "fulfillmentinventorybymarketplace",
    ),
    "a foreign seller": (a_quantity_change(seller="A0SOMEBODYELSE"), "A0SOMEBODYELSE is not registered here"),
    "a seller of another tenant": (a_quantity_change(seller="A2OTHER"), "A2OTHER is not registered here"),
    "a vendor's feed": (a_finished_feed(seller="amzn1.vg.6213651"), "amzn1.vg.6213651 is not registered"),
}


@pytest.mark.parametrize(("told", "why"), UNFIT.values(), ids=UNFIT)
def test_what_cannot_be_taken_is_kept_whole(engine: Engine, told: Any, why: str) -> None:
    shelve(engine, "SHIRT")
    data = told if isinstance(told, bytes) else encoded(told)
    heard = [a_door(engine, sellers={SELLER: TENANT, "A2OTHER": "other"}).take(TENANT, data) for _ in range(2)]
    assert [one.status for one in heard] == ["quarantined", "quarantined"]
    assert why in (heard[0].why or "")
    [letter] = letters_of(engine).waiting(TENANT)
    assert letter.id == heard[0].kept
    assert letters_of(engine).record(letter).data == data
    assert facts_of(engine, "SHIRT")[1:] == []
    assert [type(fact) for fact in facts(engine, ops_stream(TENANT, "amazon"))] == [RecordQuarantined]


def test_an_order_without_a_readable_time_is_taken(engine: Engine) -> None:
    shelve(engine, "SHIRT")
    hear(engine, an_order_change(at="yesterday"))
    hear(engine, an_order_change(an_item("i-2"), order="999-1234567-1234567", at="9999-01-01T00:00:00Z"))
    assert on_hand(engine, "SHIRT") == 96


def test_a_queue_speaks_for_every_seller_that_is_registered(engine: Engine) -> None:
    told, sellers = a_finished_feed("7"), {SELLER: "other"}
    assert hear(engine, told, sellers=sellers).status == "quarantined"
    assert hear(engine, told, "queue", sellers=sellers).status == "recorded"
    assert facts(engine, feed_stream("other", "amazon", "7")) == [FeedFinished("7", "DONE", AT)]
    wrong = a_quantity_change(quantity="many")
    assert hear(engine, wrong, "queue", sellers=sellers).status == "quarantined"
    assert [letter.place.shard for letter in letters_of(engine).waiting("other")] == ["queue"]


def test_a_letter_is_taken_once_its_seller_is_registered(engine: Engine) -> None:
    shelve(engine, "SHIRT")
    hear(engine, an_order_change(), sellers={})
    [letter] = letters_of(engine).waiting(TENANT)
    assert a_door(engine, sellers={}).redrive(letter) == (
        f"the seller {SELLER} is not registered here: see SYNCSTATE_AMAZON_SELLER"
    )
    [letter] = letters_of(engine).waiting(TENANT)
    assert letter.tries == 2
    assert a_door(engine).redrive(letter) is None
    assert list(letters_of(engine).waiting(TENANT)) == []
    assert on_hand(engine, "SHIRT") == 98
    assert facts(engine, ops_stream(TENANT, "amazon"))[-1] == RecordReleased("amazon", letter.id, discarded=False)
    assert hear(engine, an_order_change()).status == "duplicate"


@pytest.mark.parametrize("fate", ["lost", "unanswered"])
@pytest.mark.parametrize("at", range(3))
def test_whatever_write_fails_the_message_comes_again_and_counts_once(fate: Fate, at: int) -> None:
    store = FlakyStore()
    engine = Engine(store, PROJECTIONS, decode, watch="inventory", clock=NOW)
    try:
        map_to(engine, "SHIRT", "SHIRT-AMZ")
        shelve(engine, "SHIRT")
        told = an_order_change(an_item(listing="SHIRT-AMZ"), an_item("i-2", "NOBODY-S"))
        store.log.meet([*[WORKS] * at, fate])
        for _ in range(5):
            try:
                hear(engine, told)
                break
            except StoreUnavailable:
                continue
        else:
            pytest.fail("it is never taken")
        assert hear(engine, told).status == "duplicate"
        assert on_hand(engine, "SHIRT") == 98
        map_to(engine, "MUG", "NOBODY-S")
        assert on_hand(engine, "MUG") == -2
    finally:
        engine.close()
