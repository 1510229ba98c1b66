"""The path from a body to the answer, on every store."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from ingest.outcome import Taken
from processor.clock import system_clock
from processor.engine import Engine
from stock.identities import sku
from syncstate.settings import Settings
from syncstate.wiring import services
from tests.payloads import SECRET, SHOP, a_line, a_simple_body, an_order_body, shopify_headers
from web.api.order_answers import OrderAnswer, answer_of
from web.services import Services


@pytest.fixture
def parts(engine: Engine) -> Services:
    return services(Settings(shopify_secrets={SHOP: (SECRET,)}), engine, system_clock)


def sent(parts: Services, body: bytes, *, signed: bool = False) -> OrderAnswer:
    outcome = parts.door.receive(parts.tenant, shopify_headers(body) if signed else {}, body)
    assert isinstance(outcome, Taken), outcome
    return answer_of(outcome, parts.inventory)


def physical(parts: Services, name: str) -> int | None:
    found = parts.inventory.one(parts.tenant, sku(name))
    return found.physical if found else None


def test_sales_at_once_leave_what_is_left_and_each_learns_its_own_number(parts: Services) -> None:
    sent(parts, a_simple_body(("A", 1000), order="init-1"))
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda n: sent(parts, a_simple_body(("A", 1), order=f"o{n}")), range(100)))
    assert physical(parts, "A") == 900
    known = [answer.inventory_after["A"] for answer in answers if not answer.pending]
    assert len(set(known)) == len(known)
    assert set(known) <= set(range(900, 1000))


def test_one_signed_order_delivered_twenty_times_at_once_counts_once(parts: Services) -> None:
    sent(parts, a_simple_body(("A", 10), ("B", 10), order="init-1"))
    body = an_order_body(a_line(1, "A", 2), a_line(2, "B", 3))
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: sent(parts, body, signed=True), range(20)))
    assert sum(answer.queued - answer.duplicates for answer in answers) == 2
    assert (physical(parts, "A"), physical(parts, "B")) == (8, 7)


def test_snapshots_at_once_sell_the_largest_quantity(parts: Services) -> None:
    sent(parts, a_simple_body(("A", 100), order="init-1"))
    bodies = [an_order_body(a_line(1, "A", quantity)) for quantity in (1, 2, 3, 4)] * 3
    with ThreadPoolExecutor(len(bodies)) as pool:
        list(pool.map(lambda body: sent(parts, body, signed=True), bodies))
    assert physical(parts, "A") == 96
    assert Counter(entry.event.type for entry in parts.inventory.ledger(parts.tenant, sku("A")))["SaleRecorded"] <= 4
