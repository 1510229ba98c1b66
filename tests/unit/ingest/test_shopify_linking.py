"""Links that an operator states, and the lines that wait for them, over the memory store."""

import json
from collections.abc import Callable, Sequence
from contextlib import closing
from itertools import permutations
from typing import Any

import pytest

from ingest.outcome import Refused
from ingest.shopify.linking import LinkDoor, LinkTold
from processor.adapters.memory import MemoryStore
from processor.clock import Clock, system_clock
from processor.engine import Engine
from processor.errors import StoreUnavailable
from projections import PROJECTIONS
from stock.codec import Fact, decode
from stock.dispositions import Disposition
from stock.events import (
    ChannelQuantityObserved,
    ReturnReceived,
    ReviewSettled,
    SaleRecorded,
    SkuAssigned,
)
from stock.identities import Linked, channel_stream, link_stream, sku
from tests.payloads import (
    a_level_body,
    a_line,
    a_product_body,
    a_refund_body,
    a_refund_line,
    an_order_body,
    shopify_headers,
)
from tests.stores import FixedClock
from tests.unit.ingest.conftest import TENANT, a_shopify_door
from tests.unit.ingest.flaky import Fate, FlakyStore
from tests.unit.ingest.interrupted import Interruption, an_interrupted_door
from tests.unit.ingest.stock_of import everything_stored, facts_of, reviews_of

Step = Callable[[Engine], object]

SOLD = SaleRecorded(2, "4501", "1")
BACK = ReturnReceived(1, "merchant", Disposition.SELLABLE, "4501")
LATER, EARLIER = "2036-11-20T12:00:00Z", "2016-11-20T12:00:00Z"


def deliver(engine: Engine, topic: str, body: bytes) -> None:
    outcome = a_shopify_door(engine).receive(shopify_headers(body, topic=topic), body)
    assert not isinstance(outcome, Refused), outcome


def order(engine: Engine) -> None:
    deliver(engine, "orders/create", an_order_body(a_line(1, None, 2), a_line(2, "MUG")))


def refund(engine: Engine) -> None:
    deliver(engine, "refunds/create", a_refund_body(a_refund_line(901, sku=None)))


def product(engine: Engine, name: str | None = "OTHER", at: str = LATER) -> None:
    deliver(engine, "products/update", a_product_body({77: name}, at=at))


def stated(engine: Engine, clock: Clock = system_clock, **given: Any) -> LinkTold:
    door = LinkDoor(engine.recorder, engine.store.log, clock)
    told = door.receive(TENANT, json.dumps({"variantId": 77, "sku": "SHIRT", **given}).encode())
    assert isinstance(told, LinkTold), told
    return told


def link(engine: Engine) -> None:
    stated(engine)


def words_of(engine: Engine, key: str = "77", kind: Linked = "variant") -> list[Fact]:
    return [decode(event) for event in engine.store.log.read(link_stream(TENANT, "shopify", kind, key))]


def an_engine() -> closing[Engine]:
    return closing(Engine(MemoryStore(), PROJECTIONS, decode, watch="inventory"))


def test_a_line_that_waited_is_sold_when_an_operator_links_its_variant(engine: Engine) -> None:
    order(engine)
    told = stated(engine)
    [served] = told.served
    assert (told.status, told.now.sku) == ("recorded", "SHIRT")
    assert (served.order, served.line, served.item.sku, served.item.quantity) == ("4501", "1", "SHIRT", 2)
    assert served.item.status == "recorded"
    assert facts_of(engine, "SHIRT") == [SOLD]
    assert reviews_of(engine, "4501")[1:] == [ReviewSettled("unmapped:1")]


def test_a_line_of_a_linked_variant_asks_nobody(engine: Engine) -> None:
    link(engine)
    order(engine)
    assert facts_of(engine, "SHIRT") == [SOLD]
    assert reviews_of(engine, "4501") == []


def test_the_same_again_stores_nothing_and_another_sku_takes_its_place(engine: Engine) -> None:
    order(engine)
    link(engine)
    before = everything_stored(engine)
    told = stated(engine)
    assert (told.status, told.now.sku, told.served) == ("duplicate", "SHIRT", ())
    assert everything_stored(engine) == before
    assert stated(engine, sku="OTHER").status == "recorded"
    assert words_of(engine) == [SkuAssigned("SHIRT"), SkuAssigned("OTHER")]
    order(engine)
    assert (facts_of(engine, "SHIRT"), facts_of(engine, "OTHER")) == ([SOLD], [])


def test_what_the_shop_says_later_counts_for_later_lines_and_what_it_repeats_does_not(engine: Engine) -> None:
    clock = FixedClock("2026-11-20T12:00:00.000000Z")
    product(engine, "OLD", "2026-11-20T10:00:00Z")
    assert stated(engine, clock).now.sku == "SHIRT"
    product(engine, "OLD", "2026-11-20T13:00:00Z")
    deliver(engine, "orders/create", an_order_body(a_line(1, None), id_=1))
    product(engine, "NEW", "2026-11-20T14:00:00Z")
    deliver(engine, "orders/create", an_order_body(a_line(2, None), id_=2))
    product(engine, None, "2026-11-20T15:00:00Z")
    deliver(engine, "orders/create", an_order_body(a_line(3, None), id_=3))
    sold = {name: [fact.order for fact in facts_of(engine, name) if isinstance(fact, SaleRecorded)] for name in NAMES}
    assert sold == {"OLD": [], "SHIRT": ["1", "3"], "NEW": ["2"]}


NAMES = ("OLD", "SHIRT", "NEW")


def test_what_the_shop_said_before_and_comes_late_does_not_count(engine: Engine) -> None:
    link(engine)
    product(engine, "OTHER", EARLIER)
    order(engine)
    assert (facts_of(engine, "SHIRT"), facts_of(engine, "OTHER")) == ([SOLD], [])


def test_an_operator_who_knows_what_the_shop_said_overrules_it_though_the_shops_clock_is_ahead(engine: Engine) -> None:
    product(engine, "OTHER", LATER)
    assert stated(engine).now.sku == "SHIRT"
    order(engine)
    assert facts_of(engine, "SHIRT") == [SOLD]


def test_a_link_is_taken_back_and_the_shops_word_counts_again(engine: Engine) -> None:
    product(engine, "OTHER", EARLIER)
    link(engine)
    assert stated(engine, sku=None).now.sku == "OTHER"
    assert stated(engine, sku=None).status == "duplicate"
    order(engine)
    assert (facts_of(engine, "SHIRT"), facts_of(engine, "OTHER")) == ([], [SOLD])


def test_what_was_never_linked_is_taken_back_without_an_event(engine: Engine) -> None:
    told = stated(engine, sku=None)
    assert (told.status, told.now.sku, told.now.at) == ("duplicate", None, "")
    assert everything_stored(engine) == ""


def test_an_item_is_linked_for_its_levels_alone_or_with_its_variant(engine: Engine) -> None:
    assert stated(engine, variantId=None, inventoryItemId=7700).served == ()
    deliver(engine, "inventory_levels/update", a_level_body(7700, 5))
    on_shopify = channel_stream(TENANT, "shopify", sku("SHIRT"))
    [seen] = [decode(event) for event in engine.store.log.read(on_shopify)]
    assert isinstance(seen, ChannelQuantityObserved)
    assert words_of(engine) == []
    stated(engine, inventoryItemId="7700")
    assert (words_of(engine), words_of(engine, "7700", "item")) == ([SkuAssigned("SHIRT")], [SkuAssigned("SHIRT")])


def test_a_tx_counts_once_and_names_one_link(engine: Engine) -> None:
    assert stated(engine, tx="l1").status == "recorded"
    stated(engine, sku="OTHER", tx="l2")
    again = stated(engine, tx="l1")
    assert (again.status, again.now.sku) == ("duplicate", "OTHER")
    assert stated(engine, sku="THIRD", tx="l1").status == "conflict"
    assert words_of(engine) == [SkuAssigned("SHIRT"), SkuAssigned("OTHER")]


def test_a_link_is_of_its_tenants_shop_alone(engine: Engine) -> None:
    order(engine)
    other = LinkDoor(engine.recorder, engine.store.log, system_clock).receive("other", b'{"variantId": 77, "sku": "X"}')
    assert isinstance(other, LinkTold)
    assert other.served == ()
    assert (words_of(engine), len(reviews_of(engine, "4501"))) == ([], 1)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"variantId": 77}, "sku"),
        ({"variantId": 77, "sku": ""}, "sku"),
        ({"variantId": "x", "sku": "A"}, "variantId"),
        ({"variantId": -1, "sku": "A"}, "variantId"),
        ({"inventoryItemId": [], "sku": "A"}, "inventoryItemId"),
        ({"variantId": 77, "sku": "A", "tx": ""}, "tx"),
    ],
)
def test_what_is_no_link_is_refused_and_stores_nothing(engine: Engine, body: dict[str, Any], field: str) -> None:
    door = LinkDoor(engine.recorder, engine.store.log, system_clock)
    refused = door.receive(TENANT, json.dumps(body).encode())
    assert isinstance(refused, Refused)
    assert refused.field == field
    assert everything_stored(engine) == ""


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b'{"sku": "A"}', b'{"sku": "A", "asin": "B", "variantId": 77}', b'{"variantId": null, "sku": "A"}'],
)
def test_what_names_no_variant_or_a_listing_is_not_taken_for_a_link(engine: Engine, body: bytes) -> None:
    assert LinkDoor(engine.recorder, engine.store.log, system_clock).receive(TENANT, body) is None


@pytest.mark.parametrize("steps", list(permutations((order, refund, link))))
@pytest.mark.parametrize("twice", ["each", "all"])
def test_order_refund_and_link_come_in_every_order_and_twice(engine: Engine, steps: Sequence[Step], twice: str) -> None:
    for step in [one for one in steps for _ in range(2)] if twice == "each" else [*steps, *steps]:
        step(engine)
    assert sorted(facts_of(engine, "SHIRT"), key=repr) == sorted([SOLD, BACK], key=repr)


@pytest.mark.parametrize("fate", ["lost", "unanswered"])
@pytest.mark.parametrize("steps", list(permutations((order, refund, link))))
def test_a_failure_at_any_append_is_made_up_for_by_doing_the_step_again(steps: Sequence[Step], fate: Fate) -> None:
    """The failing append is the first, then the second, and so on until none fails."""
    for count in range(30):
        store = FlakyStore()
        with closing(Engine(store, PROJECTIONS, decode, watch="inventory")) as engine:
            works: list[Fate] = ["works"] * count
            store.log.meet([*works, fate])
            failed = False
            for step in steps:
                try:
                    step(engine)
                except StoreUnavailable:
                    failed = True
                    step(engine)
            assert sorted(facts_of(engine, "SHIRT"), key=repr) == sorted([SOLD, BACK], key=repr)
            asked = len([one for one in reviews_of(engine, "4501") if not isinstance(one, ReviewSettled)])
            assert len(reviews_of(engine, "4501")) == 2 * asked
        if not failed:
            assert count >= 5
            return
    pytest.fail("the steps never end")


@pytest.mark.parametrize("later", [link, order, refund, lambda engine: product(engine, None)])
def test_what_a_link_that_was_cut_short_left_behind_is_done_by_whatever_comes_next(later: Step) -> None:
    for count in range(30):
        store = FlakyStore()
        with closing(Engine(store, PROJECTIONS, decode, watch="inventory")) as engine:
            order(engine)
            works: list[Fate] = ["works"] * count
            store.log.meet([*works, "lost"])
            try:
                link(engine)
            except StoreUnavailable:
                later(engine)
                said = SkuAssigned("SHIRT") in words_of(engine)
                assert (SOLD in facts_of(engine, "SHIRT")) is said
                assert facts_of(engine, "SHIRT").count(SOLD) <= 1
            else:
                assert count >= 3
                return
    pytest.fail("the link never ends")


@pytest.mark.parametrize("inner", [order, refund, product, link])
def test_what_happens_within_a_link_at_any_of_its_calls_leaves_no_line_behind(inner: Step) -> None:
    for call in range(60):
        with an_engine() as engine:
            if inner is not order:
                order(engine)
            within = Interruption(call, lambda: inner(engine))
            door = LinkDoor(within.around(engine.recorder), within.around(engine.store.log), system_clock)
            door.receive(TENANT, b'{"variantId": 77, "sku": "SHIRT"}')
            if within.calls <= call:
                assert call >= 4
                return
            sold = [*facts_of(engine, "SHIRT"), *facts_of(engine, "OTHER")]
            assert sorted(sold, key=repr) == sorted([SOLD, *([BACK] if inner is refund else [])], key=repr)
    pytest.fail("the link never ends")


@pytest.mark.parametrize(("topic", "body"), [("orders/create", an_order_body(a_line(1, None, 2)))])
def test_a_link_within_an_order_at_any_of_its_calls_sees_it_or_is_seen(topic: str, body: bytes) -> None:
    for call in range(60):
        with an_engine() as engine:
            within = Interruption(call, lambda: link(engine))
            an_interrupted_door(engine, within).receive(shopify_headers(body, topic=topic), body)
            if within.calls <= call:
                assert call >= 4
                return
            assert facts_of(engine, "SHIRT") == [SOLD]
    pytest.fail("the order never ends")
