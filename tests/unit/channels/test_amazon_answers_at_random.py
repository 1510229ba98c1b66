"""Whatever Amazon, or whoever stands in its way, answers: a value, or one of our errors, and nothing else."""

from collections.abc import Callable
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.amazon.client import AmazonClient
from channels.amazon.feeds.client import Feed, FeedStatus
from channels.amazon.tokens import Credentials
from channels.errors import ChannelError, Unreachable
from processor.clock import Instant

AT = Instant("2026-11-20T10:00:00.000000Z")
TIME = "2026-11-20T10:00:00Z"
A_FEED = {"feedId": "1", "createdTime": TIME, "processingStatus": "DONE", "resultFeedDocumentId": "2"}
AN_ITEM = {
    "sku": "A",
    "summaries": [{"productType": "SHIRT", "status": ["BUYABLE"], "createdDate": TIME}],
    "fulfillmentAvailability": [{"fulfillmentChannelCode": "DEFAULT", "quantity": 1}],
}
AN_ORDER = {
    "orderId": "1",
    "createdTime": TIME,
    "lastUpdatedTime": TIME,
    "fulfillment": {"fulfillmentStatus": "SHIPPED", "fulfilledBy": "MERCHANT"},
    "orderItems": [
        {
            "orderItemId": "1",
            "quantityOrdered": 1,
            "product": {"sellerSku": "A"},
            "fulfillment": {"quantityFulfilled": 1},
            "cancellation": {"cancellationExecution": {"cancelledBy": "BUYER"}},
        }
    ],
}
A_SUBSCRIPTION = {"subscriptionId": "1", "destinationId": "2", "payloadVersion": "1.0"}
A_DESTINATION = {"destinationId": "2", "name": "stock", "resource": {"sqs": {"arn": "arn"}}}

Ask = Callable[[AmazonClient], object]
ASKED: dict[str, tuple[Ask, Any]] = {
    "set_quantity": (
        lambda c: c.set_quantity("A", 1, "SHIRT"),
        {"sku": "A", "status": "ACCEPTED", "submissionId": "1", "issues": []},
    ),
    "listing": (lambda c: c.listing("A"), AN_ITEM),
    "page": (
        lambda c: c.catalogue.page(),
        {"numberOfResults": 30, "pagination": {"nextToken": "x"}, "items": [AN_ITEM]},
    ),
    "place": (lambda c: c.feeds.place(), {"feedDocumentId": "1", "url": "https://documents.example/1"}),
    "create": (lambda c: c.feeds.create("1"), {"feedId": "1"}),
    "feed": (lambda c: c.feeds.feed("1"), A_FEED),
    "since": (lambda c: c.feeds.since(AT), {"feeds": [A_FEED], "nextToken": "x"}),
    "changed": (
        lambda c: c.orders.changed(AT),
        {"orders": [AN_ORDER], "pagination": {"nextToken": "x"}, "lastUpdatedBefore": TIME},
    ),
    "order": (lambda c: c.orders.order("1"), {"order": AN_ORDER}),
    "destinations": (lambda c: c.subscriptions.destinations(), {"payload": [A_DESTINATION]}),
    "subscription": (lambda c: c.subscriptions.subscription("ORDER_CHANGE"), {"payload": A_SUBSCRIPTION}),
}

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.sampled_from(
        [TIME, "0001-01-01T00:00:00+09:00", "9999-12-31T23:59:59-09:00", "2026-02-30T00:00:00Z", "https://"]
    )
)
ANYTHING = st.recursive(
    SCALARS, lambda s: st.lists(s, max_size=3) | st.dictionaries(st.text(max_size=5), s, max_size=3)
)


class Answering(httpx.BaseTransport):
    """Grants tokens, and answers everything else alike."""

    def __init__(self, status: int, body: bytes) -> None:
        self._status, self._body = status, body

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/auth/o2/token":
            return httpx.Response(200, json={"access_token": "Atza|x", "expires_in": 3600})
        return httpx.Response(self._status, content=self._body)


def a_client(status: int, body: bytes) -> AmazonClient:
    http = httpx.Client(transport=Answering(status, body))
    return AmazonClient(http, "A1SELLER", "ATVPDKIKX0DER", Credentials("id", "secret", "grant"))


@st.composite
def spoilt(draw: st.DrawFn, good: Any) -> Any:
    """Return `good` with one place of it replaced by anything, or left out."""
    if not isinstance(good, dict | list) or not good or draw(st.integers(0, 5)) == 0:
        return draw(ANYTHING)
    if isinstance(good, list):
        place = draw(st.integers(0, len(good) - 1))
        return [*good[:place], draw(spoilt(good[place])), *good[place + 1 :]]
    name = draw(st.sampled_from(sorted(good)))
    if draw(st.integers(0, 3)) == 0:
        return {key: value for key, value in good.items() if key != name}
    return {**good, name: draw(spoilt(good[name]))}


@pytest.mark.parametrize("asked", ASKED)
def test_a_good_answer_is_read(asked: str) -> None:
    ask, good = ASKED[asked]
    assert ask(a_client(200, msgspec.json.encode(good))) is not None


@pytest.mark.parametrize(
    "wrong",
    ["0001-01-01T00:00:00+09:00", "9999-12-31T23:59:59-09:00", "2026-11-20T10:00:00", "2026-02-30T00:00:00Z", 5],
)
def test_a_time_that_is_none_is_an_error_of_ours(wrong: object) -> None:
    body = msgspec.json.encode({"order": {**AN_ORDER, "createdTime": wrong}})
    with pytest.raises(Unreachable, match="cannot be read"):
        a_client(200, body).orders.order("1")


@pytest.mark.parametrize("asked", ASKED)
@settings(max_examples=60, deadline=None)
@given(data=st.data(), status=st.sampled_from([200, 200, 200, 202, 204, 400, 403, 404, 429, 500]))
def test_a_spoilt_answer_is_read_or_is_an_error_of_ours(asked: str, data: st.DataObject, status: int) -> None:
    ask, good = ASKED[asked]
    body = data.draw(st.binary(max_size=20) | spoilt(good).map(msgspec.json.encode))
    client = a_client(status, body)
    try:
        ask(client)
    except ChannelError:
        return
    assert 200 <= status < 300 or (status, asked) == (404, "subscription")


@settings(max_examples=100, deadline=None)
@given(content=st.binary(max_size=50) | ANYTHING.map(msgspec.json.encode), packed=st.booleans())
def test_any_document_is_a_report_or_an_error_of_ours(content: bytes, *, packed: bool) -> None:
    address = msgspec.json.encode(
        {"url": "https://documents.example/1", **({"compressionAlgorithm": "GZIP"} if packed else {})}
    )

    class Documents(Answering):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            answer = super().handle_request(request)
            return httpx.Response(200, content=content) if request.url.host == "documents.example" else answer

    http = httpx.Client(transport=Documents(200, address))
    client = AmazonClient(http, "A1SELLER", "ATVPDKIKX0DER", Credentials("id", "secret", "grant"))
    with pytest.raises(ChannelError):
        client.feeds.report(Feed("1", FeedStatus.DONE, AT, "2"))
