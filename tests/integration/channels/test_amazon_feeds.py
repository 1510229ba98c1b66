"""Feeds over real HTTP: every step, every outcome, and what may be believed after each failure."""

import gzip
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import httpx
import pytest

from channels.amazon.client import AmazonClient
from channels.amazon.feeds.client import Feed, FeedStatus
from channels.amazon.feeds.documents import FeedDocument, FeedLine, documents
from channels.amazon.feeds.transfers import download
from channels.errors import ChannelError, Refused, Throttled, Unauthorised, Unreachable
from channels.http import Deadline
from channels.simulators.amazon import Fault, SimulatedAmazon, Simulator, simulated_amazon
from processor.clock import Instant
from tests.integration.channels.lines import raw_server
from tests.integration.channels.shop import Shop
from tests.unit.channels.ticking import Ticking

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
LONG_AGO = Instant("2026-01-01T00:00:00.000000Z")


def a_document(sim: Simulator, *lines: tuple[str, int]) -> FeedDocument:
    (built,) = documents(sim.seller_id, [FeedLine(listing, quantity, "SHIRT") for listing, quantity in lines])
    return built


def submit(client: AmazonClient, document: FeedDocument) -> str:
    place = client.feeds.place()
    client.feeds.upload(place, document.content)
    return client.feeds.create(place.document).feed


def stock(sim: Simulator, names: Sequence[str]) -> None:
    for name in names:
        sim.amazon.put_listing(name, quantity=99, lead_time_days=3)


def fail(sim: Simulator, **fault: Any) -> None:
    sim.amazon.faults.add(Fault(**fault))


def verdicts(client: AmazonClient, feed: str, messages: int) -> list[str]:
    return [outcome.verdict for outcome in client.feeds.report(client.feeds.feed(feed)).outcomes(messages)]


def quantities(sim: Simulator, *names: str) -> list[int | None]:
    return [sim.amazon.quantity(name) for name in names]


def test_a_feed_takes_its_time_and_applies_message_by_message(sim: Simulator, client: AmazonClient) -> None:
    stock(sim, "ABC")
    feed = submit(client, a_document(sim, ("A", 1), ("B", 2), ("C", 3)))
    assert client.feeds.feed(feed).status is FeedStatus.IN_QUEUE
    sim.amazon.advance(16 * SECOND)
    assert client.feeds.feed(feed).status is FeedStatus.IN_PROGRESS
    assert quantities(sim, "A", "B", "C") == [99, 99, 99]
    sim.amazon.advance(30 * SECOND)
    assert quantities(sim, "A", "B", "C") == [1, 2, 99]
    sim.amazon.advance(30 * SECOND)
    done = client.feeds.feed(feed)
    assert (done.status, done.status.over) == (FeedStatus.DONE, True)
    assert quantities(sim, "A", "B", "C") == [1, 2, 3]
    assert verdicts(client, feed, 3) == ["accepted"] * 3
    listing = sim.amazon.listing("A")
    assert listing is not None
    assert listing.lead_time_days == 3, "merge keeps the lead time"


def test_a_feed_is_over_no_sooner_than_a_minute_after_it_was_made(sim: Simulator, client: AmazonClient) -> None:
    stock(sim, "A")
    feed = submit(client, a_document(sim, ("A", 1)))
    sim.amazon.advance(59 * SECOND)
    assert not client.feeds.feed(feed).status.over


def test_feeds_are_worked_on_one_after_another(sim: Simulator, client: AmazonClient) -> None:
    stock(sim, "AB")
    first, second = submit(client, a_document(sim, ("A", 1))), submit(client, a_document(sim, ("B", 2)))
    sim.amazon.advance(76 * SECOND)
    assert [client.feeds.feed(feed).status for feed in (first, second)] == ["DONE", "IN_PROGRESS"]
    sim.amazon.advance(MINUTE)
    assert client.feeds.feed(second).status == "DONE"


def test_messages_fail_one_by_one(sim: Simulator, client: AmazonClient) -> None:
    stock(sim, "ABC")
    fail(sim, kind="invalid", operation="message", sku="B")
    feed = submit(client, a_document(sim, ("A", 1), ("B", 2), ("NOBODY", 4), ("C", 3)))
    sim.amazon.advance(2 * MINUTE)
    assert verdicts(client, feed, 4) == ["accepted", "invalid", "invalid", "accepted"]
    assert quantities(sim, "A", "B", "C") == [1, 99, 3]
    report = client.feeds.report(client.feeds.feed(feed))
    assert [report.by_message[number][0].code for number in (2, 3)] == ["8541", "4000003"]


def test_a_fatal_feed_leaves_open_what_it_did(sim: Simulator, client: AmazonClient) -> None:
    stock(sim, "ABC")
    fail(sim, kind="fatal", operation="message", sku="B")
    feed = submit(client, a_document(sim, ("A", 1), ("B", 2), ("C", 3)))
    sim.amazon.advance(2 * MINUTE)
    assert client.feeds.feed(feed).status is FeedStatus.FATAL
    assert quantities(sim, "A", "B", "C") == [1, 99, 99]
    assert verdicts(client, feed, 3) == ["unknown"] * 3


def test_another_sellers_document_is_fatal(sim: Simulator, client: AmazonClient) -> None:
    stock(sim, "A")
    (foreign,) = documents("A2OTHER", [FeedLine("A", 1, "SHIRT")])
    feed = submit(client, foreign)
    sim.amazon.advance(2 * MINUTE)
    assert (client.feeds.feed(feed).status, quantities(sim, "A")) == ("FATAL", [99])


def test_a_cancelled_feed_changes_nothing_and_has_no_report(sim: Simulator, client: AmazonClient) -> None:
    stock(sim, "A")
    feed = submit(client, a_document(sim, ("A", 1)))
    client.feeds.cancel(feed)
    sim.amazon.advance(2 * MINUTE)
    found = client.feeds.feed(feed)
    assert (found.status, found.result, quantities(sim, "A")) == ("CANCELLED", None, [99])
    with pytest.raises(ValueError, match="no processing report"):
        client.feeds.report(found)


def test_a_feed_that_is_worked_on_cannot_be_cancelled(sim: Simulator, client: AmazonClient) -> None:
    stock(sim, "A")
    feed = submit(client, a_document(sim, ("A", 1)))
    sim.amazon.advance(20 * SECOND)
    with pytest.raises(Refused, match="not in the queue"):
        client.feeds.cancel(feed)
    sim.amazon.advance(2 * MINUTE)
    assert quantities(sim, "A") == [1]


@pytest.mark.parametrize("packed", [True, False])
def test_a_report_is_read_packed_or_plain(sim: Simulator, client: AmazonClient, *, packed: bool) -> None:
    sim.amazon.feeds.gzip_reports = packed
    stock(sim, "A")
    feed = submit(client, a_document(sim, ("A", 1)))
    sim.amazon.advance(2 * MINUTE)
    assert verdicts(client, feed, 1) == ["accepted"]


def test_presigned_addresses_get_no_token_and_the_type_that_was_told(
    sim: Simulator, client: AmazonClient, seen: list[httpx.Response]
) -> None:
    stock(sim, "A")
    feed = submit(client, a_document(sim, ("A", 1)))
    sim.amazon.advance(2 * MINUTE)
    verdicts(client, feed, 1)
    documented = [answer.request for answer in seen if answer.request.url.path.startswith("/_documents/")]
    assert [request.method for request in documented] == ["PUT", "GET"]
    assert documented[0].headers["content-type"] == "application/json; charset=UTF-8"
    for request in documented:
        assert not [name for name in request.headers if name.startswith("x-amz") or name == "authorization"]


def test_an_address_that_is_too_old_is_refused_and_another_can_be_had(sim: Simulator, client: AmazonClient) -> None:
    stock(sim, "A")
    place = client.feeds.place()
    sim.amazon.advance(5 * MINUTE)
    with pytest.raises(Refused) as caught:
        client.feeds.upload(place, a_document(sim, ("A", 1)).content)
    assert (caught.value.code, caught.value.retry) == ("403", True)
    assert submit(client, a_document(sim, ("A", 1)))


def test_a_feed_of_nothing_uploaded_is_refused(client: AmazonClient) -> None:
    with pytest.raises(Refused, match="nothing was uploaded"):
        client.feeds.create(client.feeds.place().document)


def test_an_unknown_feed_is_refused(client: AmazonClient) -> None:
    with pytest.raises(Refused, match="NotFound"):
        client.feeds.feed("../12")


@pytest.mark.parametrize("fault", [{"kind": "drop"}, {"kind": "status", "status": 503}, {"kind": "garbled"}])
def test_nothing_has_happened_before_the_feed_is_made(
    sim: Simulator, client: AmazonClient, fault: dict[str, Any]
) -> None:
    fail(sim, operation="createFeedDocument", **fault)
    with pytest.raises(Unreachable) as caught:
        client.feeds.place()
    assert not caught.value.sent


def test_an_upload_that_breaks_has_changed_nothing(sim: Simulator, client: AmazonClient) -> None:
    stock(sim, "A")
    place = client.feeds.place()
    for kind in ("drop", "status"):
        fail(sim, operation="upload", kind=kind, applied=True)
        with pytest.raises(Unreachable) as caught:
            client.feeds.upload(place, a_document(sim, ("A", 1)).content)
        assert not caught.value.sent
        assert "Signature" not in str(caught.value)
    client.feeds.upload(place, a_document(sim, ("A", 1)).content)
    assert client.feeds.create(place.document)


@pytest.mark.parametrize("applied", [True, False])
@pytest.mark.parametrize("kind", ["drop", "status", "garbled"])
def test_a_feed_whose_making_is_unknown_is_found_again_or_was_never_made(
    sim: Simulator, client: AmazonClient, kind: str, *, applied: bool
) -> None:
    stock(sim, "A")
    before = sim.amazon.time.now()
    place = client.feeds.place()
    client.feeds.upload(place, a_document(sim, ("A", 1)).content)
    fail(sim, operation="createFeed", kind=kind, applied=applied)
    with pytest.raises(Unreachable) as caught:
        client.feeds.create(place.document)
    assert caught.value.sent
    found = client.feeds.since(before).feeds
    assert len(found) == applied
    sim.amazon.advance(2 * MINUTE)
    assert quantities(sim, "A") == ([1] if applied else [99])


def test_feeds_are_found_page_by_page_newest_first(sim: Simulator, client: AmazonClient) -> None:
    stock(sim, "A")
    early = submit(client, a_document(sim, ("A", 1)))
    sim.amazon.advance(MINUTE)
    since = sim.amazon.time.now()
    document = client.feeds.place()
    client.feeds.upload(document, a_document(sim, ("A", 1)).content)
    made = [client.feeds.create(document.document).feed for _ in range(205)]
    pages = [client.feeds.since(since)]
    while pages[-1].token is not None:
        pages.append(client.feeds.since(since, pages[-1].token))
    assert [len(page.feeds) for page in pages] == [100, 100, 5]
    found = [feed.feed for page in pages for feed in page.feeds]
    assert sorted(found) == sorted(made)
    assert early not in found
    assert early in [feed.feed for feed in client.feeds.since(LONG_AGO).feeds + _rest(client)]


def _rest(client: AmazonClient) -> tuple[Feed, ...]:
    page = client.feeds.since(LONG_AGO)
    feeds: tuple[Feed, ...] = ()
    while page.token is not None:
        page = client.feeds.since(LONG_AGO, page.token)
        feeds += page.feeds
    return feeds


def test_feeds_are_throttled_at_the_published_rates(http: httpx.Client) -> None:
    time = Ticking()
    amazon = SimulatedAmazon(clock=time.clock, monotonic=time.monotonic)
    with simulated_amazon(amazon) as sim:
        client = Shop(sim, http).client()
        place = client.feeds.place()
        assert place.granted == 0.5
        client.feeds.upload(place, a_document(sim, ("A", 1)).content)
        for _ in range(15):
            assert client.feeds.create(place.document).granted == 0.0083
        with pytest.raises(Throttled) as caught:
            client.feeds.create(place.document)
        assert caught.value.granted == 0.0083
        assert amazon.refused == {"createFeed": 1}
        time.pass_(timedelta(seconds=1 / 0.0083 + 1))
        client.feeds.create(place.document)
        for _ in range(10):
            client.feeds.since(LONG_AGO)
        with pytest.raises(Throttled):
            client.feeds.since(LONG_AGO)


def test_an_access_token_that_is_refused_is_replaced_in_feeds_too(sim: Simulator, client: AmazonClient) -> None:
    client.feeds.place()
    sim.amazon.expire_tokens()
    assert client.feeds.place().requests == 2
    fail(sim, kind="unauthorised", operation="getFeeds", times=2)
    with pytest.raises(Unauthorised):
        client.feeds.since(LONG_AGO)


def test_no_step_tells_a_secret_in_its_error(sim: Simulator, client: AmazonClient) -> None:
    stock(sim, "A")
    place = client.feeds.place()
    said = [repr(place)]
    sim.amazon.advance(6 * MINUTE)
    with pytest.raises(ChannelError) as caught:
        client.feeds.upload(place, b"{}")
    said.append(f"{caught.value} {caught.value!r}")
    assert not [line for line in said if place.url in line or "Signature" in line]


@pytest.mark.parametrize("fault", [{"kind": "drop"}, {"kind": "status", "status": 500}, {"kind": "garbled"}])
def test_a_report_that_cannot_be_read_can_be_read_later(
    sim: Simulator, client: AmazonClient, fault: dict[str, Any]
) -> None:
    stock(sim, "A")
    feed = submit(client, a_document(sim, ("A", 1)))
    sim.amazon.advance(2 * MINUTE)
    fail(sim, operation="download", **fault)
    with pytest.raises(Unreachable):
        verdicts(client, feed, 1)
    assert verdicts(client, feed, 1) == ["accepted"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (gzip.compress(bytes(5000), mtime=0), "too large"),
        (gzip.compress(bytes(100), mtime=0)[:-9], "cut short"),
        (b"\x1f\x8b nonsense, not packed", "cannot be unpacked"),
        (bytes(2000), "does not end"),
    ],
    ids=["swells", "cut", "noise", "large"],
)
def test_a_document_that_is_broken_or_swells_is_unreachable(http: httpx.Client, body: bytes, reason: str) -> None:
    from time import monotonic

    answer = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%s" % (len(body), body)
    with raw_server([answer]) as url, pytest.raises(Unreachable, match=reason):
        download(http, "report", url, Deadline(SECOND * 5, monotonic), most=1000)


@pytest.mark.slow
def test_a_feed_of_25000_messages_goes_through(sim: Simulator, client: AmazonClient) -> None:
    names = [f"SKU-{number}" for number in range(25_000)]
    stock(sim, names)
    for name in names[::1000]:
        fail(sim, kind="invalid", operation="message", sku=name)
    feed = submit(client, a_document(sim, *((name, 5) for name in names)))
    sim.amazon.advance(2 * MINUTE)
    told = verdicts(client, feed, len(names))
    assert [told.count(verdict) for verdict in ("accepted", "invalid", "unknown")] == [24_975, 25, 0]
    assert told[::1000] == ["invalid"] * 25
    assert quantities(sim, "SKU-1", "SKU-1000") == [5, 99]
