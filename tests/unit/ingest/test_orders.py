"""What an order's history implies: pure, no store."""

from itertools import permutations

import pytest

from ingest.shopify.orders import Implied, story_of
from ingest.shopify.tellings import (
    Entry,
    contradicted,
    telling_of_edit,
    telling_of_refund,
    telling_of_resolution,
    telling_of_snapshot,
    unseen,
)
from processor.clock import Instant
from stock.dispositions import Disposition
from stock.events import (
    LineDelta,
    LineResolved,
    OrderEdited,
    OrderLine,
    OrderSeen,
    RefundLine,
    RefundSeen,
    ReturnReceived,
    ReviewRequested,
    ReviewSettled,
    SaleCancelled,
    SaleRecorded,
    StockAdjusted,
)
from stock.facts import digest
from stock.identities import sku

AT = Instant("2026-11-20T10:00:00.000000Z")
AMAZON = "123-1234567-1234567"
SETTLED = ReviewSettled("unmapped:1")

Happened = OrderSeen | RefundSeen | OrderEdited | LineResolved


def history(*happened: Happened) -> list[Entry]:
    return [Entry(version, AT, f"tx{version}", digest(one), one) for version, one in enumerate(happened, 1)]


def seen(*lines: OrderLine, amazon: str | None = None) -> OrderSeen:
    return OrderSeen(lines, amazon)


def shirts(quantity: int, sku: str | None = "SHIRT", *, removed: int = 0) -> OrderLine:
    return OrderLine("1", quantity, sku, removed=removed)


def back(
    id_: str, quantity: int = 1, restock: str = "return", sku: str | None = None, *, line: str = "1"
) -> RefundSeen:
    return RefundSeen(f"r-{id_}", (RefundLine(id_, line, quantity, restock, sku),))


def told(*happened: Happened) -> list[tuple[str | None, str, object]]:
    return [(found.sku, found.tx, found.fact) for found in story_of("4501", history(*happened)).facts]


def a_sale(quantity: int) -> SaleRecorded:
    return SaleRecorded(quantity, "4501", "1")


def a_cancellation(quantity: int) -> SaleCancelled:
    return SaleCancelled(quantity, "4501", "1")


def a_return(quantity: int) -> ReturnReceived:
    return ReturnReceived(quantity, "merchant", Disposition.SELLABLE, "4501")


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
    assert told(seen(shirts(1, "SHIRT")), seen(shirts(3, "OTHER")), back("b", sku="THIRD")) == [
        ("SHIRT", "shopify:line:1:1", a_sale(1)),
        ("SHIRT", "shopify:line:1:3", a_sale(2)),
        ("SHIRT", "shopify:refund:b", a_return(1)),
    ]


def test_a_line_without_sku_is_put_to_a_person_once_and_sold_when_its_sku_is_known() -> None:
    first = story_of("4501", history(seen(shirts(2, None)), seen(shirts(3, None)), seen(shirts(1)))).facts
    review = ReviewRequested("unmapped_line", "shopify:4501", "line 1, variant unknown, 2 sold")
    assert [(found.sku, found.fact) for found in first] == [(None, review), ("SHIRT", a_sale(3)), (None, SETTLED)]


def test_a_line_is_sold_when_its_variant_resolves_and_because_of_the_snapshot_that_named_it() -> None:
    story = story_of("4501", history(seen(shirts(2, None)), LineResolved("1", "SHIRT"), seen(shirts(1, "OTHER"))))
    _, sale, settled = story.facts
    assert (sale.sku, sale.fact, sale.cause.version) == ("SHIRT", a_sale(2), 1)
    assert (settled.sku, settled.fact, settled.cause.version) == (None, SETTLED, 2)
    assert story.waiting == {}


def test_a_line_that_resolved_before_it_was_seen_asks_nobody() -> None:
    assert told(LineResolved("1", "SHIRT"), seen(shirts(2, None))) == [("SHIRT", "shopify:line:1:2", a_sale(2))]


def test_what_waits_for_a_sku_names_its_variant() -> None:
    lines = (OrderLine("1", 1, None, "77"), OrderLine("2", 1, None), OrderLine("3", 0, None, "78"))
    kept = RefundSeen(
        "r", (RefundLine("x", "4", 1, "no_restock", None, "79"), RefundLine("y", "5", 1, "cancel", None, "80"))
    )
    assert story_of("4501", history(seen(*lines), kept)).waiting == {"1": "77", "5": "80"}
    assert story_of("4501", history(seen(*lines, amazon=AMAZON), kept)).waiting == {}


@pytest.mark.parametrize(
    ("restock", "fact"),
    [("return", a_return(2)), ("legacy_restock", a_return(2)), ("cancel", a_cancellation(2)), ("no_restock", None)],
)
def test_a_refund_gives_units_back_as_its_restock_type_says(restock: str, fact: object) -> None:
    given = told(seen(shirts(3)), back("b", 2, restock))[1:]
    assert given == ([] if fact is None else [("SHIRT", "shopify:refund:b", fact)])


@pytest.mark.parametrize("restock", ["", "exchanged"])
def test_a_refund_that_does_not_tell_what_became_of_its_units_is_put_to_a_person(restock: str) -> None:
    [_, (sku, tx, asked)] = told(seen(shirts(3)), back("b", 2, restock), seen(shirts(3, removed=2)))
    assert (sku, tx) == (None, "restock:b")
    detail = f"line 1, 2 refunded, restock type {restock or 'none'}"
    assert asked == ReviewRequested("unknown_restock", "shopify:4501", detail)


def test_a_line_that_comes_twice_in_one_refund_gives_back_both() -> None:
    twice = RefundSeen("r", (RefundLine("x", "1", 1, "return"), RefundLine("y", "1", 1, "cancel")))
    assert told(seen(shirts(2)), twice)[1:] == [
        ("SHIRT", "shopify:refund:x", a_return(1)),
        ("SHIRT", "shopify:refund:y", a_cancellation(1)),
    ]


def test_a_refund_line_counts_once_whichever_refund_names_it() -> None:
    again = RefundSeen("other", (RefundLine("x", "1", 1, "return"),))
    assert len(told(seen(shirts(2)), back("x"), again)) == 2


def test_a_refund_of_an_order_never_seen_restocks_and_the_order_sells_when_it_comes() -> None:
    assert told(back("b", sku="SHIRT"), seen(shirts(1))) == [
        ("SHIRT", "shopify:refund:b", a_return(1)),
        ("SHIRT", "shopify:line:1:1", a_sale(1)),
    ]


def test_a_refund_whose_sku_is_unknown_waits_and_asks_once() -> None:
    asked = ReviewRequested("unmapped_line", "shopify:4501", "line 1, variant unknown, 0 sold, 1 back")
    assert told(back("b"), back("c", restock="no_restock"), seen(shirts(2))) == [
        (None, "unmapped:1", asked),
        ("SHIRT", "shopify:line:1:2", a_sale(2)),
        ("SHIRT", "shopify:refund:b", a_return(1)),
        (None, "settled:unmapped:1", SETTLED),
    ]


def test_no_units_refunded_give_nothing_back() -> None:
    assert told(seen(shirts(1)), back("b", 0), back("c", 0, "exchanged"))[1:] == []


def doubts(*happened: Happened) -> list[ReviewRequested]:
    reviews = (fact for _, _, fact in told(*happened) if isinstance(fact, ReviewRequested))
    return [review for review in reviews if review.reason == "over_refunded"]


def test_more_units_refunded_than_sold_count_and_are_put_to_a_person_once() -> None:
    one, five = back("b"), back("c", 5)
    facts = told(seen(shirts(1)), one, five, back("d", 2))
    assert [fact.quantity for _, _, fact in facts if isinstance(fact, ReturnReceived)] == [1, 5, 2]
    assert facts[3] == (
        None,
        "over:1",
        ReviewRequested("over_refunded", "shopify:4501", "line 1, 6 refunded, 1 sold"),
    )
    assert len(doubts(seen(shirts(1)), one, five, back("d", 2))) == 1


def test_a_refund_told_before_its_order_is_doubted_only_with_it() -> None:
    assert doubts(back("b", 2)) == []
    assert doubts(back("b", 2), seen(shirts(2))) == []
    assert [review.detail for review in doubts(back("b", 2), seen(shirts(1)))] == ["line 1, 2 refunded, 1 sold"]
    assert doubts(seen(shirts(3)), back("b", 2), back("b", 2), back("c", 1, "no_restock")) == []
    assert doubts(seen(shirts(1), amazon=AMAZON), back("b", 2)) == []


def test_an_edit_is_never_stock_by_itself() -> None:
    edit = OrderEdited("e", (LineDelta("1", 1), LineDelta("2", 1)), (LineDelta("3", 1),))
    assert told(edit, seen(shirts(2)), edit) == told(seen(shirts(2)))


def test_units_that_left_a_line_without_a_refund_are_put_to_a_person() -> None:
    first, second = told(seen(shirts(3)), seen(shirts(3, removed=1)), back("b"), seen(shirts(3, removed=3)))[1::2]
    assert first == (
        None,
        "removed:1:1",
        ReviewRequested("unexplained_removal", "shopify:4501", "line 1, 1 of 3 removed, 0 refunded"),
    )
    assert second == (
        None,
        "removed:1:3",
        ReviewRequested("unexplained_removal", "shopify:4501", "line 1, 3 of 3 removed, 1 refunded"),
    )


def test_the_shops_own_list_of_refunds_explains_the_units_that_left() -> None:
    assert len(told(seen(OrderLine("1", 3, "SHIRT", removed=2, refunded=2)))) == 1
    assert len(told(seen(OrderLine("1", 3, "SHIRT", removed=2, refunded=1)))) == 2


def test_units_that_left_a_line_ask_once_for_each_number_of_them() -> None:
    assert len(told(seen(shirts(3, removed=1)), seen(shirts(3, removed=1), OrderLine("2", 0)))) == 2


@pytest.mark.parametrize("restock", ["return", "cancel", "no_restock"])
def test_a_refund_explains_the_units_that_left_whether_they_are_back_or_not(restock: str) -> None:
    facts = told(seen(shirts(3)), back("b", 2, restock), seen(shirts(3, removed=2)))
    assert not [fact for sku, _, fact in facts if sku is None]


def test_a_copy_of_an_amazon_order_changes_no_stock() -> None:
    copy = seen(shirts(2, removed=1), OrderLine("2", 1, None), amazon=AMAZON)
    assert told(copy, seen(shirts(3)), back("b", sku="SHIRT"), back("c", restock="exchanged")) == []


def test_a_copy_that_is_recognised_late_gives_back_what_it_sold() -> None:
    assert told(seen(shirts(2)), seen(shirts(3)), seen(shirts(3), amazon=AMAZON), seen(shirts(9))) == [
        ("SHIRT", "shopify:line:1:2", a_sale(2)),
        ("SHIRT", "shopify:line:1:3", a_sale(1)),
        ("SHIRT", "shopify:line:1:copy", a_cancellation(3)),
    ]


def test_a_copy_that_is_recognised_late_takes_away_what_it_gave_back() -> None:
    facts = told(
        back("b", 2, sku="SHIRT"), back("c", 1, "cancel"), back("d", restock="no_restock"), seen(amazon=AMAZON)
    )
    assert facts[2:] == [
        ("SHIRT", "shopify:refund:b:copy", StockAdjusted(-2, "correction")),
        ("SHIRT", "shopify:refund:c:copy", a_sale(1)),
    ]


LIFE = (
    seen(shirts(1, None)),
    seen(shirts(4)),
    seen(shirts(2), OrderLine("2", 2, "MUG")),
    back("b", restock="cancel"),
    seen(shirts(6, removed=3)),
    LineResolved("3", "CAP"),
    back("c", line="3"),
)


@pytest.mark.parametrize("last", [(), (seen(amazon=AMAZON), seen(shirts(9)), back("z"))])
def test_a_longer_history_only_adds_facts(last: tuple[Happened, ...]) -> None:
    happened = (*LIFE, *last)
    whole: list[Implied] = list(story_of("4501", history(*happened)).facts)
    for length in range(len(happened)):
        shorter = list(story_of("4501", history(*happened[:length])).facts)
        assert whole[: len(shorter)] == shorter


@pytest.mark.parametrize("copy", [False, True])
def test_whatever_order_an_order_is_told_in_the_same_is_left(copy: bool) -> None:  # noqa: FBT001 - a case
    told_of: tuple[Happened, ...] = (
        seen(shirts(2)),
        seen(shirts(3, None, removed=1), OrderLine("2", 1, "MUG"), amazon=AMAZON if copy else None),
        back("b", 2, "cancel", "SHIRT"),
        back("c", 1, "return", "MUG", line="2"),
        OrderEdited("e", (LineDelta("2", 1),)),
        LineResolved("1", "SHIRT"),
    )
    left = {"SHIRT": 0, "MUG": 0} if copy else {"SHIRT": -1, "MUG": 0}
    for ordered in permutations(told_of):
        assert _left(*ordered) == left


def _left(*happened: Happened) -> dict[str, int]:
    left = {"SHIRT": 0, "MUG": 0}
    for name, _, fact in told(*happened):
        if name is not None:
            left[name] += _change(fact)
    return left


def _change(fact: object) -> int:
    match fact:
        case SaleRecorded(quantity=quantity):
            return -quantity
        case SaleCancelled(quantity=quantity) | ReturnReceived(quantity=quantity):
            return quantity
        case StockAdjusted(delta=delta):
            return delta
    raise AssertionError(fact)


def test_facts_have_identities_of_their_own() -> None:
    txs = [tx for _, tx, _ in told(*LIFE, seen(amazon=AMAZON))]
    assert len(set(txs)) == len(txs)


def test_what_is_told_again_is_known_by_its_identity_wherever_it_stands() -> None:
    snapshots = [telling_of_snapshot("4501", seen(shirts(quantity)), AT) for quantity in (1, 2)]
    more = [telling_of_refund(back("b"), AT), telling_of_edit(OrderEdited("e"), AT)]
    more.append(telling_of_resolution("1", sku("SHIRT"), AT))
    held = [Entry(n, AT, one.tx, digest(one.happened), one.happened) for n, one in enumerate([*snapshots, *more], 1)]
    new = telling_of_snapshot("4501", seen(shirts(3)), AT)
    assert unseen(held, [*snapshots, *more]) == []
    assert unseen(held, [snapshots[1], new, new]) == [new]
    assert unseen([], [new, *snapshots]) == [new, *snapshots]


def test_a_refund_told_differently_contradicts_the_first_telling() -> None:
    first, other = telling_of_refund(back("b"), AT), telling_of_refund(back("b", 2), AT)
    renamed = telling_of_refund(back("b", sku="SHIRT"), AT)
    held = [Entry(1, AT, first.tx, digest(first.happened), first.happened)]
    assert contradicted(held, [first, renamed, telling_of_edit(OrderEdited("e"), AT)]) == []
    assert contradicted(held, [first, other]) == [other]


def test_a_question_about_a_line_comes_to_nothing_once_the_order_is_a_copy_of_an_amazon_order() -> None:
    asked, settled = told(seen(shirts(2, None)), seen(shirts(2, None), amazon=AMAZON), LineResolved("1", "SHIRT"))
    assert (asked[1], settled) == ("unmapped:1", (None, "settled:unmapped:1", SETTLED))
