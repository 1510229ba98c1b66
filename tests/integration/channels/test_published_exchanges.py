"""Everything our client asks and the small Amazon answers, held against Amazon's published models."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import msgspec
import pytest

from channels.amazon.client import AmazonClient
from channels.amazon.feeds.documents import FeedLine, documents
from channels.amazon.rates import PUBLISHED
from channels.errors import ChannelError
from channels.simulators.amazon import Fault, Simulator
from processor.clock import Instant
from tests.integration.channels.exchanges import Exchanges
from tests.integration.channels.published import FOLDER, LISTINGS, MISSING

pytestmark = pytest.mark.skipif(not LISTINGS.exists(), reason=MISSING)

LONG_AGO = Instant("2026-01-01T00:00:00.000000Z")
QUEUE = "arn:aws:sqs:us-east-1:123456789012:notifications"


@pytest.fixture(scope="session")
def exchanges() -> Exchanges:
    return Exchanges()


@pytest.fixture
def held(exchanges: Exchanges, seen: list[httpx.Response]) -> Iterator[list[httpx.Response]]:
    """Hold every exchange of the test against the models."""
    exchanges.checked.clear()
    yield seen
    assert [fault for answer in seen for fault in exchanges.faults(answer)] == []
    assert exchanges.checked, "nothing was held against anything"


def schema(path: str) -> Any:
    return msgspec.json.decode((FOLDER / path).read_bytes())


def everything(sim: Simulator, client: AmazonClient) -> None:
    """Ask each operation once, as far as it has an answer."""
    for name, channel in (("A", "DEFAULT"), ("F", "AMAZON_NA"), ("N", None)):
        sim.amazon.put_listing(name, quantity=9, channel=channel)
    client.set_quantity("A", 5, "SHIRT")
    client.listing("A")
    client.catalogue.page()
    (document,) = documents(sim.seller_id, [FeedLine("A", 4, "SHIRT"), FeedLine("NOBODY", 1, "SHIRT")])
    place = client.feeds.place()
    client.feeds.upload(place, document.content)
    feed = client.feeds.create(place.document).feed
    client.feeds.feed(feed)
    sim.amazon.advance(timedelta(seconds=20))
    client.feeds.feed(feed)
    sim.amazon.advance(timedelta(minutes=2))
    client.feeds.report(client.feeds.feed(feed))
    client.feeds.since(LONG_AGO)
    client.feeds.cancel(client.feeds.create(place.document).feed)
    client.catalogue.named(["A", "F"])
    shipped, cancelled, _ = (sim.amazon.orders.buy({name: 1}) for name in "AAF")
    sim.amazon.orders.step(shipped, "SHIPPED")
    sim.amazon.orders.step(cancelled, "CANCELLED")
    sim.amazon.advance(timedelta(minutes=3))
    client.orders.changed(LONG_AGO)
    client.orders.changed(LONG_AGO, fulfilled_by=None)
    client.orders.order(cancelled)
    destination = client.subscriptions.add_queue("stock", QUEUE).destination
    client.subscriptions.destinations()
    client.subscriptions.subscribe("ORDER_CHANGE", destination)
    client.subscriptions.subscription("ORDER_CHANGE")


def test_every_operation_is_asked_and_answered_as_amazon_describes_it(
    sim: Simulator, client: AmazonClient, held: list[httpx.Response], exchanges: Exchanges
) -> None:
    everything(sim, client)
    for answer in held:
        exchanges.faults(answer)
    assert exchanges.checked == PUBLISHED.keys()


def test_pages_are_asked_for_as_amazon_describes_it(
    sim: Simulator, client: AmazonClient, held: list[httpx.Response]
) -> None:
    sim.amazon.put_listing("A", quantity=1000)
    for number in range(30):
        sim.amazon.put_listing(f"SKU-{number}", quantity=1)
    for _ in range(120):
        sim.amazon.orders.buy({"A": 1})
    place = client.feeds.place()
    (document,) = documents(sim.seller_id, [FeedLine("A", 4, "SHIRT")])
    client.feeds.upload(place, document.content)
    for _ in range(120):
        client.feeds.create(place.document)
    sim.amazon.advance(timedelta(minutes=3))
    first = client.catalogue.page()
    assert first.next is not None
    client.catalogue.page(first.next)
    client.feeds.since(LONG_AGO, client.feeds.since(LONG_AGO).token)
    client.orders.changed(LONG_AGO, client.orders.changed(LONG_AGO).token)
    assert "paginationToken" in held[-1].request.url.params


ASKING: dict[str, Callable[[AmazonClient], object]] = {
    "searchListingsItems": lambda client: client.catalogue.page(),
    "createFeedDocument": lambda client: client.feeds.place(),
    "createFeed": lambda client: client.feeds.create("nothing"),
    "getFeed": lambda client: client.feeds.feed("nothing"),
    "cancelFeed": lambda client: client.feeds.cancel("nothing"),
    "getFeeds": lambda client: client.feeds.since(LONG_AGO),
    "searchOrders": lambda client: client.orders.changed(LONG_AGO),
    "getOrder": lambda client: client.orders.order("nothing"),
    "getDestinations": lambda client: client.subscriptions.destinations(),
    "createDestination": lambda client: client.subscriptions.add_queue("stock", QUEUE),
    "getSubscription": lambda client: client.subscriptions.subscription("ORDER_CHANGE"),
    "createSubscription": lambda client: client.subscriptions.subscribe("ORDER_CHANGE", "nowhere"),
}


@pytest.mark.parametrize(
    "fault",
    [
        None,
        {"kind": "throttle"},
        {"kind": "unauthorised", "times": 2},
        {"kind": "status", "status": 500},
        {"kind": "status", "status": 503},
        {"kind": "status", "status": 400},
    ],
)
@pytest.mark.parametrize("operation", ASKING)
def test_errors_of_every_operation_are_ones_that_amazon_describes(
    sim: Simulator,
    client: AmazonClient,
    held: list[httpx.Response],
    operation: str,
    fault: dict[str, Any] | None,
) -> None:
    if fault is not None:
        sim.amazon.faults.add(Fault.model_validate({"operation": operation, **fault}))
    with suppress(ChannelError):
        ASKING[operation](client)
        assert fault is None
    assert held[-1].status_code >= 400 or fault is None


def test_these_checks_see_what_is_wrong(exchanges: Exchanges) -> None:
    def faults(method: str, path: str, answer: bytes, status: int = 200, **asked: Any) -> list[str]:
        request = httpx.Request(method, f"https://amazon.example{path}", **asked)
        return exchanges.faults(httpx.Response(status, content=answer, request=request))

    assert faults(
        "GET", "/orders/2026-01-01/orders?fulfilledBy=ME&x=1&lastUpdatedAfter=2026-01-01", b'{"orders":[]}'
    ) == [
        "searchOrders ?x is not in the model",
        "searchOrders ?fulfilledBy: ['ME'] are not in the model",
        "searchOrders ?lastUpdatedAfter: 2026-01-01 has no time zone",
    ]
    assert faults("POST", "/feeds/2021-06-30/feeds", b'{"feed":1}', 201, json={"feedType": 1}) == [
        "createFeed $: inputFeedDocumentId is missing",
        "createFeed $: marketplaceIds is missing",
        "createFeed $.feedType: 1 is no string",
        "createFeed 201 is no status of the model",
    ]
    assert faults("GET", "/listings/2021-08-01/items/A1", b"{}") == [
        "searchListingsItems ?marketplaceIds is missing",
        "searchListingsItems $: numberOfResults is missing",
        "searchListingsItems $: items is missing",
    ]
    assert faults("GET", "/feeds/v1", b"{}") == ["GET /feeds/v1 is described nowhere"]


@pytest.mark.parametrize("operation", sorted(PUBLISHED))
def test_every_rate_is_the_published_one(exchanges: Exchanges, operation: str) -> None:
    rate = PUBLISHED[operation]
    assert (rate.per_second, rate.burst) == exchanges.rate(operation)


def test_a_feeds_document_is_one_that_amazon_describes() -> None:
    validator = jsonschema_rs.Draft7Validator(schema("feeds/listings-feed-schema-v2.json"))
    (document,) = documents("A1SELLER", [FeedLine("a/b", 0, "SHIRT"), FeedLine("ü", 3, "PRODUCT")])
    decoded = msgspec.json.decode(document.content)
    validator.validate(decoded)
    decoded["messages"][1]["attributes"] = {"a": []}
    assert not validator.is_valid(decoded), "this check sees what is wrong"


def test_a_processing_report_is_one_that_amazon_describes(sim: Simulator, client: AmazonClient) -> None:
    validator = jsonschema_rs.Draft7Validator(schema("feeds/listings-feed-processing-report-schema-v2.json"))
    sim.amazon.feeds.gzip_reports = False
    for name in "ABC":
        sim.amazon.put_listing(name, quantity=9)
    reports = []
    for kind in ("invalid", "fatal"):
        sim.amazon.faults.add(Fault.model_validate({"kind": kind, "operation": "message", "sku": "B"}))
        (document,) = documents(sim.seller_id, [FeedLine(name, 1, "SHIRT") for name in "ABC"])
        place = client.feeds.place()
        client.feeds.upload(place, document.content)
        feed = client.feeds.create(place.document).feed
        sim.amazon.advance(timedelta(minutes=3))
        result = sim.amazon.feeds.signed(client.feeds.feed(feed).result or "")
        assert result is not None
        assert result.content is not None
        reports.append(msgspec.json.decode(result.content))
    for report in reports:
        validator.validate(report)
    assert [report["summary"]["messagesInvalid"] for report in reports] == [1, 0]


def test_our_reading_of_a_report_takes_amazons_own_example() -> None:
    from channels.amazon.feeds.reports import read_report

    content = (FOLDER / "feeds" / "listings-feed-processing-report-schema-v2.example.json").read_bytes()
    report = read_report("example", "1234567890", content)
    assert (report.processed, report.accepted, report.invalid) == (4, 2, 2)
    assert {number: len(issues) for number, issues in report.by_message.items()} == {4: 2, 5: 1}


NOTIFICATIONS: dict[str, str] = {
    "LISTINGS_ITEM_MFN_QUANTITY_CHANGE": "ListingsItemMfnQuantityChange.json",
    "ORDER_CHANGE": "OrderChangeNotification.json",
    "FBA_INVENTORY_AVAILABILITY_CHANGES": "FBAInventoryAvailabilityChangeNotification.json",
    "LISTINGS_ITEM_STATUS_CHANGE": "ListingsItemStatusChangeNotification.json",
    "FEED_PROCESSING_FINISHED": "FeedProcessingFinishedNotification.json",
}


def test_every_notification_is_one_that_amazon_describes(sim: Simulator, client: AmazonClient) -> None:
    everything(sim, client)
    sim.amazon.shelf.edit("A", 0)
    validators = {kind: jsonschema_rs.Draft7Validator(_known_defect(file)) for kind, file in NOTIFICATIONS.items()}
    told = [notice.body for notice in sim.amazon.notices.arrived()]
    kinds = [body.get("NotificationType") or body["notificationType"] for body in told]
    assert set(kinds) == NOTIFICATIONS.keys()
    for kind, body in zip(kinds, told, strict=True):
        assert list(validators[kind].iter_errors(body)) == []


def _known_defect(file: str) -> Any:
    """The schema of LISTINGS_ITEM_STATUS_CHANGE names a type that its own example, and Amazon, do not use."""
    found = schema(str(Path("notifications") / file))
    named = found["properties"].get("NotificationType", {})
    if named.get("enum") == ["LISTINGS_ITEM_STATUS_CHANGED"]:
        named["enum"] = [found["examples"][0]["NotificationType"]]
    return found
