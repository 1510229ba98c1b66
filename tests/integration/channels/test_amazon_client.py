"""Amazon's client over real HTTP: the exact requests, and an error for every answer that is not a yes."""

import socket
from datetime import timedelta
from time import monotonic
from typing import Any
from urllib.parse import parse_qs

import httpx
import msgspec
import pytest

from channels.amazon.client import AmazonClient
from channels.errors import ChannelError, Refused, Throttled, Unauthorised, Unreachable
from channels.http import Deadline, Request, exchange
from channels.limits import Rate
from channels.sellers import Rates
from channels.simulators.amazon import Fault, SimulatedAmazon, Simulator, simulated_amazon
from tests.integration.channels.lines import raw_server
from tests.integration.channels.shop import Shop

NASTY = [
    "TSHIRT-RED-M", "a/b", "//", "a#b", "100%", "%2F", "%25", "a b", "a+b", "a?b=c&d", "ü", "日本語", "👍🏽", ".", "..",
    "a;b", "../x", ":", "@", "~", "'\"", "\\", "|", "{}",
]  # fmt: skip


@pytest.fixture
def seen(http: httpx.Client) -> list[httpx.Request]:
    """Every request that leaves the client."""
    requests: list[httpx.Request] = []
    http.event_hooks = {"request": [requests.append]}
    return requests


def fail(sim: Simulator, **fault: Any) -> None:
    sim.amazon.faults.add(Fault(**fault))


def test_a_quantity_arrives(sim: Simulator, client: AmazonClient) -> None:
    sim.amazon.put_listing("A", quantity=99, lead_time_days=3)
    submitted = client.set_quantity("A", 7, "SHIRT")
    assert sim.amazon.quantity("A") == 7
    assert sim.amazon.history[-1].submission == submitted.submission
    assert submitted.granted == 1000.0
    listing = sim.amazon.listing("A")
    assert listing is not None
    assert listing.lead_time_days == 3, "merge keeps the lead time"


def test_the_requests_are_amazons_own(sim: Simulator, client: AmazonClient, seen: list[httpx.Request]) -> None:
    sim.amazon.put_listing("A/1", quantity=99)
    client.set_quantity("A/1", 0, "SHIRT")
    client.listing("A/1")
    token, patch, get = seen
    form = parse_qs(token.content.decode(), strict_parsing=True)
    keys = sim.credentials
    assert form == {
        "grant_type": ["refresh_token"],
        "refresh_token": [keys.refresh_token],
        "client_id": [keys.client_id],
        "client_secret": [keys.client_secret],
    }
    path = f"/listings/2021-08-01/items/{sim.seller_id}/A%2F1"
    assert (patch.method, patch.url.raw_path.decode()) == ("PATCH", f"{path}?marketplaceIds={sim.marketplace}")
    assert msgspec.json.decode(patch.content) == {
        "productType": "SHIRT",
        "patches": [
            {
                "op": "merge",
                "path": "/attributes/fulfillment_availability",
                "value": [{"fulfillment_channel_code": "DEFAULT", "quantity": 0}],
            }
        ],
    }
    assert patch.headers["content-type"] == "application/json"
    assert patch.headers["x-amz-access-token"] == get.headers["x-amz-access-token"]
    assert patch.headers["user-agent"].startswith("SyncState/")
    assert "authorization" not in patch.headers
    assert (get.method, get.url.path) == ("GET", f"/listings/2021-08-01/items/{sim.seller_id}/A/1")
    assert get.url.raw_path.decode().startswith(f"{path}?")
    assert dict(get.url.params) == {"marketplaceIds": sim.marketplace, "includedData": "fulfillmentAvailability"}


@pytest.mark.parametrize("sku", NASTY)
def test_any_sku_arrives_as_itself(sim: Simulator, client: AmazonClient, sku: str) -> None:
    sim.amazon.put_listing(sku, quantity=99)
    client.set_quantity(sku, 5, "PRODUCT")
    assert sim.amazon.quantity(sku) == 5
    assert client.listing(sku).quantity == 5


@pytest.mark.parametrize(
    ("channel", "merchant", "quantity"), [("DEFAULT", True, 4), ("AMAZON_NA", False, None), (None, False, None)]
)
def test_a_listing_tells_who_fulfils_it(
    sim: Simulator, client: AmazonClient, channel: str | None, quantity: int | None, *, merchant: bool
) -> None:
    sim.amazon.put_listing("A", quantity=4, channel=channel)
    offer = client.listing("A")
    assert (offer.merchant, offer.quantity) == (merchant, quantity)


def test_a_listing_with_both_kinds_of_fulfilment_is_not_the_merchants(sim: Simulator, client: AmazonClient) -> None:
    sim.amazon.put_listing("A", quantity=4, channel="AMAZON_EU")
    sim.amazon.set_quantity("A", 4)
    assert not client.listing("A").merchant


def test_invalid_within_a_200_is_refused_with_its_issues(sim: Simulator, client: AmazonClient) -> None:
    sim.amazon.put_listing("A", quantity=99)
    fail(sim, kind="invalid")
    with pytest.raises(Refused) as caught:
        client.set_quantity("A", 5, "PRODUCT")
    assert caught.value.code == "8541"
    assert caught.value.issues == ("8541: The quantity is not taken, on command.",)
    assert caught.value.retry
    assert sim.amazon.quantity("A") == 99


def test_an_unknown_listing_is_refused(client: AmazonClient) -> None:
    with pytest.raises(Refused, match="NOT_FOUND"):
        client.listing("NOBODY")
    with pytest.raises(Refused, match="InvalidInput"):
        client.set_quantity("NOBODY", 5, "PRODUCT")


@pytest.mark.parametrize(("status", "retry"), [(400, True), (404, True), (409, True), (413, False), (415, False)])
def test_what_amazon_declines_is_refused(sim: Simulator, client: AmazonClient, status: int, *, retry: bool) -> None:
    sim.amazon.put_listing("A", quantity=99)
    fail(sim, kind="status", status=status, operation="patch")
    with pytest.raises(Refused) as caught:
        client.set_quantity("A", 5, "PRODUCT")
    assert (caught.value.code, caught.value.retry) == ("InternalFailure", retry)
    assert caught.value.granted == 1000.0


@pytest.mark.parametrize("bare", [True, False])
@pytest.mark.parametrize("status", [302, 408, 500, 502, 503, 504])
def test_an_answer_that_tells_no_outcome_is_unreachable(
    sim: Simulator, client: AmazonClient, status: int, *, bare: bool
) -> None:
    sim.amazon.put_listing("A", quantity=99)
    fail(sim, kind="status", status=status, bare=bare, operation="patch", applied=True)
    with pytest.raises(Unreachable) as caught:
        client.set_quantity("A", 5, "PRODUCT")
    assert caught.value.sent
    assert str(status) in str(caught.value)
    assert sim.amazon.quantity("A") == 5, "it did take effect, which is why nobody may say that it did not"


@pytest.mark.parametrize("status", [302, 400, 404, 429, 500, 503])
def test_no_body_makes_a_yes_of_another_status(shop: Shop, status: int) -> None:
    yes = msgspec.json.encode({"sku": "A", "status": "ACCEPTED", "submissionId": "s"})
    answer = b"HTTP/1.1 %d No\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%s" % (status, len(yes), yes)
    sim = shop.sim
    with raw_server([answer]) as url:
        client = AmazonClient(
            shop.http, sim.seller_id, sim.marketplace, sim.credentials, endpoint=url, token_endpoint=sim.token_url
        )
        with pytest.raises(ChannelError):
            client.set_quantity("A", 5, "PRODUCT")


def test_a_bare_refusal_names_its_status(sim: Simulator, client: AmazonClient) -> None:
    fail(sim, kind="status", status=400, bare=True, operation="get")
    with pytest.raises(Refused) as caught:
        client.listing("A")
    assert caught.value.code == "400"


def test_a_200_that_cannot_be_read_is_unreachable(sim: Simulator, client: AmazonClient) -> None:
    fail(sim, kind="garbled", operation="patch")
    with pytest.raises(Unreachable) as caught:
        client.set_quantity("A", 5, "PRODUCT")
    assert caught.value.sent


def test_a_connection_that_breaks_within_the_answer_is_unreachable(sim: Simulator, client: AmazonClient) -> None:
    sim.amazon.put_listing("A", quantity=99)
    fail(sim, kind="drop", operation="patch", applied=True)
    with pytest.raises(Unreachable) as caught:
        client.set_quantity("A", 5, "PRODUCT")
    assert caught.value.sent


def test_an_answer_that_is_too_late_is_unreachable(sim: Simulator, shop: Shop) -> None:
    sim.amazon.put_listing("A", quantity=99)
    fail(sim, kind="slow", seconds=2, operation="patch", applied=True)
    client = shop.client(budget=timedelta(seconds=0.3))
    began = monotonic()
    with pytest.raises(Unreachable) as caught:
        client.set_quantity("A", 5, "PRODUCT")
    assert caught.value.sent
    assert monotonic() - began < 1.5


def test_nobody_listening_is_known_not_to_have_heard(shop: Shop) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    sim = shop.sim
    client = AmazonClient(
        shop.http,
        sim.seller_id,
        sim.marketplace,
        sim.credentials,
        endpoint=f"http://127.0.0.1:{port}",
        token_endpoint=sim.token_url,
    )
    with pytest.raises(Unreachable) as caught:
        client.set_quantity("A", 5, "PRODUCT")
    assert not caught.value.sent


def test_a_429_is_throttled_and_tells_the_granted_rate(http: httpx.Client) -> None:
    with simulated_amazon(SimulatedAmazon(rates=Rates(Rate(0.5, 2), Rate(5, 10)))) as sim:
        sim.amazon.put_listing("A", quantity=99)
        client = Shop(sim, http).client()
        client.set_quantity("A", 1, "PRODUCT")
        client.set_quantity("A", 2, "PRODUCT")
        with pytest.raises(Throttled) as caught:
            client.set_quantity("A", 3, "PRODUCT")
    assert (caught.value.granted, caught.value.retry_after) == (0.5, None)


def test_a_429_may_say_how_long_to_wait(sim: Simulator, client: AmazonClient) -> None:
    fail(sim, kind="throttle", retry_after=7, operation="get")
    with pytest.raises(Throttled) as caught:
        client.listing("A")
    assert caught.value.retry_after == timedelta(seconds=7)


def test_an_access_token_that_is_refused_is_replaced_once(sim: Simulator, client: AmazonClient) -> None:
    sim.amazon.put_listing("A", quantity=99)
    client.set_quantity("A", 1, "PRODUCT")
    sim.amazon.expire_tokens()
    submitted = client.set_quantity("A", 2, "PRODUCT")
    assert submitted.requests == 2
    assert sim.amazon.quantity("A") == 2
    assert sim.amazon.requests["token"] == 2


@pytest.mark.parametrize("status", [401, 403])
def test_credentials_that_are_refused_twice_are_unauthorised(sim: Simulator, client: AmazonClient, status: int) -> None:
    fail(sim, kind="status", status=status, operation="patch", times=None)
    with pytest.raises(Unauthorised) as caught:
        client.set_quantity("A", 5, "PRODUCT")
    assert caught.value.requests == 2
    assert sim.amazon.requests["patch"] == 2


def test_an_error_after_a_new_token_counts_both_requests(sim: Simulator, client: AmazonClient) -> None:
    fail(sim, kind="unauthorised", operation="patch")
    fail(sim, kind="throttle", operation="patch")
    with pytest.raises(Throttled) as caught:
        client.set_quantity("A", 5, "PRODUCT")
    assert caught.value.requests == 2


def test_an_answer_that_drips_does_not_outlast_the_budget(http: httpx.Client) -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n"
    with raw_server([head, *[b"x"] * 20], pause=0.1) as url:
        began = monotonic()
        with pytest.raises(Unreachable, match="does not end") as caught:
            exchange(http, Request("drip", "GET", url, {}), Deadline(timedelta(seconds=0.4), monotonic))
    assert caught.value.sent
    assert monotonic() - began < 3


@pytest.mark.parametrize("answer", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n"])
def test_what_is_no_http_is_unreachable(http: httpx.Client, answer: bytes) -> None:
    with raw_server([answer]) as url, pytest.raises(Unreachable) as caught:
        exchange(http, Request("noise", "GET", url, {}), Deadline(timedelta(seconds=5), monotonic))
    assert caught.value.sent


def test_no_time_left_asks_nobody(http: httpx.Client, seen: list[httpx.Request]) -> None:
    with pytest.raises(Unreachable) as caught:
        exchange(http, Request("late", "GET", "http://127.0.0.1:9", {}), Deadline(timedelta(), monotonic))
    assert not caught.value.sent
    assert not seen


def test_no_error_and_no_repr_tells_a_secret(sim: Simulator, shop: Shop) -> None:
    client = shop.client()
    said = [repr(sim.credentials), str(sim.credentials), repr(client)]
    for kind in ("invalid", "unauthorised", "throttle", "status", "garbled", "drop"):
        fail(sim, kind=kind, operation="patch", times=2 if kind == "unauthorised" else 1)
        with pytest.raises((Refused, Throttled, Unauthorised, Unreachable)) as caught:
            client.set_quantity("A", 5, "PRODUCT")
        error: BaseException | None = caught.value
        while error is not None:
            said.append(f"{error!r} {error}")
            error = error.__cause__
    secrets = (sim.credentials.client_secret, sim.credentials.refresh_token, "Atza|")
    assert not [line for line in said if any(secret in line for secret in secrets)]
