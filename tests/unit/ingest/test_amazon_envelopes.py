"""Envelopes around Amazon's notifications, and what is none."""

import json
from pathlib import Path
from typing import Any

import pytest

from ingest.amazon.envelopes import Aside, Notification, Unreadable, opened
from tests.payloads.amazon import (
    a_confirmation,
    a_finished_feed,
    a_notification,
    a_quantity_change,
    an_order_change,
    by_eventbridge,
    by_sns,
    by_sqs,
    encoded,
)

REAL_SAMPLES = Path(__file__).parents[4] / "shared" / "payloads" / "amazon"
CHANGE = a_quantity_change(quantity=3)

WRAPPED: dict[str, Any] = {
    "bare": CHANGE,
    "text": json.dumps(CHANGE),
    "text of text": json.dumps(json.dumps(CHANGE)),
    "sns": by_sns(CHANGE),
    "sns, an object": by_sns(CHANGE, as_text=False),
    "eventbridge": by_eventbridge(CHANGE),
    "eventbridge, text": by_eventbridge(CHANGE, as_text=True),
    "sqs": by_sqs(CHANGE),
    "sns in sqs": by_sqs(by_sns(CHANGE)),
    "eventbridge in sqs": by_sqs(by_eventbridge(CHANGE)),
    "eventbridge in sns in sqs": by_sqs(by_sns(by_eventbridge(CHANGE))),
}


def found_in(data: bytes) -> Notification:
    found = opened(data)
    assert isinstance(found, Notification)
    return found


@pytest.mark.parametrize("told", WRAPPED.values(), ids=WRAPPED)
def test_a_notification_is_found_in_every_envelope(told: object) -> None:
    found = found_in(encoded(told))
    assert (found.type, found.id, found.at) == (
        "LISTINGS_ITEM_MFN_QUANTITY_CHANGE",
        "n-1",
        "2026-11-20T10:00:00.000000Z",
    )
    assert found.payload["quantity"] == 3


def test_names_are_read_in_either_spelling() -> None:
    feed, order = found_in(encoded(a_finished_feed("9"))), found_in(encoded(an_order_change()))
    assert (feed.id, feed.payload["feedid"]) == ("n-1", "9")
    assert order.payload["summary"]["orderitems"][0]["sellersku"] == "SHIRT"


def test_values_keep_their_spelling() -> None:
    assert found_in(encoded(a_quantity_change("Shirt/RED #1"))).payload["sku"] == "Shirt/RED #1"


def test_one_without_id_is_known_by_its_content() -> None:
    one, same = (found_in(encoded(a_quantity_change(quantity=1, id_=None))).id for _ in range(2))
    later = found_in(encoded(a_quantity_change(quantity=1, id_=None, at="2026-11-20T11:00:00Z"))).id
    assert one == same
    assert one.startswith("content:")
    assert later != one


def test_the_time_is_the_events_else_that_of_its_publication_else_unknown() -> None:
    told = a_quantity_change(at="2026-11-20T11:00:00+01:00")
    assert found_in(encoded(told)).at == "2026-11-20T10:00:00.000000Z"
    assert found_in(encoded({**told, "EventTime": "yesterday"})).at == "2026-11-20T10:00:00.000000Z"
    assert found_in(encoded(a_quantity_change(at=None))).at is None


@pytest.mark.parametrize("type_", ["SubscriptionConfirmation", "UnsubscribeConfirmation"])
def test_what_sns_says_of_itself_is_set_aside(type_: str) -> None:
    assert opened(encoded({**a_confirmation(), "Type": type_})) == Aside(type_)


NO_NOTIFICATIONS = {
    "nothing": b"",
    "no JSON": b"hello",
    "cut off": b'{"NotificationType": "ORDER_CHANGE", "Payload": {',
    "no text": b"\xff\xfe",
    "half a character": b'{"NotificationType": "\\ud800", "Payload": {}}',
    "a list": b"[]",
    "a number": b"3",
    "nothing known": b'{"hello": 1}',
    "no payload": encoded({"NotificationType": "ORDER_CHANGE"}),
    "a payload of text": encoded({**CHANGE, "Payload": "x"}),
    "a type that is no name": encoded({**CHANGE, "NotificationType": 7}),
    "an empty type": encoded({**CHANGE, "NotificationType": " "}),
    "too deep": b'{"a":' * 100_000,
    "too deep within": b'{"NotificationType": "X", "Payload": ' + b'{"a":' * 900 + b"1" + b"}" * 901,
    "an envelope without end": encoded(by_sqs(by_sqs(by_sqs(by_sqs(by_sqs(by_sqs(by_sqs(CHANGE)))))))),
    "SNS with nothing in it": encoded(by_sns(None)),
}


@pytest.mark.parametrize("data", NO_NOTIFICATIONS.values(), ids=NO_NOTIFICATIONS)
def test_what_is_no_notification_is_told_so(data: bytes) -> None:
    with pytest.raises(Unreadable):
        opened(data)


def test_a_type_nobody_knows_is_a_notification_still() -> None:
    assert found_in(encoded(a_notification("SOMETHING_NEW", {"SellerId": "A"}))).type == "SOMETHING_NEW"


@pytest.mark.skipif(not REAL_SAMPLES.is_dir(), reason="no samples of real notifications are here")
def test_real_notifications_are_read() -> None:
    found = {path.stem: found_in(path.read_bytes()) for path in REAL_SAMPLES.glob("*.json")}
    assert {name: one.type for name, one in found.items()} == {
        "fba_inventory_availability_change": "FBA_INVENTORY_AVAILABILITY_CHANGES",
        "feed_processing_finished": "FEED_PROCESSING_FINISHED",
        "listings_item_status_change": "LISTINGS_ITEM_STATUS_CHANGE",
        "order_change": "ORDER_CHANGE",
        "report_processing_finished": "REPORT_PROCESSING_FINISHED",
    }
    assert all(one.at is not None and not one.id.startswith("content:") for one in found.values())
