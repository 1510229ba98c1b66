"""The client's one change of stock, over real HTTP: the exact request, and every outcome."""

import socket
from time import monotonic
from typing import Any

import httpx
import msgspec
import pytest

from channels.errors import ChannelError, Refused, Throttled, Unauthorised, Unreachable
from channels.shopify.client import ShopifyClient, http_client
from channels.shopify.intents import Applied, Mismatched
from channels.simulators.shopify import MAIN, Fault, Simulator
from channels.simulators.shopify.goods import Good
from tests.integration.channels.lines import raw_server
from tests.integration.channels.shopify.conftest import Connect
from tests.integration.channels.shopify.intents import an_intent


@pytest.fixture
def good(sim: Simulator) -> Good:
    return sim.shopify.put_good("A/1", 5)


def fail(sim: Simulator, **fault: Any) -> None:
    sim.shopify.faults.add(Fault(**fault))


def test_a_delta_arrives(sim: Simulator, client: ShopifyClient, good: Good) -> None:
    intent = an_intent(good.item, -2, 5)
    outcome = client.adjust(intent)
    assert isinstance(outcome, Applied)
    assert outcome.quantity_after == sim.shopify.available(good.item) == 3
    assert outcome.group.startswith("gid://shopify/InventoryAdjustmentGroup/")
    assert sim.shopify.taken == {intent.key: 1}
    assert (sim.shopify.history[-1].delta, sim.shopify.history[-1].key) == (-2, intent.key)


@pytest.mark.parametrize(("delta", "before"), [(-7, 5), (3, 5), (1, -4), (-1, 0), (999_999_999, 5)])
def test_a_delta_may_go_up_or_down_and_below_nothing(
    sim: Simulator, client: ShopifyClient, delta: int, before: int
) -> None:
    good = sim.shopify.put_good("B", before)
    outcome = client.adjust(an_intent(good.item, delta, before))
    assert isinstance(outcome, Applied)
    assert outcome.quantity_after == before + delta


def test_the_request_is_shopifys_own(sim: Simulator, good: Good) -> None:
    seen: list[httpx.Request] = []
    with http_client() as http:
        http.event_hooks = {"request": [seen.append]}
        client = ShopifyClient(http, "Small-Shop.myshopify.com", sim.shopify.token, version="2026-07", endpoint=sim.url)
        client.adjust(an_intent(good.item, key="k", reason="restock"))
    (request,) = seen
    assert (request.method, request.url.path) == ("POST", "/admin/api/2026-07/graphql.json")
    assert request.headers["x-shopify-access-token"] == sim.shopify.token
    assert request.headers["content-type"] == "application/json"
    assert "authorization" not in request.headers
    body = msgspec.json.decode(request.content)
    assert body["variables"] == {
        "key": "k",
        "input": {
            "name": "available",
            "reason": "restock",
            "referenceDocumentUri": "syncstate://sku/A/7",
            "changes": [
                {
                    "delta": -2,
                    "changeFromQuantity": 5,
                    "inventoryItemId": f"gid://shopify/InventoryItem/{good.item}",
                    "locationId": f"gid://shopify/Location/{MAIN}",
                }
            ],
        },
    }
    assert "inventoryAdjustQuantities(input: $input) @idempotent(key: $key)" in body["query"]


def test_without_an_endpoint_the_shops_own_address_is_asked() -> None:
    seen: list[httpx.URL] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.url)
        return httpx.Response(401, json={"errors": "no"})

    with httpx.Client(transport=httpx.MockTransport(answer)) as http, pytest.raises(Unauthorised):
        ShopifyClient(http, "small-shop.myshopify.com", "t").adjust(an_intent("1"))
    assert [str(url) for url in seen] == ["https://small-shop.myshopify.com/admin/api/2026-04/graphql.json"]


def test_the_same_intent_again_is_answered_as_the_first_time(sim: Simulator, client: ShopifyClient, good: Good) -> None:
    intent = an_intent(good.item)
    first = client.adjust(intent)
    sim.shopify.edit("A/1", 50)
    assert client.adjust(intent) == first
    assert (sim.shopify.taken[intent.key], sim.shopify.asked[intent.key]) == (1, 2)


def test_another_quantity_than_the_expected_one_is_a_mismatch(
    sim: Simulator, client: ShopifyClient, good: Good
) -> None:
    sim.shopify.sell([("A/1", 1)])
    outcome = client.adjust(an_intent(good.item, -2, 5))
    assert isinstance(outcome, Mismatched)
    assert "no longer matches" in outcome.detail
    assert (sim.shopify.available(good.item), sim.shopify.taken) == (4, {})


def test_a_retry_where_keys_are_ignored_is_a_mismatch_by_its_own_first_try(
    sim: Simulator, client: ShopifyClient, good: Good
) -> None:
    sim.shopify.honours_keys = False
    intent = an_intent(good.item)
    fail(sim, kind="drop", applied=True)
    with pytest.raises(Unreachable):
        client.adjust(intent)
    assert isinstance(client.adjust(intent), Mismatched)
    assert sim.shopify.taken == {intent.key: 1}


def test_where_keys_are_ignored_and_somebody_brings_the_quantity_back_nothing_guards(
    sim: Simulator, client: ShopifyClient, good: Good
) -> None:
    """Why an operator sees what became of such a change: no request could have told."""
    sim.shopify.honours_keys = False
    intent = an_intent(good.item, -2, 5)
    client.adjust(intent)
    sim.shopify.edit("A/1", 5)
    assert isinstance(client.adjust(intent), Applied)
    assert sim.shopify.taken == {intent.key: 2}


def test_a_key_that_was_used_for_something_else_is_refused(sim: Simulator, client: ShopifyClient, good: Good) -> None:
    client.adjust(an_intent(good.item, key="k"))
    with pytest.raises(Refused) as caught:
        client.adjust(an_intent(good.item, delta=-1, change_from=3, key="k"))
    assert (caught.value.code, caught.value.retry) == ("IDEMPOTENCY_KEY_PARAMETER_MISMATCH", False)
    assert sim.shopify.available(good.item) == 3


def test_an_item_that_is_not_there_is_refused(client: ShopifyClient) -> None:
    with pytest.raises(Refused) as caught:
        client.adjust(an_intent("999"))
    assert (caught.value.code, caught.value.retry) == ("INVALID_INVENTORY_ITEM", False)
    assert caught.value.issues == ("INVALID_INVENTORY_ITEM: The specified inventory item could not be found.",)


def test_a_location_that_is_not_there_is_refused(client: ShopifyClient, good: Good) -> None:
    with pytest.raises(Refused) as caught:
        client.adjust(an_intent(good.item, location="1"))
    assert caught.value.code == "INVALID_LOCATION"


def test_an_item_that_is_not_stocked_there_may_be_some_day(sim: Simulator, client: ShopifyClient) -> None:
    good = sim.shopify.put_good("B", None)
    with pytest.raises(Refused) as caught:
        client.adjust(an_intent(good.item))
    assert (caught.value.code, caught.value.retry) == ("ITEM_NOT_STOCKED_AT_LOCATION", True)


def test_a_bundle_is_refused(sim: Simulator, client: ShopifyClient) -> None:
    good = sim.shopify.put_good("SET", 5, bundle=True)
    with pytest.raises(Refused) as caught:
        client.adjust(an_intent(good.item))
    assert caught.value.code == "NON_MUTABLE_INVENTORY_ITEM"
    assert sim.shopify.available(good.item) == 5


@pytest.mark.parametrize(
    ("code", "retry"),
    [
        ("ADJUST_QUANTITIES_FAILED", True),
        ("IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED", True),
        ("INVALID_REASON", False),
        ("SOMETHING_NEW", False),
    ],
)
def test_a_user_error_is_a_refusal(
    sim: Simulator, client: ShopifyClient, good: Good, code: str, *, retry: bool
) -> None:
    fail(sim, kind="user_error", code=code)
    with pytest.raises(Refused) as caught:
        client.adjust(an_intent(good.item))
    assert (caught.value.code, caught.value.retry, caught.value.detail) == (code, retry, "On command.")


@pytest.mark.parametrize("code", ["IDEMPOTENCY_CONCURRENT_REQUEST", "SERVICE_UNAVAILABLE"])
def test_a_user_error_that_leaves_the_outcome_open_is_no_refusal(
    sim: Simulator, client: ShopifyClient, good: Good, code: str
) -> None:
    intent = an_intent(good.item)
    fail(sim, kind="user_error", code=code, applied=True)
    with pytest.raises(Unreachable, match=code) as caught:
        client.adjust(intent)
    assert caught.value.sent
    assert isinstance(client.adjust(intent), Applied)
    assert sim.shopify.taken == {intent.key: 1}


def test_an_internal_error_within_a_200_leaves_the_outcome_open(
    sim: Simulator, client: ShopifyClient, good: Good
) -> None:
    fail(sim, kind="internal", applied=True)
    with pytest.raises(Unreachable, match="INTERNAL_SERVER_ERROR") as caught:
        client.adjust(an_intent(good.item))
    assert caught.value.sent
    assert sim.shopify.available(good.item) == 3


def test_a_200_that_says_throttled_is_throttled(sim: Simulator, client: ShopifyClient, good: Good) -> None:
    fail(sim, kind="throttle")
    with pytest.raises(Throttled):
        client.adjust(an_intent(good.item))
    assert sim.shopify.available(good.item) == 5


def test_a_429_may_say_how_long_to_wait(sim: Simulator, connect: Connect, good: Good) -> None:
    fail(sim, kind="status", status=429, retry_after=2.5)
    fail(sim, kind="status", status=429, bare=True)
    for seconds in (2.5, 1.0):
        with pytest.raises(Throttled) as caught:
            connect().adjust(an_intent(good.item))
        assert caught.value.retry_after is not None
        assert caught.value.retry_after.total_seconds() == seconds


def test_after_a_429_nothing_is_sent_until_the_pause_is_over(sim: Simulator, client: ShopifyClient, good: Good) -> None:
    fail(sim, kind="status", status=429, retry_after=60)
    for _ in range(3):
        with pytest.raises(Throttled):
            client.adjust(an_intent(good.item))
    assert sim.shopify.requests["inventoryAdjustQuantities"] == 1


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"kind": "unauthorised"}, "401"),
        ({"kind": "status", "status": 403}, "403"),
        ({"kind": "denied"}, "ACCESS_DENIED"),
    ],
)
def test_a_token_that_is_not_taken_is_unauthorised(
    sim: Simulator, client: ShopifyClient, good: Good, fault: dict[str, Any], code: str
) -> None:
    fail(sim, **fault)
    with pytest.raises(Unauthorised) as caught:
        client.adjust(an_intent(good.item))
    assert caught.value.code == code


def test_a_wrong_token_is_unauthorised_and_not_told(connect: Connect, good: Good) -> None:
    with pytest.raises(Unauthorised) as caught:
        connect(token="shpat_" + "wrong").adjust(an_intent(good.item))
    assert "shpat_wrong" not in str(caught.value)


@pytest.mark.parametrize(("status", "retry"), [(400, False), (402, True), (404, False), (423, True), (430, True)])
def test_what_is_declined_by_its_status_is_refused(
    sim: Simulator, client: ShopifyClient, good: Good, status: int, *, retry: bool
) -> None:
    fail(sim, kind="status", status=status)
    with pytest.raises(Refused) as caught:
        client.adjust(an_intent(good.item))
    assert (caught.value.code, caught.value.retry, caught.value.detail) == (str(status), retry, "On command.")


@pytest.mark.parametrize("bare", [True, False])
@pytest.mark.parametrize("status", [302, 408, 500, 502, 503, 504])
def test_an_answer_that_tells_no_outcome_is_unreachable(
    sim: Simulator, client: ShopifyClient, good: Good, status: int, *, bare: bool
) -> None:
    fail(sim, kind="status", status=status, bare=bare, applied=True)
    with pytest.raises(Unreachable, match=str(status)) as caught:
        client.adjust(an_intent(good.item))
    assert caught.value.sent
    assert sim.shopify.available(good.item) == 3, "it did take effect, which is why nobody may say that it did not"


@pytest.mark.parametrize("applied", [True, False])
@pytest.mark.parametrize("kind", ["drop", "garbled"])
def test_an_answer_that_is_lost_or_no_answer_is_unreachable(
    sim: Simulator, client: ShopifyClient, good: Good, kind: str, *, applied: bool
) -> None:
    intent = an_intent(good.item)
    fail(sim, kind=kind, applied=applied)
    with pytest.raises(Unreachable) as caught:
        client.adjust(intent)
    assert caught.value.sent
    assert sim.shopify.available(good.item) == (3 if applied else 5)
    assert isinstance(client.adjust(intent), Applied), "the same intent, again, tells what became of it"
    assert sim.shopify.available(good.item) == 3


def test_an_answer_that_is_too_late_is_unreachable(sim: Simulator, connect: Connect, good: Good) -> None:
    fail(sim, kind="slow", seconds=2, applied=True)
    began = monotonic()
    with pytest.raises(Unreachable) as caught:
        connect(budget=0.2).adjust(an_intent(good.item))
    assert caught.value.sent
    assert monotonic() - began < 1.5


def test_nobody_listening_is_known_not_to_have_heard(connect: Connect) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(Unreachable) as caught:
        connect(f"http://127.0.0.1:{port}").adjust(an_intent("1"))
    assert not caught.value.sent


MADE = {
    "inventoryAdjustmentGroup": {
        "id": "gid://shopify/InventoryAdjustmentGroup/1",
        "changes": [{"name": "available", "delta": -2, "quantityAfterChange": 3, "new": 1}],
        "new": 1,
    },
    "userErrors": [],
}


def answered(connect: Connect, status: int, body: object) -> Any:
    """Return what the client makes of an answer, whatever it is."""
    content = body if isinstance(body, bytes) else msgspec.json.encode(body)
    head = b"HTTP/1.1 %d X\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % (status, len(content))
    with raw_server([head + content]) as url:
        return connect(url).adjust(an_intent("1"))


def test_fields_that_shopify_adds_are_of_no_concern(connect: Connect) -> None:
    body = {"data": {"inventoryAdjustQuantities": MADE, "new": 1}, "extensions": {"new": 1}, "new": 1}
    assert answered(connect, 200, body) == Applied(3, "gid://shopify/InventoryAdjustmentGroup/1")


def test_what_is_made_is_made_even_where_a_field_beside_it_failed(connect: Connect) -> None:
    errors = [{"message": "Access denied", "extensions": {"code": "ACCESS_DENIED"}, "path": ["x"]}]
    assert answered(connect, 200, {"data": {"inventoryAdjustQuantities": MADE}, "errors": errors}).quantity_after == 3


@pytest.mark.parametrize(
    "beside",
    [
        {"extensions": {"cost": {"requestedQueryCost": "ten"}}},
        {"extensions": {"cost": {"requestedQueryCost": 10, "throttleStatus": {"restoreRate": 0}}}},
        {"extensions": "none"},
        {"errors": [{"message": "odd", "extensions": 1, "path": 1}]},
        {"errors": [{"message": "odd", "extensions": {"code": 1}, "path": ["a", 0]}]},
        {"errors": None},
    ],
)
def test_what_is_odd_beside_a_yes_does_not_make_a_doubt_of_it(connect: Connect, beside: dict[str, Any]) -> None:
    assert answered(connect, 200, {"data": {"inventoryAdjustQuantities": MADE}, **beside}).quantity_after == 3


def test_a_field_of_the_result_that_is_denied_leaves_the_outcome_open(connect: Connect) -> None:
    errors = [{"extensions": {"code": "ACCESS_DENIED"}, "path": ["inventoryAdjustQuantities", "group", "id"]}]
    with pytest.raises(Unreachable) as caught:
        answered(connect, 200, {"data": {"inventoryAdjustQuantities": None}, "errors": errors})
    assert caught.value.sent
    errors = [{"extensions": {"code": "ACCESS_DENIED"}, "path": ["inventoryAdjustQuantities"]}]
    with pytest.raises(Unauthorised):
        answered(connect, 200, {"data": {"inventoryAdjustQuantities": None}, "errors": errors})


def test_a_user_error_without_a_code_is_named_by_its_field(connect: Connect) -> None:
    odd = {"inventoryAdjustmentGroup": None, "userErrors": [{"field": ["input", "changes", 0], "message": "no"}]}
    with pytest.raises(Refused) as caught:
        answered(connect, 200, {"data": {"inventoryAdjustQuantities": odd}})
    assert caught.value.code == "input.changes.0"


def test_a_change_whose_quantity_is_not_told_is_made_all_the_same(connect: Connect) -> None:
    silent = {"inventoryAdjustmentGroup": {"id": "gid://shopify/InventoryAdjustmentGroup/1"}, "userErrors": []}
    assert answered(connect, 200, {"data": {"inventoryAdjustQuantities": silent}}).quantity_after is None


@pytest.mark.parametrize("status", [302, 400, 404, 429, 500, 503])
def test_no_body_makes_a_yes_of_another_status(connect: Connect, status: int) -> None:
    with pytest.raises(ChannelError):
        answered(connect, status, {"data": {"inventoryAdjustQuantities": MADE}})


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        [],
        {},
        {"data": None},
        {"data": {}},
        {"data": {"inventoryAdjustQuantities": None}},
        {"data": {"inventoryAdjustQuantities": {}}},
        {"data": {"inventoryAdjustQuantities": {"inventoryAdjustmentGroup": None, "userErrors": []}}},
        {"data": {"inventoryAdjustQuantities": {"inventoryAdjustmentGroup": {"id": 1}, "userErrors": []}}},
        {"data": None, "errors": [{"message": "no", "extensions": {"code": "SOMETHING_NEW"}}]},
        {"data": None, "errors": [{"message": "no"}]},
        {"errors": [{"message": "no", "extensions": {"code": "TIMEOUT"}}]},
    ],
)
def test_a_200_that_tells_neither_yes_nor_no_is_unreachable(connect: Connect, body: object) -> None:
    with pytest.raises(Unreachable) as caught:
        answered(connect, 200, body)
    assert caught.value.sent


@pytest.mark.parametrize(
    "body",
    [
        {"errors": [{"message": "Field 'x' doesn't exist", "extensions": {"code": "undefinedField"}}]},
        {"errors": [{"message": "no"}]},
        {"errors": "no"},
        {"errors": {"query": "no"}},
        {"data": {"inventoryAdjustQuantities": None}, "errors": [{"extensions": {"code": "BAD_REQUEST"}}]},
    ],
)
def test_a_request_that_was_not_understood_is_refused_for_good(connect: Connect, body: object) -> None:
    with pytest.raises(Refused) as caught:
        answered(connect, 200, body)
    assert not caught.value.retry
