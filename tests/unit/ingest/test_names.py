"""Whose word about a variant's SKU counts: pure, no store."""

from itertools import permutations

import pytest

from ingest.shopify.names import Names, Said, names_of
from processor.clock import Instant
from stock.codec import Fact
from stock.events import LineWaiting, SkuAssigned, SkuLinked


def at(hour: int) -> Instant:
    return Instant(f"2026-11-20T{hour:02}:00:00.000000Z")


def shop(name: str | None, hour: int, seen: int = 1) -> tuple[Instant, Fact]:
    return at(hour), SkuLinked("600", seen, name)


def operator(name: str | None, hour: int) -> tuple[Instant, Fact]:
    return at(hour), SkuAssigned(name)


def test_of_what_nobody_said_anything_there_is_no_sku() -> None:
    assert names_of([]) == Names()
    assert names_of([(at(10), LineWaiting("4501", "1"))]).sku is None


@pytest.mark.parametrize(
    ("told", "name", "since"),
    [
        ([shop("A", 10)], "A", 10),
        ([operator("B", 10)], "B", 10),
        ([shop("A", 10), operator("B", 11)], "B", 11),
        ([operator("B", 10), shop("A", 11)], "A", 11),
        ([operator("B", 11), shop("A", 10)], "B", 11),
        ([shop("A", 10), operator("B", 10)], "B", 10),
        ([operator("B", 10), shop(None, 11)], "B", 10),
        ([shop("A", 9), operator("B", 10), shop(None, 11, 2)], "B", 10),
        ([shop("A", 10), operator("B", 11), operator(None, 12)], "A", 10),
        ([shop("A", 9), operator("B", 10), shop("C", 11, 2), operator(None, 12)], "C", 11),
        ([shop("A", 9), operator("B", 10), shop("A", 8, 2)], "B", 10),
    ],
)
def test_the_later_word_that_names_a_sku_counts(told: list[tuple[Instant, Fact]], name: str, since: int) -> None:
    assert names_of(told).newest == Said(name, at(since))


def test_who_takes_back_all_that_was_said_leaves_none() -> None:
    assert names_of([operator("B", 10), operator(None, 11)]).sku is None
    assert names_of([shop("A", 10), shop(None, 11, 2)]).sku is None


@pytest.mark.parametrize("told", list(permutations((shop("A", 9, 1), shop("C", 11, 2), operator("B", 10)))))
def test_in_whatever_order_words_are_read_the_same_counts(told: tuple[tuple[Instant, Fact], ...]) -> None:
    assert names_of(told).newest == Said("C", at(11))


def test_of_operators_the_last_word_counts_and_of_the_shop_that_of_its_newest_product() -> None:
    names = names_of([operator("B", 11), operator("D", 10), shop("C", 9, 2), shop("A", 12, 1)])
    assert (names.operator.sku, names.shop.sku, names.seen) == ("D", "C", 2)
