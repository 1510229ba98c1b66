"""What an order's history implies: pure, no store."""

from ingest.shopify.orders import Implied, Known, Seen, Unseen, decide, implied
from processor.clock import Instant
from stock.events import OrderLine, OrderSeen, ReviewRequested, SaleCancelled, SaleRecorded

AT = Instant("2026-11-20T10:00:00.000000Z")
AMAZON = "123-1234567-1234567"


def history(*snapshots: OrderSeen) -> list[Seen]:
    return [Seen(version, AT, order) for version, order in enumerate(snapshots, 1)]


def seen(*lines: OrderLine, amazon: str | None = None) -> OrderSeen:
    return OrderSeen(lines, amazon)


def shirts(quantity: int, sku: str | None = "SHIRT") -> OrderLine:
    return OrderLine("1", quantity, sku)


def told(*snapshots: OrderSeen) -> list[tuple[str | None, str, object]]:
    return [(found.sku, found.tx, found.fact) for found in implied("4501", history(*snapshots))]


def a_sale(quantity: int) -> SaleRecorded:
    return SaleRecorded(quantity, "4501", "1")


def test_the_first_snapshot_sells_its_lines() -> None:
    assert told(seen(shirts(2), OrderLine("2", 1, "MUG"))) == [
        ("SHIRT", "shopify:line:1:2", a_sale(2)),
        ("MUG", "shopify:line:2:1", SaleRecorded(1, "4501", "2")),
    ]


def test_an_increase_sells_the_difference() -> None:
    assert told(seen(shirts(2)), seen(shirts(5))) == [
        ("SHIRT", "shopify:line:1:2", a_sale(2)),
        ("SHIRT", "shopify:line:1:5", a_sale(3)),
    ]


def test_a_smaller_quantity_or_a_vanished_line_takes_nothing_back() -> None:
    assert told(seen(shirts(5)), seen(shirts(2)), seen()) == told(seen(shirts(5)))


def test_no_units_sell_nothing_and_ask_nobody() -> None:
    assert told(seen(shirts(0), OrderLine("2", 0, None))) == []


def test_a_line_keeps_the_sku_it_was_first_seen_with() -> None:
    assert told(seen(shirts(1, "SHIRT")), seen(shirts(3, "OTHER"))) == [
        ("SHIRT", "shopify:line:1:1", a_sale(1)),
        ("SHIRT", "shopify:line:1:3", a_sale(2)),
    ]


def test_a_line_without_sku_is_put_to_a_person_once_and_sold_when_its_sku_is_known() -> None:
    first = implied("4501", history(seen(shirts(2, None)), seen(shirts(3, None)), seen(shirts(1))))
    review = ReviewRequested("unmapped_line", "shopify:4501", "line 1, variant unknown, 2 sold")
    assert [(found.sku, found.fact) for found in first] == [(None, review), ("SHIRT", a_sale(3))]


def test_a_copy_of_an_amazon_order_sells_nothing() -> None:
    assert told(seen(shirts(2), OrderLine("2", 1, None), amazon=AMAZON), seen(shirts(3))) == []


def test_a_copy_that_is_recognised_late_gives_back_what_it_sold() -> None:
    assert told(seen(shirts(2)), seen(shirts(3)), seen(shirts(3), amazon=AMAZON), seen(shirts(9))) == [
        ("SHIRT", "shopify:line:1:2", a_sale(2)),
        ("SHIRT", "shopify:line:1:3", a_sale(1)),
        ("SHIRT", "shopify:line:1:copy", SaleCancelled(3, "4501", "1")),
    ]


def test_a_longer_history_only_adds_facts() -> None:
    snapshots = (seen(shirts(1, None)), seen(shirts(4)), seen(shirts(2), OrderLine("2", 2, "MUG")), seen(shirts(6)))
    whole: list[Implied] = implied("4501", history(*snapshots))
    for length in range(len(snapshots)):
        shorter = implied("4501", history(*snapshots[:length]))
        assert whole[: len(shorter)] == shorter


def test_a_snapshot_is_known_by_its_content_wherever_it_stands() -> None:
    past = history(seen(shirts(1)), seen(shirts(2)))
    assert decide(past, 2, seen(shirts(1))) == Known()
    assert decide(past, 2, seen(shirts(3))) == Unseen(2)
    assert decide([], 7, seen(shirts(3))) == Unseen(7)
