"""Notifications held against Amazon's published schemas, where they are at hand: read in place, never copied."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from processor.clock import system_clock
from processor.engine import Engine
from stock.identities import sku
from tests.payloads.amazon import (
    SELLER,
    a_finished_feed,
    a_quantity_change,
    a_status_change,
    an_item,
    an_order_change,
    encoded,
)
from tests.unit.ingest.amazon import a_door, on_hand, seen_at_amazon
from tests.unit.ingest.conftest import TENANT
from tests.unit.ingest.test_amazon_orders import shelve

SHARED = Path(__file__).resolve().parents[3].parent / "shared"
SCHEMAS, SAMPLES = SHARED / "sp-api-models" / "notifications", SHARED / "payloads" / "amazon"

pytestmark = pytest.mark.skipif(not SCHEMAS.is_dir(), reason="Amazon's published models are not at hand")

OURS: dict[str, list[Mapping[str, Any]]] = {
    "ListingsItemMfnQuantityChange": [a_quantity_change(quantity=0), a_quantity_change("T/RED #1", 99)],
    "ListingsItemStatusChangeNotification": [a_status_change("SHIRT", "BUYABLE"), a_status_change("SHIRT")],
    "FeedProcessingFinishedNotification": [a_finished_feed(), a_finished_feed(status="FATAL")],
    "OrderChangeNotification": [
        an_order_change(),
        an_order_change(an_item(QuantityShipped=1, OrderItemStatus="Unshipped"), status="Canceled"),
        an_order_change(by="AFN"),
    ],
}


def schema(name: str) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode((SCHEMAS / f"{name}.json").read_bytes())
    return found


def faults(name: str, told: Mapping[str, Any]) -> list[str]:
    checker = pytest.importorskip("jsonschema_rs")
    told = msgspec.json.decode(encoded(told))
    return [
        f"{error.instance_path}: {error.message}" for error in checker.validator_for(schema(name)).iter_errors(told)
    ]


@pytest.mark.parametrize(("name", "told"), [(name, told) for name in OURS for told in OURS[name]])
def test_the_notifications_of_our_tests_are_as_published(name: str, told: Mapping[str, Any]) -> None:
    found = faults(name, told)
    if name == "ListingsItemStatusChangeNotification":
        assert len(found) == 1, "the published enum has another name than Amazon's own example"
        found = faults(name, {**told, "NotificationType": "LISTINGS_ITEM_STATUS_CHANGED"})
    assert found == []


EXAMPLES = [
    (name, number)
    for name in (
        "FBAInventoryAvailabilityChangeNotification",
        "FeedProcessingFinishedNotification",
        "ListingsItemMfnQuantityChange",
        "ListingsItemStatusChangeNotification",
        "OrderChangeNotification",
    )
    for number in range(len(schema(name).get("examples", [])) if SCHEMAS.is_dir() else 0)
]


def told_by(told: Any) -> str | None:
    """Return the seller that a notification names, wherever it does."""
    if isinstance(told, dict):
        named = next((told[name] for name in ("SellerId", "sellerId", "accountId") if told.get(name)), None)
        return named or next((found for part in told.values() if (found := told_by(part))), None)
    return None


def listings_in(told: Any) -> set[str]:
    if isinstance(told, list):
        return {name for part in told for name in listings_in(part)}
    if isinstance(told, dict):
        own = {told[name] for name in ("Sku", "SKU", "SellerSKU") if name in told}
        return own | {name for part in told.values() for name in listings_in(part)}
    return set()


@pytest.mark.parametrize(("name", "number"), EXAMPLES)
def test_amazon_s_own_examples_are_taken(engine: Engine, name: str, number: int) -> None:
    told = schema(name)["examples"][number]
    _taken(engine, told)


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="no samples of real notifications are here")
@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.json")), ids=lambda path: path.stem)
def test_real_notifications_are_taken(engine: Engine, path: Path) -> None:
    _taken(engine, msgspec.json.decode(path.read_bytes()))


def _taken(engine: Engine, told: Any) -> None:
    """Take a notification of whichever seller, of listings that are all known."""
    names = listings_in(told)
    shelve(engine, *names)
    door = a_door(engine, system_clock, {told_by(told) or SELLER: TENANT})
    heard = [door.take(TENANT, encoded(told)).status for _ in range(2)]
    reports = "REPORT" in str(told.get("notificationType"))
    assert heard == (["ignored", "ignored"] if reports else ["recorded", "duplicate"])
    for name in names:
        moved = on_hand(engine, name) != 100
        assert moved is ("AmazonOrderId" in str(told)), "only orders move stock"
        assert not moved or not seen_at_amazon(engine, sku(name))
