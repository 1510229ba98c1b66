"""Refunds and edits through the door, over the memory store."""

import json
from pathlib import Path
from typing import Any

import pytest

from ingest.outcome import Refused, Taken
from ingest.shopify.webhook import ShopifyDoor
from processor.engine import Engine
from stock.dispositions import Disposition
from stock.events import (
    LineDelta,
    OrderEdited,
    RefundSeen,
    ReturnReceived,
    ReviewRequested,
    SaleCancelled,
    SaleRecorded,
    StockAdjusted,
)
from stock.identities import sku, sku_stream
from tests.payloads import (
    a_line,
    a_refund,
    a_refund_body,
    a_refund_line,
    an_edit_body,
    an_order_body,
    of_topic,
    shopify_headers,
)
from tests.unit.ingest.conftest import TENANT
from tests.unit.ingest.stock_of import everything_stored, facts_of, reviews_of, snapshots_of

REAL_SAMPLES = Path(__file__).parents[4] / "shared" / "payloads" / "shopify"


def deliver(door: ShopifyDoor, body: bytes, topic: str = "orders/updated") -> Taken:
    outcome = door.receive(shopify_headers(body, topic=topic), body)
    assert isinstance(outcome, Taken), outcome
    assert outcome.vendor
    return outcome


def refunded(door: ShopifyDoor, body: bytes) -> Taken:
    return deliver(door, body, "refunds/create")


def a_sale(quantity: int = 1) -> SaleRecorded:
    return SaleRecorded(quantity, "4501", "1")


def a_return(quantity: int = 1) -> ReturnReceived:
    return ReturnReceived(quantity, "merchant", Disposition.SELLABLE, "4501")


def test_a_refund_as_shopify_sends_it_restocks_what_was_returned(shopify: ShopifyDoor, engine: Engine) -> None:
    outcome = refunded(shopify, of_topic("refunds/create"))
    assert outcome.tx == "shopify:9007199254740993001"
    assert [(item.sku, item.quantity, item.status) for item in outcome.items] == [
        ("TSHIRT-RED-M", 1, "recorded"),
        ("MUG/BLUE 11oz #2", 1, "nothing"),
    ]
    [event] = engine.store.log.read(sku_stream(TENANT, sku("TSHIRT-RED-M")))
    assert (event.tx_id, event.occurred_at) == ("shopify:refund:9007199254740993312", "2026-11-21T15:30:00.000000Z")
    assert event.causation == "acme/order/shopify:9007199254740993001@1"
    assert facts_of(engine, "MUG/BLUE 11oz #2") == []


def test_a_refund_comes_alone_and_within_snapshots_and_counts_once(shopify: ShopifyDoor, engine: Engine) -> None:
    deliver(shopify, an_order_body(a_line(quantity=2)))
    deliver(shopify, an_order_body(a_line(quantity=2), refunds=[a_refund()]))
    again = refunded(shopify, a_refund_body())
    assert [item.status for item in again.items] == ["duplicate"]
    assert facts_of(engine, "SHIRT") == [a_sale(2), a_return()]


def test_a_refund_within_a_snapshot_may_lack_what_stands_beside_it(shopify: ShopifyDoor, engine: Engine) -> None:
    bare = a_refund_line(901)
    del bare["line_item"]
    deliver(shopify, an_order_body(a_line(), refunds=[{"id": 900, "refund_line_items": [bare]}]))
    refunded(shopify, a_refund_body())
    assert facts_of(engine, "SHIRT") == [a_sale(), a_return()]
    assert reviews_of(engine, "4501") == []


@pytest.mark.parametrize("refunds", [None, []])
def test_a_snapshot_without_refunds_is_a_snapshot(shopify: ShopifyDoor, engine: Engine, refunds: object) -> None:
    deliver(shopify, an_order_body(a_line(), refunds=refunds))
    assert facts_of(engine, "SHIRT") == [a_sale()]


def test_the_restock_of_a_refund_is_answered_with_its_line(shopify: ShopifyDoor) -> None:
    deliver(shopify, an_order_body(a_line(1), a_line(2, "MUG")))
    lines = [a_refund_line(901), a_refund_line(902, 2, restock="no_restock", sku="MUG"), a_refund_line(903)]
    outcome = refunded(shopify, a_refund_body(*lines))
    assert [(item.sku, item.status) for item in outcome.items] == [
        ("SHIRT", "recorded"),
        ("MUG", "nothing"),
        ("SHIRT", "recorded"),
    ]


def test_a_refund_told_differently_is_put_to_a_person_once_and_the_first_stands(
    shopify: ShopifyDoor, engine: Engine
) -> None:
    deliver(shopify, an_order_body(a_line(quantity=3)))
    refunded(shopify, a_refund_body(a_refund_line(901, quantity=1)))
    for _ in range(2):
        refunded(shopify, a_refund_body(a_refund_line(901, quantity=2)))
    assert facts_of(engine, "SHIRT") == [a_sale(3), a_return(1)]
    assert reviews_of(engine, "4501") == [ReviewRequested("conflict", "shopify:4501", "refund:900")]


def test_a_restock_told_to_the_sku_before_and_differently_is_put_to_a_person(
    shopify: ShopifyDoor, engine: Engine
) -> None:
    refunded(shopify, a_refund_body(a_refund_line(901, quantity=1)))
    refunded(shopify, a_refund_body(a_refund_line(901, quantity=2), order=4502))
    assert facts_of(engine, "SHIRT") == [a_return(1)]
    assert reviews_of(engine, "4502") == [ReviewRequested("conflict", "shopify:4502", "line 1 of SHIRT")]


def test_a_cancellation_restocks_by_its_refunds_alone(shopify: ShopifyDoor, engine: Engine) -> None:
    refund = a_refund(a_refund_line(901, quantity=1, restock="cancel"), a_refund_line(902, restock="no_restock"))
    body = an_order_body(a_line(quantity=2, current_quantity=0), refunds=[refund], cancelled_at="2026-11-20T10:00:00Z")
    deliver(shopify, body, "orders/cancelled")
    assert facts_of(engine, "SHIRT") == [a_sale(2), SaleCancelled(1, "4501", "1")]
    assert reviews_of(engine, "4501") == []


def test_units_that_left_without_a_refund_change_no_stock_and_ask(shopify: ShopifyDoor, engine: Engine) -> None:
    deliver(shopify, an_order_body(a_line(quantity=2, current_quantity=0)), "orders/cancelled")
    assert facts_of(engine, "SHIRT") == [a_sale(2)]
    detail = "line 1, 2 of 2 removed, 0 refunded"
    assert reviews_of(engine, "4501") == [ReviewRequested("unexplained_removal", "shopify:4501", detail)]


@pytest.mark.parametrize("current", [None, "", -1, 1.5, "0", True, 3, []])
def test_a_current_quantity_that_cannot_be_read_asks_nobody(
    shopify: ShopifyDoor, engine: Engine, current: object
) -> None:
    deliver(shopify, an_order_body(a_line(quantity=2, current_quantity=current)))
    assert facts_of(engine, "SHIRT") == [a_sale(2)]
    assert reviews_of(engine, "4501") == []


def test_an_edit_is_kept_and_stock_follows_with_the_snapshot(shopify: ShopifyDoor, engine: Engine) -> None:
    deliver(shopify, an_order_body(a_line(quantity=2)))
    for _ in range(2):
        outcome = deliver(shopify, an_edit_body({2: 1}, {1: 1}), "orders/edited")
        assert (outcome.tx, outcome.items) == ("shopify:4501", ())
    assert snapshots_of(engine, "4501")[1:] == [OrderEdited("700", (LineDelta("2", 1),), (LineDelta("1", 1),))]
    assert facts_of(engine, "SHIRT") == [a_sale(2)]
    refund = a_refund(a_refund_line(901, restock="cancel"))
    lines = [a_line(quantity=2, current_quantity=1), a_line(2, "CAP", current_quantity=1)]
    deliver(shopify, an_order_body(*lines, refunds=[refund]))
    assert facts_of(engine, "SHIRT") == [a_sale(2), SaleCancelled(1, "4501", "1")]
    assert facts_of(engine, "CAP") == [SaleRecorded(1, "4501", "2")]


def test_an_edit_that_is_the_first_to_name_an_order_is_kept(shopify: ShopifyDoor, engine: Engine) -> None:
    deliver(shopify, an_edit_body({1: 1}), "orders/edited")
    deliver(shopify, an_order_body(a_line(quantity=2)), "orders/create")
    assert facts_of(engine, "SHIRT") == [a_sale(2)]


MARKED: dict[str, Any] = {"tags": "123-1234567-1234567"}


@pytest.mark.parametrize("first", ["refund", "order", "marked"])
def test_a_copy_of_an_amazon_order_is_neither_sold_nor_restocked_whatever_comes_first(
    shopify: ShopifyDoor, engine: Engine, first: str
) -> None:
    order, marked = an_order_body(a_line(quantity=2)), an_order_body(a_line(quantity=2), **MARKED)
    lines = [a_refund_line(901), a_refund_line(902, restock="cancel")]
    told = [(a_refund_body(*lines), "refunds/create"), (order, "orders/create"), (marked, "orders/updated")]
    at = ["refund", "order", "marked"].index(first)
    for body, topic in (told[at:] + told[:at]) * 2:
        deliver(shopify, body, topic)
    kinds = [type(fact) for fact in facts_of(engine, "SHIRT")]
    there = {SaleRecorded: -1, SaleCancelled: 1, ReturnReceived: 1, StockAdjusted: -1}
    assert [kind for kind in kinds if kind not in there] == []
    assert balance_of(engine) == 0
    assert reviews_of(engine, "4501") == []


def balance_of(engine: Engine) -> int:
    total = 0
    for fact in facts_of(engine, "SHIRT"):
        match fact:
            case SaleRecorded(quantity=quantity):
                total -= quantity
            case SaleCancelled(quantity=quantity) | ReturnReceived(quantity=quantity):
                total += quantity
            case StockAdjusted(delta=delta):
                total += delta
    return total


@pytest.mark.parametrize(
    ("topic", "body", "field"),
    [
        ("refunds/create", b"{}", "id"),
        ("refunds/create", b'{"id": 1}', "order_id"),
        ("refunds/create", a_refund_body(a_refund_line(901, quantity=-1)), "refund_line_items[0].quantity"),
        ("refunds/create", a_refund_body({"id": 1, "quantity": 1}), "refund_line_items[0].line_item_id"),
        ("refunds/create", a_refund_body(a_refund_line(901) | {"id": "x"}), "refund_line_items[0].id"),
        ("refunds/create", b"[]", None),
        ("orders/edited", b"{}", "order_edit"),
        ("orders/edited", b'{"order_edit": {"id": 1}}', "order_edit.order_id"),
        ("orders/edited", an_edit_body({1: -1}), "order_edit.line_items.additions[0].delta"),
        ("orders/updated", an_order_body(refunds=[{}]), "refunds[0].id"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_and_stores_nothing(
    shopify: ShopifyDoor, engine: Engine, topic: str, body: bytes, field: str | None
) -> None:
    refused = shopify.receive(shopify_headers(body, topic=topic), body)
    assert isinstance(refused, Refused)
    assert refused.field == field
    assert everything_stored(engine) == ""


@pytest.mark.parametrize("body", [b'{"id": 1, "order_id": 2}', b'{"id": 1, "order_id": 2, "refund_line_items": null}'])
def test_a_refund_of_money_alone_changes_no_stock(shopify: ShopifyDoor, engine: Engine, body: bytes) -> None:
    assert refunded(shopify, body).items == ()
    assert snapshots_of(engine, "2") == [RefundSeen("1")]


def test_a_refund_that_names_no_restock_type_is_put_to_a_person(shopify: ShopifyDoor, engine: Engine) -> None:
    deliver(shopify, an_order_body(a_line(quantity=2)))
    refunded(shopify, a_refund_body(a_refund_line(901, restock=None)))
    assert facts_of(engine, "SHIRT") == [a_sale(2)]
    detail = "line 1, 1 refunded, restock type none"
    assert reviews_of(engine, "4501") == [ReviewRequested("unknown_restock", "shopify:4501", detail)]


@pytest.mark.skipif(not REAL_SAMPLES.is_dir(), reason="the real sample payloads are not on this machine")
def test_a_real_refund_of_an_older_api_version_is_kept_and_changes_no_stock(
    shopify: ShopifyDoor, engine: Engine
) -> None:
    sample = json.loads((REAL_SAMPLES / "refund.json").read_bytes())["refund"]
    outcome = refunded(shopify, json.dumps(sample).encode())
    assert [item.status for item in outcome.items] == ["nothing", "nothing"]
    reasons = [review.reason for review in reviews_of(engine, "450789469") if isinstance(review, ReviewRequested)]
    assert reasons == ["unknown_restock", "unknown_restock"]
    stored = everything_stored(engine)
    assert "broke" not in stored
    assert "Christmas" not in stored
