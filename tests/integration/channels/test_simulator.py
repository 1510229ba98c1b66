"""The small Amazon refuses what Amazon would refuse, and fails on command."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from channels.limits import Rate
from channels.sellers import Rates
from channels.simulators.amazon import Fault, SimulatedAmazon, Simulator, simulated_amazon
from channels.simulators.amazon.faults import FaultPlan
from channels.simulators.amazon.state import Limit
from tests.integration.channels.shop import Shop
from tests.unit.channels.ticking import Ticking

VALUE = {"fulfillment_channel_code": "DEFAULT", "quantity": 5}


def a_patch(**changes: Any) -> dict[str, Any]:
    return {"op": "merge", "path": "/attributes/fulfillment_availability", "value": [VALUE], **changes}


def a_body(*patches: dict[str, Any], product_type: object = "PRODUCT") -> dict[str, Any]:
    return {"productType": product_type, "patches": list(patches or (a_patch(),))}


Send = Callable[..., httpx.Response]


@pytest.fixture
def send(sim: Simulator, http: httpx.Client) -> Send:
    """Send a PATCH of listing A that is right but for what is named."""
    sim.amazon.put_listing("A", quantity=99, lead_time_days=3)
    token = sim.amazon.grant()

    def patch(
        body: object = None,
        *,
        headers: dict[str, str] | None = None,
        seller: str = sim.seller_id,
        query: str = f"?marketplaceIds={sim.marketplace}",
        sku: str = "A",
    ) -> httpx.Response:
        url = f"{sim.url}/listings/2021-08-01/items/{seller}/{sku}{query}"
        given = {"x-amz-access-token": token, **(headers or {})}
        return http.patch(url, json=a_body() if body is None else body, headers=given)

    return patch


def code(answer: httpx.Response) -> str:
    return str(answer.json()["errors"][0]["code"])


def test_a_right_request_is_taken(sim: Simulator, send: Send) -> None:
    answer = send()
    assert (answer.status_code, answer.json()["status"]) == (200, "ACCEPTED")
    assert sim.amazon.quantity("A") == 5


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        a_body(product_type=None),
        a_body(product_type=""),
        {"productType": "PRODUCT", "patches": []},
        {**a_body(), "more": 1},
        a_body(a_patch(op="set")),
        a_body(a_patch(op=None)),
        a_body(a_patch(path="fulfillment_availability")),
        a_body(a_patch(path="/attributes/fulfillment_availability/0/quantity")),
        a_body(a_patch(value=None)),
        a_body(a_patch(value=[])),
        a_body(a_patch(value=VALUE)),
        a_body(a_patch(value=[VALUE, VALUE])),
        a_body(a_patch(value=[{**VALUE, "quantity": "5"}])),
        a_body(a_patch(value=[{**VALUE, "quantity": -1}])),
        a_body(a_patch(value=[{**VALUE, "quantity": 1.5}])),
        a_body(a_patch(value=[{**VALUE, "quantity": True}])),
        a_body(a_patch(value=[{**VALUE, "quantity": None}])),
        a_body(a_patch(value=[{**VALUE, "fulfillmentChannelCode": "DEFAULT"}])),
        a_body(a_patch(more=1)),
    ],
)
def test_a_malformed_body_is_refused(sim: Simulator, send: Send, body: object) -> None:
    answer = send(body)
    assert (answer.status_code, code(answer)) == (400, "InvalidInput")
    assert sim.amazon.quantity("A") == 99


def test_a_value_without_its_channel_code_is_invalid(sim: Simulator, send: Send) -> None:
    answer = send(a_body(a_patch(value=[{"quantity": 5}])))
    assert (answer.status_code, answer.json()["status"]) == (200, "INVALID")
    assert sim.amazon.quantity("A") == 99


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"query": ""}, 400),
        ({"query": "?marketplaceIds=A1F83G8C2ARO7P"}, 400),
        ({"query": "?marketplaceIds=ATVPDKIKX0DER&includedData=offers"}, 400),
        ({"sku": "NOBODY"}, 400),
        ({"seller": "A2OTHER"}, 403),
        ({"sku": "A/B"}, 404),
        ({"headers": {"content-type": "text/plain"}}, 415),
        ({"headers": {"user-agent": ""}}, 400),
        ({"headers": {"x-amz-access-token": ""}}, 403),
        ({"headers": {"x-amz-access-token": "Atza|other"}}, 403),
    ],
)
def test_a_request_that_is_wrong_around_its_body_is_refused(
    sim: Simulator, send: Send, changes: dict[str, Any], status: int
) -> None:
    assert send(**changes).status_code == status
    assert sim.amazon.quantity("A") == 99


def test_replace_wipes_the_lead_time(sim: Simulator, send: Send) -> None:
    send(a_body(a_patch(op="replace")))
    listing = sim.amazon.listing("A")
    assert listing is not None
    assert listing.lead_time_days is None


def test_a_quantity_written_to_a_listing_that_amazon_fulfils_corrupts_it(sim: Simulator, send: Send) -> None:
    sim.amazon.put_listing("A", quantity=5, channel="AMAZON_NA")
    send()
    listing = sim.amazon.listing("A")
    assert listing is not None
    assert listing.corrupted


def test_an_operation_that_is_not_simulated_is_not_found(sim: Simulator, http: httpx.Client) -> None:
    assert code(http.get(f"{sim.url}/orders/v0/orders")) == "NotFound"
    assert code(http.delete(f"{sim.url}/listings/2021-08-01/items/x/A")) == "NotFound"


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"grant_type": "client_credentials"}, 400, "unsupported_grant_type"),
        ({"client_id": "other"}, 401, "invalid_client"),
        ({"client_secret": "other"}, 401, "invalid_client"),
        ({"refresh_token": "other"}, 400, "invalid_grant"),
        ({"refresh_token": None}, 400, "invalid_request"),
        ({"scope": "x"}, 400, "invalid_request"),
    ],
)
def test_a_token_is_granted_to_the_right_keys_alone(
    sim: Simulator, http: httpx.Client, form: dict[str, str | None], status: int, error: str
) -> None:
    keys = sim.credentials
    right = {
        "grant_type": "refresh_token",
        "refresh_token": keys.refresh_token,
        "client_id": keys.client_id,
        "client_secret": keys.client_secret,
    }
    assert http.post(sim.token_url, data=right).json()["expires_in"] == 3600
    wrong = {name: value for name, value in {**right, **form}.items() if value is not None}
    answer = http.post(sim.token_url, data=wrong)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert http.post(sim.token_url, json=right).status_code == 400


def test_a_token_expires() -> None:
    time = Ticking()
    amazon = SimulatedAmazon(token_life=timedelta(seconds=5), monotonic=time.monotonic)
    token = amazon.grant()
    assert amazon.knows(token)
    time.pass_(timedelta(seconds=5))
    assert not amazon.knows(token)


def test_limits_are_kept_with_a_burst(http: httpx.Client) -> None:
    with simulated_amazon(SimulatedAmazon(rates=Rates(Rate(0.1, 3), Rate(0.1, 2)))) as sim:
        sim.amazon.put_listing("A", quantity=99)
        token = {"x-amz-access-token": sim.amazon.grant()}
        url = f"{sim.url}/listings/2021-08-01/items/{sim.seller_id}/A?marketplaceIds={sim.marketplace}"
        patches = [http.patch(url, json=a_body(), headers=token) for _ in range(4)]
        looks = [http.get(url, headers=token) for _ in range(3)]
        assert [answer.status_code for answer in patches] == [200, 200, 200, 429]
        assert [answer.status_code for answer in looks] == [200, 200, 429]
        assert {answer.headers["x-amzn-RateLimit-Limit"] for answer in patches} == {"0.1"}
        assert code(patches[-1]) == "QuotaExceeded"
        assert sim.amazon.requests["throttled"] == 2


def test_a_limit_lets_as_many_through_as_its_rate_says() -> None:
    limit = Limit(Rate(2, 4))
    passed = [tick / 100 for tick in range(1000) if limit.admits(tick / 100)]
    assert passed[:5] == [0.0, 0.01, 0.02, 0.03, 0.5]
    assert len(passed) == 4 + 2 * 10 - 1


def test_faults_strike_as_often_as_they_are_told() -> None:
    plan = FaultPlan(seed=1)
    twice, always = Fault(kind="throttle", sku="A", times=2), Fault(kind="drop", operation="get", times=None)
    plan.add(twice, always)
    assert [plan.strike("patch", sku) for sku in "AABA"] == [twice, twice, None, None]
    assert {plan.strike("get", "A") for _ in range(9)} == {always}
    plan.clear()
    assert plan.strike("get", "A") is None


def test_the_same_seed_fails_the_same_way() -> None:
    def struck(seed: int) -> list[bool]:
        plan = FaultPlan(seed)
        plan.add(Fault(kind="drop", probability=0.5, times=None))
        return [plan.strike("patch") is not None for _ in range(64)]

    assert struck(7) == struck(7)
    assert struck(7) != struck(8)
    assert 16 < sum(struck(7)) < 48


def test_it_is_controlled_over_http(sim: Simulator, http: httpx.Client, shop: Shop) -> None:
    control = f"{sim.url}/_simulator"
    assert http.put(f"{control}/listings/a%2Fb", json={"quantity": 4}).status_code == 204
    assert http.post(f"{control}/faults", json={"kind": "invalid", "sku": "a/b"}).status_code == 204
    assert http.delete(f"{control}/faults").status_code == 204
    shop.client().set_quantity("a/b", 3, "PRODUCT")
    (listing,) = http.get(f"{control}/listings").json()["listings"]
    assert (listing["sku"], listing["available"]) == ("a/b", {"DEFAULT": 3})
    told = http.get(f"{control}/history").json()
    assert [change["quantity"] for change in told["history"]] == [4, 3]
    assert told["requests"]["patch"] == 1


@pytest.mark.parametrize("wrong", [{"kind": "gremlins"}, {"kind": "drop", "times": 0}, {"kind": "drop", "more": 1}])
def test_a_fault_that_makes_no_sense_is_refused(sim: Simulator, http: httpx.Client, wrong: dict[str, Any]) -> None:
    assert http.post(f"{sim.url}/_simulator/faults", json=wrong).status_code == 422


def test_two_run_side_by_side_and_end(http: httpx.Client) -> None:
    with simulated_amazon() as one, simulated_amazon() as other:
        assert one.url != other.url
        one.amazon.put_listing("A", quantity=1)
        assert http.get(f"{other.url}/_simulator/listings").json() == {"listings": []}
    with pytest.raises(httpx.ConnectError):
        http.get(f"{one.url}/_simulator/listings")
