"""Amazon's notifications to functions over DynamoDB Local: from their queue, and from forwarders with a key."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ingest.amazon.door import Heard
from ingest.amazon.listings import MappedListings
from ingest.operators.mappings import Mapped
from processor.adapters.dynamodb import DynamoStore
from processor.appending import Appender
from processor.clock import system_clock
from processor.deadletters import DeadLetters
from processor.engine import Engine
from processor.errors import StoreUnavailable
from processor.store import Store
from projections import PROJECTIONS
from stock.codec import decode
from stock.identities import sku
from syncstate.lambdas import notifications, runtime, webhook
from syncstate.lambdas.gateway import request_of
from syncstate.notifications import POISON_AFTER, Taker
from tests.gateway import failed_in, http_event, sqs_event
from tests.integration.aws.functions import doors_over, kinds, sold
from tests.payloads.amazon import SELLER, an_item, an_order_change, by_eventbridge, by_sns, encoded
from tests.stores import Eventually
from tests.unit.ingest.amazon import a_door
from tests.unit.ingest.conftest import TENANT
from web.guard.keys import KeyBook

EVENTUALLY = Eventually("dynamodb")
HOOK = "/webhook/amazon/notification"
ORDERS = [an_order_change(an_item(f"i-{n}", "A", 2), order=f"{n:03d}-1234567-1234567", id_=str(n)) for n in range(3)]
KEPT = (notifications._taker, runtime.parts, runtime.settings, webhook._doors)  # noqa: SLF001 - a process begins empty


@pytest.fixture(autouse=True)
def cold(surroundings: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    del surroundings
    monkeypatch.setenv("SYNCSTATE_AMAZON_SELLER", SELLER)
    monkeypatch.setenv("SYNCSTATE_TENANT", TENANT)
    for kept in KEPT:
        kept.cache_clear()
    yield
    for kept in KEPT:
        kept.cache_clear()


@pytest.fixture
def store(stores: Callable[[], DynamoStore]) -> DynamoStore:
    """What the functions write to, seen from outside; it knows the SKU A."""
    return stores()


def mapped(store: DynamoStore) -> DynamoStore:
    MappedListings(Appender(store.log), store.log).mapped(TENANT, [Mapped(sku("A"), "A", "m")], system_clock())
    return store


def waiting(store: Store) -> list[str]:
    class Nobody:
        def ring(self, bells: object) -> None:
            raise AssertionError(bells)

    return [letter.error for letter in DeadLetters(store, Nobody(), system_clock).waiting(TENANT)]


def test_a_batch_of_the_queue_is_durable_and_a_redelivery_changes_nothing(store: DynamoStore) -> None:
    mapped(store)
    bodies = [encoded(ORDERS[0]), encoded(by_sns(ORDERS[1])), encoded(by_eventbridge(ORDERS[2])), encoded(ORDERS[0])]
    for _ in range(2):
        assert failed_in(notifications.handler(sqs_event(*bodies), None)) == []
    assert sold(store, "A") == 6


def test_what_cannot_be_taken_is_kept_and_deleted(store: DynamoStore) -> None:
    mapped(store)
    event = sqs_event(b"hello", encoded(ORDERS[0]), encoded(an_order_change(seller="A0ELSE")))
    assert failed_in(notifications.handler(event, None)) == []
    assert sold(store, "A") == 2
    EVENTUALLY(lambda: len(waiting(store)), 2)
    assert any("A0ELSE is not registered" in error for error in waiting(store))


class Moody(Taker):
    """Raises what it is told to, message by message."""

    def __init__(self, *moods: Exception | None) -> None:
        self._moods = list(moods)

    def take(self, body: bytes, deliveries: int) -> Heard | None:
        del body, deliveries
        mood = self._moods.pop(0)
        if mood is not None:
            raise mood
        return Heard("recorded")


def test_what_the_store_does_not_take_comes_again_alone() -> None:
    taker = Moody(None, StoreUnavailable("append", "no"), None)
    assert failed_in(notifications.taken(taker, sqs_event(b"{}", b"{}", b"{}")["Records"])) == ["m1"]


def test_what_breaks_the_function_comes_again_until_it_is_kept(
    store: DynamoStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine(store, PROJECTIONS, decode, watch="inventory")
    door = a_door(engine, system_clock)

    def broken(*_: object) -> Heard:
        raise ZeroDivisionError("by nought")

    monkeypatch.setattr(door, "take", broken)
    taker, [record] = Taker(door, TENANT), sqs_event(encoded(ORDERS[0]))["Records"]
    assert failed_in(notifications.taken(taker, [record])) == ["m0"]
    record["attributes"] = {"ApproximateReceiveCount": str(POISON_AFTER)}
    assert failed_in(notifications.taken(taker, [record])) == []
    EVENTUALLY(lambda: waiting(store), ["ZeroDivisionError: by nought"])
    engine.close()


def posted(body: bytes, key: str | None) -> dict[str, Any]:
    headers = {} if key is None else {"x-api-key": key}
    answer: dict[str, Any] = webhook.handler(http_event(path=HOOK, body=body, headers=headers), None)
    return {**answer, "json": json.loads(answer["body"])}


def test_a_forwarder_with_a_key_is_answered_as_by_the_http_api(store: DynamoStore) -> None:
    mapped(store)
    key = KeyBook(store.registers, system_clock).create(TENANT, "write", "eventbridge")[1]
    body = encoded([ORDERS[0], by_sns(ORDERS[0]), {"hello": 1}])
    told = posted(body, key)
    assert (told["statusCode"], [one["status"] for one in told["json"]["results"]]) == (
        200,
        ["recorded", "duplicate", "quarantined"],
    )
    assert {name: told["json"][name] for name in ("ok", "recorded", "duplicates", "ignored", "quarantined")} == {
        "ok": False,
        "recorded": 1,
        "duplicates": 1,
        "ignored": 0,
        "quarantined": 1,
    }
    assert kinds(store, "A") == {"SaleRecorded": 1}
    EVENTUALLY(lambda: len(waiting(store)), 1)
    assert posted(b"3", key)["statusCode"] == 400
    assert posted(b'{"a": "' + b"x" * (4 * 1024 * 1024) + b'"}', key)["statusCode"] == 413


def test_it_needs_a_key_that_may_write_and_another_method_is_told_so(store: DynamoStore) -> None:
    reading = KeyBook(store.registers, system_clock).create(TENANT, "read", "screen")[1]
    assert [posted(encoded(ORDERS[0]), key)["statusCode"] for key in (None, "sks_nobody_x", reading)] == [401, 401, 403]
    assert webhook.handler(http_event("GET", HOOK), None)["statusCode"] == 405
    assert webhook.handler(http_event(path=f"{HOOK}s"), None)["statusCode"] == 404


def test_a_failing_store_is_503(store: DynamoStore, monkeypatch: pytest.MonkeyPatch) -> None:
    key = KeyBook(store.registers, system_clock).create(TENANT, "write", "")[1]
    doors = doors_over(store)
    event = http_event(path=HOOK, body=encoded(ORDERS[0]), headers={"x-api-key": key})

    def lost(*_: object) -> None:
        raise StoreUnavailable("append", "no")

    monkeypatch.setattr(store.log, "append", lost)
    assert doors.take(request_of(event))["statusCode"] == 503
