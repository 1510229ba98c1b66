"""What the demo counts as right, and the orders it sends."""

import hashlib
from collections import Counter
from random import Random
from typing import Any

import msgspec
import pytest

from ingest.shopify.hmac import signature as shopifys
from localstack.demo import Outcome, Shown
from localstack.orders import GOODS, a_day, signature

RIGHT = Shown(sku="A", opening=10, sold=4, stock=6, offered=4, amazon=4, buffer=2)
ALL_RIGHT = Outcome(orders=1, deliveries=2, forged=2, refused=2, failed=0, seconds=1.0, dead=0, skus=[RIGHT])


@pytest.mark.parametrize("wrong", [{"stock": 5}, {"stock": None}, {"offered": 6}, {"amazon": 0}, {"amazon": None}])
def test_a_sku_is_right_only_where_both_show_what_they_must(wrong: dict[str, Any]) -> None:
    assert RIGHT.right
    assert not RIGHT._replace(**wrong).right


def test_what_the_buffer_holds_back_is_not_offered_and_nothing_is_less_than_nothing() -> None:
    assert Shown(sku="A", opening=3, sold=2, stock=1, offered=0, amazon=0, buffer=2).right


@pytest.mark.parametrize("wrong", [{"refused": 1}, {"failed": 1}, {"dead": 1}, {"skus": [RIGHT._replace(amazon=9)]}])
def test_a_day_is_right_only_where_all_of_it_is(wrong: dict[str, Any]) -> None:
    assert ALL_RIGHT.right
    assert not ALL_RIGHT._replace(**wrong).right


def test_a_day_repeats_orders_and_forges_some_and_counts_each_true_one_once() -> None:
    day = a_day(20, 1000, Random(3))
    bodies = Counter(one.body for one in day.deliveries if not one.forged)
    assert len(bodies) == day.orders
    assert max(bodies.values()) > 1
    assert sum(one.forged for one in day.deliveries) == 2
    sold: Counter[str] = Counter()
    for body in bodies:
        for line in msgspec.json.decode(body)["line_items"]:
            sold[line["sku"]] += line["quantity"]
    assert sold == day.sold
    assert all(day.sold[good.sku] < good.opening for good in GOODS)


def test_signatures_are_shopifys() -> None:
    body = hashlib.sha256(b"x").digest()
    assert signature(body, "hush") == shopifys("hush", body)
