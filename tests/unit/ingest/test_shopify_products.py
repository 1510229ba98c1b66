"""Products, links and the order lines that wait for them, through the door, over the memory store."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import permutations
from pathlib import Path

import pytest

from ingest.outcome import Refused, Taken
from ingest.shopify.links import Links
from ingest.shopify.webhook import ShopifyDoor
from processor.adapters.memory import MemoryStore
from processor.engine import Engine
from processor.errors import StoreUnavailable
from projections import PROJECTIONS
from stock.codec import Fact, decode
from stock.dispositions import Disposition
from stock.events import (
    ProductSeen,
    ProductUnchanged,
    ProductVariant,
    ReturnReceived,
    ReviewRequested,
    ReviewSettled,
    SaleRecorded,
    SkuLinked,
)
from stock.identities import link_stream, product_stream
from tests.payloads import (
    a_line,
    a_product_body,
    a_refund,
    a_refund_body,
    a_refund_line,
    an_order_body,
    of_topic,
    shopify_headers,
)
from tests.unit.ingest.conftest import TENANT, a_shopify_door
from tests.unit.ingest.flaky import Fate, FlakyStore
from tests.unit.ingest.interrupted import Interruption, an_interrupted_door
from tests.unit.ingest.stock_of import everything_stored, facts_of, reviews_of, snapshots_of

REAL_SAMPLES = Path(__file__).parents[4] / "shared" / "payloads" / "shopify"
NOON = "2026-11-20T12:00:00Z"

Told = tuple[str, bytes]
ORDER: Told = ("orders/create", an_order_body(a_line(1, None, 2), a_line(2, "MUG")))
REFUND: Told = ("refunds/create", a_refund_body(a_refund_line(901, sku=None)))
PRODUCT: Told = ("products/update", a_product_body({77: "SHIRT", 78: None}))


def deliver(door: ShopifyDoor, told: Told) -> Taken:
    topic, body = told
    outcome = door.receive(shopify_headers(body, topic=topic), body)
    assert isinstance(outcome, Taken), outcome
    assert outcome.vendor
    return outcome


def a_product(variants: dict[int, str | None], at: str = "2026-11-20T10:00:00Z") -> Told:
    return "products/update", a_product_body(variants, at=at)


def read(engine: Engine, category: str) -> list[Fact]:
    log = engine.store.log
    streams = [stream for stream in log.streams() if stream.category == category]
    return [decode(event) for stream in sorted(streams) for event in log.read(stream)]


def products_of(engine: Engine) -> list[Fact]:
    return [decode(event) for event in engine.store.log.read(product_stream(TENANT, "shopify", "600"))]


def links_of(engine: Engine, variant: str) -> list[Fact]:
    return [decode(event) for event in engine.store.log.read(link_stream(TENANT, "shopify", "variant", variant))]


SOLD = SaleRecorded(2, "4501", "1")
BACK = ReturnReceived(1, "merchant", Disposition.SELLABLE, "4501")


@pytest.mark.parametrize("topic", ["products/create", "products/update"])
def test_a_product_as_shopify_sends_it_links_its_variants_and_their_items(
    shopify: ShopifyDoor, engine: Engine, topic: str
) -> None:
    outcome = deliver(shopify, (topic, of_topic(topic)))
    assert (outcome.tx, outcome.items) == ("shopify:product:788032119674292924", ())
    grey = "CAP-GREY" if topic == "products/update" else None
    [seen] = read(engine, "product")
    assert seen == ProductSeen(
        (
            ProductVariant("39072856003", "CAP-BLACK", "43729076003"),
            ProductVariant("39072856004", grey, "43729076004"),
        )
    )
    linked = SkuLinked("788032119674292924", 1, "CAP-BLACK")
    for stream in (
        link_stream(TENANT, "shopify", "variant", "39072856003"),
        link_stream(TENANT, "shopify", "item", "43729076003"),
    ):
        assert [decode(event) for event in engine.store.log.read(stream)] == [linked]


def test_a_product_that_was_not_changed_stores_nothing_more(shopify: ShopifyDoor, engine: Engine) -> None:
    deliver(shopify, a_product({77: "SHIRT"}))
    before = everything_stored(engine)
    deliver(shopify, a_product({77: "SHIRT"}))
    assert everything_stored(engine) == before


def test_a_later_snapshot_that_tells_the_same_is_noted_by_its_time_once(shopify: ShopifyDoor, engine: Engine) -> None:
    for at in ("2026-11-20T10:00:00Z", NOON, NOON, "2026-11-20T11:00:00Z"):
        deliver(shopify, a_product({77: "SHIRT"}, at))
    assert products_of(engine) == [ProductSeen((ProductVariant("77", "SHIRT", "7700"),)), ProductUnchanged(1)]
    assert links_of(engine, "77") == [SkuLinked("600", 1, "SHIRT")]


@pytest.mark.parametrize("times", list(permutations((("A", "09"), ("B", "10"), ("A", "12")))))
def test_snapshots_in_any_order_leave_the_newest_by_the_shops_time(
    shopify: ShopifyDoor, engine: Engine, times: Sequence[tuple[str, str]]
) -> None:
    for name, hour in [one for one in times for _ in range(2)]:
        deliver(shopify, a_product({77: name}, f"2026-11-20T{hour}:00:00Z"))
    deliver(shopify, ORDER)
    assert (facts_of(engine, "A"), facts_of(engine, "B")) == ([SOLD], [])


def test_a_sku_may_change_and_change_back(shopify: ShopifyDoor, engine: Engine) -> None:
    for at, name in (("10", "A"), ("11", "B"), ("12", "A"), ("13", None), ("14", "A")):
        deliver(shopify, a_product({77: name}, f"2026-11-20T{at}:00:00Z"))
    names = [link.sku for link in links_of(engine, "77") if isinstance(link, SkuLinked)]
    assert names == ["A", "B", "A", None, "A"]


def test_an_older_snapshot_that_comes_late_changes_nothing(shopify: ShopifyDoor, engine: Engine) -> None:
    deliver(shopify, a_product({77: "NEW"}, NOON))
    deliver(shopify, a_product({77: "OLD"}))
    assert products_of(engine) == [ProductSeen((ProductVariant("77", "NEW", "7700"),))]
    deliver(shopify, ORDER)
    assert facts_of(engine, "NEW") == [SOLD]


def test_two_snapshots_of_one_moment_are_told_again_without_end(shopify: ShopifyDoor, engine: Engine) -> None:
    for name in ("A", "B", "A", "B"):
        deliver(shopify, a_product({77: name}))
    assert len(products_of(engine)) == 2
    assert [link.sku for link in links_of(engine, "77") if isinstance(link, SkuLinked)] == ["A", "B"]


def test_a_line_without_sku_is_sold_by_its_variants_link_and_asks_nobody(shopify: ShopifyDoor, engine: Engine) -> None:
    deliver(shopify, PRODUCT)
    outcome = deliver(shopify, ORDER)
    assert [(item.sku, item.status) for item in outcome.items] == [("SHIRT", "recorded"), ("MUG", "recorded")]
    assert facts_of(engine, "SHIRT") == [SOLD]
    assert reviews_of(engine, "4501") == []


def test_a_line_that_waited_is_sold_when_its_variant_gets_a_sku(shopify: ShopifyDoor, engine: Engine) -> None:
    outcome = deliver(shopify, ORDER)
    assert [(item.sku, item.status) for item in outcome.items] == [(None, "nothing"), ("MUG", "recorded")]
    asked = ReviewRequested("unmapped_line", "shopify:4501", "line 1, variant 77, 2 sold")
    assert reviews_of(engine, "4501") == [asked]
    outcome = deliver(shopify, PRODUCT)
    assert [(item.sku, item.quantity, item.status) for item in outcome.items] == [("SHIRT", 2, "recorded")]
    assert facts_of(engine, "SHIRT") == [SOLD]
    assert reviews_of(engine, "4501") == [asked, ReviewSettled("unmapped:1")]


def test_a_line_that_was_sold_waits_no_longer(shopify: ShopifyDoor, engine: Engine) -> None:
    deliver(shopify, ORDER)
    deliver(shopify, PRODUCT)
    before = everything_stored(engine)
    assert deliver(shopify, PRODUCT).items == ()
    assert deliver(shopify, a_product({77: "OTHER", 78: None}, NOON)).items == ()
    deliver(shopify, ORDER)
    assert facts_of(engine, "SHIRT") == [SOLD]
    assert facts_of(engine, "OTHER") == []
    assert len(everything_stored(engine)) > len(before)


def test_a_line_that_got_its_own_sku_meanwhile_keeps_it(shopify: ShopifyDoor, engine: Engine) -> None:
    deliver(shopify, ORDER)
    deliver(shopify, ("orders/updated", an_order_body(a_line(1, "OWN", 2))))
    deliver(shopify, PRODUCT)
    assert facts_of(engine, "OWN") == [SOLD]
    assert facts_of(engine, "SHIRT") == []


def test_a_line_that_was_resolved_keeps_its_sku_whatever_a_snapshot_says(shopify: ShopifyDoor, engine: Engine) -> None:
    deliver(shopify, PRODUCT)
    deliver(shopify, ORDER)
    deliver(shopify, ("orders/updated", an_order_body(a_line(1, "OTHER", 3))))
    assert facts_of(engine, "SHIRT") == [SOLD, SaleRecorded(1, "4501", "1")]
    assert facts_of(engine, "OTHER") == []


def test_a_variant_that_loses_its_sku_sells_no_more(shopify: ShopifyDoor, engine: Engine) -> None:
    deliver(shopify, PRODUCT)
    deliver(shopify, a_product({77: None}, NOON))
    deliver(shopify, ORDER)
    assert facts_of(engine, "SHIRT") == []
    deliver(shopify, a_product({77: "SHIRT"}, "2026-11-20T13:00:00Z"))
    assert facts_of(engine, "SHIRT") == [SOLD]


def test_a_copy_of_an_amazon_order_waits_for_nothing(shopify: ShopifyDoor, engine: Engine) -> None:
    deliver(shopify, ORDER)
    deliver(shopify, ("orders/updated", an_order_body(a_line(1, None, 2), tags="123-1234567-1234567")))
    deliver(shopify, PRODUCT)
    assert facts_of(engine, "SHIRT") == []
    before = everything_stored(engine)
    deliver(shopify, PRODUCT)
    assert everything_stored(engine) == before


def test_a_line_without_variant_is_kept_and_put_to_a_person(shopify: ShopifyDoor, engine: Engine) -> None:
    deliver(shopify, ("orders/create", an_order_body(a_line(1, None) | {"variant_id": None})))
    assert len(reviews_of(engine, "4501")) == 1
    assert read(engine, "waiting") == []


def test_one_variant_may_be_waited_for_by_many_orders_and_lines(shopify: ShopifyDoor, engine: Engine) -> None:
    for order in range(1, 6):
        lines = [a_line(order * 10 + n, None, n) for n in (1, 2)]
        deliver(shopify, ("orders/create", an_order_body(*lines, id_=order)))
    outcome = deliver(shopify, PRODUCT)
    assert sorted(item.quantity for item in outcome.items) == [1] * 5 + [2] * 5
    assert sum(fact.quantity for fact in facts_of(engine, "SHIRT") if isinstance(fact, SaleRecorded)) == 15


@pytest.mark.parametrize("first", ["product", "order"])
def test_an_order_that_tells_more_than_one_append_holds_is_taken_whole(
    shopify: ShopifyDoor, engine: Engine, first: str
) -> None:
    refunds = [a_refund(a_refund_line(5000 + n, n, sku=None), id_=9000 + n) for n in range(1, 11)]
    order = an_order_body(*(a_line(n, None) for n in range(1, 1001)), refunds=refunds)
    told = [PRODUCT, ("orders/updated", order)]
    for one in told if first == "product" else reversed(told):
        deliver(shopify, one)
    kinds = Counter(type(fact) for fact in facts_of(engine, "SHIRT"))
    assert kinds == {SaleRecorded: 1000, ReturnReceived: 10}
    assert len(reviews_of(engine, "4501")) == (0 if first == "product" else 2000)


@pytest.mark.parametrize("told", list(permutations((ORDER, REFUND, PRODUCT))))
@pytest.mark.parametrize("twice", ["each", "all"])
def test_order_refund_and_product_come_in_every_order_and_twice(
    shopify: ShopifyDoor, engine: Engine, told: Sequence[Told], twice: str
) -> None:
    for delivery in [one for one in told for _ in range(2)] if twice == "each" else [*told, *told]:
        deliver(shopify, delivery)
    assert sorted(facts_of(engine, "SHIRT"), key=repr) == sorted([SOLD, BACK], key=repr)
    assert facts_of(engine, "MUG") == [SaleRecorded(1, "4501", "2")]


@pytest.mark.parametrize("fate", ["lost", "unanswered"])
@pytest.mark.parametrize("told", list(permutations((ORDER, REFUND, PRODUCT))))
def test_a_failure_at_any_append_is_made_up_for_by_the_repeated_delivery(told: Sequence[Told], fate: Fate) -> None:
    """The failing append is the first, then the second, and so on until none fails."""
    for step in range(30):
        store = FlakyStore()
        with closing(Engine(store, PROJECTIONS, decode, watch="inventory")) as engine:
            works: list[Fate] = ["works"] * step
            store.log.meet([*works, fate])
            door, failed = a_shopify_door(engine), False
            for delivery in told:
                try:
                    deliver(door, delivery)
                except StoreUnavailable:
                    failed = True
                    deliver(door, delivery)
            assert sorted(facts_of(engine, "SHIRT"), key=repr) == sorted([SOLD, BACK], key=repr)
        if not failed:
            assert step >= 6
            return
    pytest.fail("the deliveries never end")


@pytest.mark.parametrize(
    ("outer", "inner"),
    [(ORDER, PRODUCT), (PRODUCT, ORDER), (REFUND, PRODUCT), (PRODUCT, REFUND), (ORDER, REFUND), (PRODUCT, PRODUCT)],
)  # fmt: skip
def test_a_delivery_within_another_at_any_of_its_calls_sees_it_or_is_seen(outer: Told, inner: Told) -> None:
    """The order and its variant's SKU become known at once: whichever comes second completes the sale."""
    for call in range(60):
        with closing(Engine(MemoryStore(), PROJECTIONS, decode, watch="inventory")) as engine:
            within = Interruption(call, _delivering(engine, inner))
            deliver(an_interrupted_door(engine, within), outer)
            if within.calls <= call:
                assert call >= 4
                return
            wanted = {ORDER: SOLD, REFUND: BACK}
            told = [wanted[one] for one in (outer, inner) if one in wanted]
            mapped = PRODUCT in (outer, inner)
            assert sorted(facts_of(engine, "SHIRT"), key=repr) == (sorted(told, key=repr) if mapped else [])
    pytest.fail("the delivery never ends")


def _delivering(engine: Engine, told: Told) -> Callable[[], object]:
    return lambda: deliver(a_shopify_door(engine), told)


def test_a_newer_product_within_an_older_one_stands_at_every_call() -> None:
    for call in range(60):
        with closing(Engine(MemoryStore(), PROJECTIONS, decode, watch="inventory")) as engine:
            deliver(a_shopify_door(engine), a_product({77: "A"}, "2026-11-20T09:00:00Z"))
            within = Interruption(call, _delivering(engine, a_product({77: "A"}, NOON)))
            deliver(an_interrupted_door(engine, within), a_product({77: "B"}, "2026-11-20T10:00:00Z"))
            if within.calls <= call:
                return
            deliver(a_shopify_door(engine), ORDER)
            assert (facts_of(engine, "A"), facts_of(engine, "B")) == ([SOLD], [])
    pytest.fail("the delivery never ends")


def test_a_sku_that_is_taken_away_while_its_lines_are_served_leaves_none_behind() -> None:
    for call in range(60):
        with closing(Engine(MemoryStore(), PROJECTIONS, decode, watch="inventory")) as engine:
            deliver(a_shopify_door(engine), ORDER)
            within = Interruption(call, _delivering(engine, a_product({77: None}, NOON)))
            deliver(an_interrupted_door(engine, within), PRODUCT)
            if within.calls <= call:
                return
            deliver(a_shopify_door(engine), a_product({77: "SHIRT"}, "2026-11-20T13:00:00Z"))
            assert facts_of(engine, "SHIRT") == [SOLD]
    pytest.fail("the delivery never ends")


def test_orders_and_products_at_once_leave_no_line_waiting(engine: Engine, shopify: ShopifyDoor) -> None:
    told = [("orders/create", an_order_body(a_line(n, None) | {"variant_id": n % 4}, id_=n)) for n in range(1, 25)]
    told += [("products/update", a_product_body({n: f"SKU-{n}"}, id_=n)) for n in range(4)]
    with ThreadPoolExecutor(len(told)) as pool:
        list(pool.map(lambda one: deliver(shopify, one), sorted(told, key=lambda one: hash(one[1]))))
    assert [len(facts_of(engine, f"SKU-{n}")) for n in range(4)] == [6, 6, 6, 6]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"{}", "id"),
        (b'{"id": 1, "variants": [{}]}', "variants[0].id"),
        (b'{"id": "x"}', "id"),
        (b'{"id": 1, "variants": {}}', "variants"),
        (b"nothing", None),
    ],
)
def test_what_is_no_product_is_refused_and_stores_nothing(
    shopify: ShopifyDoor, engine: Engine, body: bytes, field: str | None
) -> None:
    refused = shopify.receive(shopify_headers(body, topic="products/update"), body)
    assert isinstance(refused, Refused)
    assert refused.field == field
    assert everything_stored(engine) == ""


def test_a_product_of_many_variants_is_linked_whole(shopify: ShopifyDoor, engine: Engine) -> None:
    deliver(shopify, a_product({n: f"SKU-{n}" for n in range(1, 2049)}))
    assert len(read(engine, "link")) == 4096
    links = Links(engine.recorder, engine.store.log)
    assert len(links.skus(TENANT, "variant", [str(n) for n in range(1, 2049)])) == 2048
    deliver(shopify, ("orders/create", an_order_body(*(a_line(n, None) | {"variant_id": n} for n in (1, 2048)))))
    assert [len(snapshots_of(engine, "4501")), len(facts_of(engine, "SKU-2048"))] == [3, 1]


@pytest.mark.skipif(not REAL_SAMPLES.is_dir(), reason="the real sample payloads are not on this machine")
def test_a_real_product_of_an_older_api_version_links_its_variants(shopify: ShopifyDoor, engine: Engine) -> None:
    sample = json.loads((REAL_SAMPLES / "product.json").read_bytes())["product"]
    deliver(shopify, ("products/update", json.dumps(sample).encode()))
    assert links_of(engine, "808950810") == [SkuLinked("632910392", 1, "IPOD2008PINK")]
