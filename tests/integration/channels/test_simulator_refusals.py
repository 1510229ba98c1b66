"""The small Amazon refuses what Amazon would refuse, in its newer operations too."""

from typing import Any

import httpx
import pytest

from channels.simulators.amazon import Simulator

FEEDS, ORDERS = "/feeds/2021-06-30", "/orders/2026-01-01/orders"
NOTIFICATIONS = "/notifications/v1"
SEARCH = "/listings/2021-08-01/items/A1SIMULATEDSELLER"
MARKET = "ATVPDKIKX0DER"
A_FEED = {"feedType": "JSON_LISTINGS_FEED", "marketplaceIds": [MARKET], "inputFeedDocumentId": "x"}

WRONG: list[tuple[str, str, Any, int]] = [
    ("POST", f"{FEEDS}/documents", {}, 400),
    ("POST", f"{FEEDS}/documents", {"contentType": 5}, 400),
    ("POST", f"{FEEDS}/documents", {"contentType": "text/json", "more": 1}, 400),
    ("POST", f"{FEEDS}/feeds", {**A_FEED, "feedType": "POST_PRODUCT_DATA"}, 400),
    ("POST", f"{FEEDS}/feeds", {**A_FEED, "marketplaceIds": []}, 400),
    ("POST", f"{FEEDS}/feeds", {**A_FEED, "marketplaceIds": ["A1F83G8C2ARO7P"]}, 400),
    ("POST", f"{FEEDS}/feeds", A_FEED, 400),
    ("POST", f"{FEEDS}/feeds", None, 415),
    ("GET", f"{FEEDS}/feeds", None, 400),
    ("GET", f"{FEEDS}/feeds?feedTypes=JSON_LISTINGS_FEED&pageSize=101", None, 400),
    ("GET", f"{FEEDS}/feeds?feedTypes=JSON_LISTINGS_FEED&processingStatuses=GONE", None, 400),
    ("GET", f"{FEEDS}/feeds?feedTypes=JSON_LISTINGS_FEED&createdSince=yesterday", None, 400),
    ("GET", f"{FEEDS}/feeds?nextToken=page-1", None, 400),
    ("GET", f"{FEEDS}/feeds/5", None, 404),
    ("GET", f"{FEEDS}/documents/5", None, 404),
    ("DELETE", f"{FEEDS}/feeds/5", None, 404),
    ("GET", ORDERS, None, 400),
    ("GET", f"{ORDERS}?lastUpdatedAfter=2026-01-01T00:00:00Z&createdAfter=2026-01-01T00:00:00Z", None, 400),
    ("GET", f"{ORDERS}?lastUpdatedAfter=2026-01-01T00:00:00", None, 400),
    ("GET", f"{ORDERS}?lastUpdatedAfter=2026-01-01T00:00:00Z&lastUpdatedBefore=2100-01-01T00:00:00Z", None, 400),
    ("GET", f"{ORDERS}?lastUpdatedAfter=2026-01-01T00:00:00Z&maxResultsPerPage=0", None, 400),
    ("GET", f"{ORDERS}?lastUpdatedAfter=2026-01-01T00:00:00Z&maxResultsPerPage=0", None, 400),
    ("GET", f"{ORDERS}?lastUpdatedAfter=2026-01-01T00:00:00Z&fulfilledBy=ME", None, 400),
    ("GET", f"{ORDERS}?lastUpdatedAfter=2026-01-01T00:00:00Z&marketplaceIds=A1F83G8C2ARO7P", None, 400),
    ("GET", f"{ORDERS}?lastUpdatedAfter=2026-01-01T00:00:00Z&paginationToken=x", None, 400),
    ("GET", f"{ORDERS}?lastUpdatedAfter=2026-01-01T00:00:00Z&NextToken=x", None, 400),
    ("GET", f"{ORDERS}/123-1234567-1234567", None, 404),
    ("GET", f"{ORDERS}/123-1234567-1234567?includedData=EVERYTHING", None, 400),
    ("GET", SEARCH, None, 400),
    ("GET", f"{SEARCH}?marketplaceIds={MARKET}&pageSize=21", None, 400),
    ("GET", f"{SEARCH}?marketplaceIds={MARKET}&sortBy=price", None, 400),
    ("GET", f"{SEARCH}?marketplaceIds={MARKET}&identifiers=A", None, 400),
    ("GET", f"{SEARCH}?marketplaceIds={MARKET}&marketplaceIds={MARKET}", None, 400),
    ("GET", f"{SEARCH}2?marketplaceIds={MARKET}", None, 403),
    ("POST", f"{NOTIFICATIONS}/subscriptions/ORDER_CHANGE", {"destinationId": "x", "payloadVersion": "2.0"}, 400),
    ("POST", f"{NOTIFICATIONS}/subscriptions/GOSSIP", {"destinationId": "x", "payloadVersion": "1.0"}, 400),
    ("GET", f"{NOTIFICATIONS}/subscriptions/ORDER_CHANGE", None, 404),
    ("GET", f"{NOTIFICATIONS}/destinations", None, 403),
]


@pytest.mark.parametrize(("request_line", "body", "status"), [((m, p), body, status) for m, p, body, status in WRONG])
def test_a_malformed_request_is_refused(
    sim: Simulator, http: httpx.Client, request_line: tuple[str, str], body: Any, status: int
) -> None:
    method, path = request_line
    token = {"x-amz-access-token": sim.amazon.grant()}
    answer = http.request(method, f"{sim.url}{path}", json=body, headers=token)
    assert (answer.status_code, len(answer.json()["errors"])) == (status, 1)


@pytest.mark.parametrize("path", [f"{FEEDS}/feeds/5", ORDERS, SEARCH, f"{NOTIFICATIONS}/subscriptions/ORDER_CHANGE"])
@pytest.mark.parametrize("headers", [{}, {"x-amz-access-token": "Atza|other"}])
def test_a_stranger_is_refused(sim: Simulator, http: httpx.Client, path: str, headers: dict[str, str]) -> None:
    assert http.get(f"{sim.url}{path}", headers=headers).status_code == 403


@pytest.mark.parametrize(
    "changed",
    [
        {"headers": {"content-type": "text/plain"}},
        {"headers": {"content-type": "application/json", "x-amz-access-token": "Atza|simulated-1"}},
        {"headers": {"content-type": "application/json", "authorization": "Bearer x"}},
        {"params": {"X-Amz-Signature": "other"}},
    ],
)
def test_an_upload_that_is_not_as_it_was_signed_is_refused(
    sim: Simulator, http: httpx.Client, changed: dict[str, Any]
) -> None:
    place = sim.amazon.feeds.place("application/json")
    right: dict[str, Any] = {
        "params": {"X-Amz-Signature": place.signature},
        "headers": {"content-type": "application/json"},
    }
    url = f"{sim.url}/_documents/{place.document}"
    assert http.get(url, params=right["params"]).status_code == 403, "nothing is there yet"
    assert http.put(url, content=b"{}", **{**right, **changed}).status_code == 403
    assert http.put(url, content=b"{}", **right).status_code == 200
    assert http.get(url, params=right["params"]).content == b"{}"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b'{"header":{"sellerId":"A1SIMULATEDSELLER","version":"2.0"},"messages":[]}',
        b'{"header":{"sellerId":"A1SIMULATEDSELLER","version":"1.0"},"messages":[{}]}',
        b'{"header":{"sellerId":"A2OTHER","version":"2.0"},"messages":[{}]}',
    ],
)
def test_a_feed_that_cannot_be_read_is_fatal(sim: Simulator, content: bytes) -> None:
    from datetime import timedelta

    place = sim.amazon.feeds.place("application/json")
    place.content = content
    feed = sim.amazon.feeds.create("JSON_LISTINGS_FEED", place.document)
    sim.amazon.advance(timedelta(minutes=2))
    (found,) = sim.amazon.feeds.all()
    assert (found.feed, found.status, bool(found.result)) == (feed, "FATAL", True)
