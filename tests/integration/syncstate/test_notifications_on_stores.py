"""Notifications on every store: many at once, the same ones again, and mappings that come in between."""

from concurrent.futures import ThreadPoolExecutor
from itertools import chain, repeat
from random import Random

import pytest

from processor.clock import system_clock
from processor.engine import Engine
from stock.identities import sku
from syncstate.settings import Settings
from syncstate.wiring import services
from tests.payloads.amazon import (
    SELLER,
    Told,
    a_quantity_change,
    an_fba_change,
    an_item,
    an_order_change,
    encoded,
)
from web.services import Services

TENANT = "default"


@pytest.fixture
def parts(engine: Engine) -> Services:
    found = services(Settings(amazon_seller=SELLER), engine, system_clock)
    for name in ("SHIRT", "MUG"):
        found.facts.receive(TENANT, "count", encoded({"sku": name, "count": 100}))
    return found


def life(number: int) -> list[Told]:
    """Return what is told of an order of three SHIRTs, one of which is cancelled, and two MUGs."""
    order = f"{number:03d}-1234567-1234567"
    shirt, mug = f"{number}-1", an_item(f"{number}-2", "MUG-AMZ", 2)
    sent = an_item(shirt, quantity=2, QuantityShipped=2)
    return [
        an_order_change(an_item(shirt, quantity=3), mug, status="Pending", order=order, id_=f"{order}a"),
        an_order_change(an_item(shirt, quantity=2), mug, order=order, id_=f"{order}b"),
        an_order_change(sent, mug, status="Shipped", order=order, id_=f"{order}c"),
        a_quantity_change(quantity=number, id_=f"{order}q"),
    ]


def test_many_at_once_and_repeated_sell_each_order_once(parts: Services) -> None:
    told = [*chain.from_iterable(map(life, range(5))), an_fba_change("MUG", 7)] * 2
    Random(1).shuffle(told)

    def hear(one: Told) -> str:
        return parts.notifications.take(TENANT, encoded(one)).status

    with ThreadPoolExecutor(8) as pool:
        first = list(pool.map(hear, told[: len(told) // 2]))
        mapping = encoded({"sku": "MUG", "listing": "MUG-AMZ", "tx": "m"})
        mapped = list(pool.map(lambda body: parts.facts.receive(TENANT, "mapping", body), repeat(mapping, 4)))
        second = list(pool.map(hear, told[len(told) // 2 :]))
    assert len(mapped) == 4
    assert {*first, *second} <= {"recorded", "duplicate"}
    assert {hear(one) for one in told} == {"duplicate"}
    found = {name: parts.inventory.one(TENANT, sku(name)) for name in ("SHIRT", "MUG")}
    assert {name: one.on_hand for name, one in found.items() if one is not None} == {"SHIRT": 90, "MUG": 90}
    assert found["MUG"] is not None
    assert found["MUG"].fba == 7
    assert list(parts.letters.letters.waiting(TENANT)) == []
