"""The small Shopify refuses what Shopify would refuse, counts what it does, and fails on command."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from channels.shopify.documents import ADJUST
from channels.simulators.shopify import (
    MAIN,
    Fault,
    Plan,
    SimulatedShopify,
    Simulator,
    simulated_shopify,
    simulator_app,
)
from channels.simulators.shopify.faults import FaultPlan
from channels.simulators.shopify.goods import Good
from tests.integration.channels.conftest import Stage
from tests.unit.channels.ticking import Ticking

Send = Callable[..., httpx.Response]
WITHOUT_KEY = ADJUST.document.replace("@idempotent(key: $key)", "").replace(", $key: String!", "")


@pytest.fixture
def good(sim: Simulator) -> Good:
    return sim.shopify.put_good("A", 5)


@pytest.fixture
def send(sim: Simulator, http: httpx.Client) -> Send:
    """Post a GraphQL request that is right but for what is named."""

    def post(
        query: str = ADJUST.document,
        variables: dict[str, Any] | None = None,
        *,
        headers: dict[str, str] | None = None,
        version: str = "2026-04",
        content: bytes | None = None,
        **more: Any,
    ) -> httpx.Response:
        url = f"{sim.url}/admin/api/{version}/graphql.json"
        given = {"x-shopify-access-token": sim.shopify.token, **(headers or {})}
        if content is not None:
            return http.post(url, content=content, headers={"content-type": "application/json", **given})
        return http.post(url, json={"query": query, "variables": variables, **more}, headers=given)

    return post


def a_change(good: Good, **more: Any) -> dict[str, Any]:
    item, place = f"gid://shopify/InventoryItem/{good.item}", f"gid://shopify/Location/{MAIN}"
    return {"delta": -2, "changeFromQuantity": 5, "inventoryItemId": item, "locationId": place, **more}


def an_input(*changes: dict[str, Any], **more: Any) -> dict[str, Any]:
    told = {"name": "available", "reason": "correction", "referenceDocumentUri": "syncstate://x/1", **more}
    return {"input": {**told, "changes": list(changes)}, "key": "k"}


def code(answer: httpx.Response) -> object:
    (error, *_) = answer.json()["errors"]
    return error.get("extensions", {}).get("code")


def user_errors(answer: httpx.Response) -> list[tuple[str, str]]:
    errors = answer.json()["data"]["inventoryAdjustQuantities"]["userErrors"]
    return [(error["code"], ".".join(error["field"])) for error in errors]


def test_a_right_request_is_taken(sim: Simulator, send: Send, good: Good) -> None:
    answer = send(variables=an_input(a_change(good)))
    assert user_errors(answer) == []
    assert sim.shopify.available(good.item) == 3
    assert answer.json()["extensions"]["cost"]["actualQueryCost"] == 10


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("", {}),
        ("{", {}),
        ("query { nobody }", {}),
        ("query { locations { nodes { id } } }", {}),
        ("query { locations(first: 1) }", {}),
        ('query { locations(first: "1") { nodes { id } } }', {}),
        ("query { locations(first: 1) { nodes { id secrets } } }", {}),
        ("query Q($first: Int!) { locations(first: $first) { nodes { id } } }", {}),
        ("query Q($first: Int!) { locations(first: $first) { nodes { id } } }", {"first": None}),
        ("query Q($first: Int!) { locations(first: $first) { nodes { id } } }", {"first": "1"}),
        ("query Q($first: Int!) { locations(first: $first) { nodes { id } } }", {"first": 1.5}),
        ("query Q($first: Int!) { locations(first: 1) { nodes { id } } }", {"first": 1}),
        ("query A { locations(first: 1) { nodes { id } } } query B { locations(first: 1) { nodes { id } } }", {}),
        ("fragment F on Location { id }", {}),
        ("mutation { inventoryAdjustQuantities { userErrors { code } } }", {}),
    ],
)
def test_what_is_no_query_of_the_schema_is_not_run(
    sim: Simulator, send: Send, query: str, variables: dict[str, Any]
) -> None:
    answer = send(query, variables)
    assert answer.json()["errors"]
    assert "data" not in answer.json()
    assert sim.shopify.requests == {"refused": 1}


@pytest.mark.parametrize(
    "changes",
    [
        {"delta": None},
        {"delta": "2"},
        {"delta": 1.5},
        {"delta": True},
        {"delta": 2**31},
        {"inventoryItemId": None},
        {"changeFromQuantity": "5"},
        {"quantity": 3},
    ],
)
def test_variables_of_the_wrong_type_are_refused(
    sim: Simulator, send: Send, good: Good, changes: dict[str, Any]
) -> None:
    answer = send(variables=an_input(a_change(good, **changes)))
    assert code(answer) == "INVALID_VARIABLE"
    assert "data" not in answer.json()
    assert sim.shopify.available(good.item) == 5


@pytest.mark.parametrize("missing", ["delta", "inventoryItemId", "locationId"])
def test_a_field_that_is_missing_is_refused(send: Send, good: Good, missing: str) -> None:
    change = a_change(good)
    del change[missing]
    assert code(send(variables=an_input(change))) == "INVALID_VARIABLE"


def test_a_change_without_the_quantity_to_compare_is_refused(sim: Simulator, send: Send, good: Good) -> None:
    change = a_change(good)
    del change["changeFromQuantity"]
    answer = send(variables=an_input(change))
    assert code(answer) == "INVALID_FIELD_ARGUMENTS"
    assert "changeFromQuantity" in answer.json()["errors"][0]["message"]
    assert sim.shopify.available(good.item) == 5


def test_null_compares_nothing(sim: Simulator, send: Send, good: Good) -> None:
    sim.shopify.edit("A", 50)
    assert user_errors(send(variables=an_input(a_change(good, changeFromQuantity=None)))) == []
    assert sim.shopify.available(good.item) == 48


def test_a_change_without_a_key_is_refused(sim: Simulator, send: Send, good: Good) -> None:
    variables = an_input(a_change(good))
    del variables["key"]
    answer = send(WITHOUT_KEY, variables)
    assert code(answer) == "BAD_REQUEST"
    assert "@idempotent" in answer.json()["errors"][0]["message"]
    assert answer.json()["data"] == {"inventoryAdjustQuantities": None}
    assert sim.shopify.available(good.item) == 5


@pytest.mark.parametrize("key", ["", "k" * 256])
def test_a_key_has_a_length(send: Send, good: Good, key: str) -> None:
    assert code(send(variables={**an_input(a_change(good)), "key": key})) == "BAD_REQUEST"


@pytest.mark.parametrize(
    ("more", "wanted"),
    [
        ({"name": "on_hand"}, [("INVALID_QUANTITY_NAME", "input.name")]),
        ({"reason": "because"}, [("INVALID_REASON", "input.reason")]),
        ({"referenceDocumentUri": "7"}, [("INVALID_REFERENCE_DOCUMENT", "input.referenceDocumentUri")]),
        (
            {"referenceDocumentUri": "gid://shopify/Order/7"},
            [("INVALID_REFERENCE_DOCUMENT", "input.referenceDocumentUri")],
        ),
    ],
)
def test_what_is_wrong_around_the_changes_is_told(
    sim: Simulator, send: Send, good: Good, more: dict[str, Any], wanted: list[tuple[str, str]]
) -> None:
    assert user_errors(send(variables=an_input(a_change(good), **more))) == wanted
    assert sim.shopify.available(good.item) == 5


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"inventoryItemId": "gid://shopify/InventoryItem/1"}, "INVALID_INVENTORY_ITEM"),
        ({"locationId": "gid://shopify/Location/1"}, "INVALID_LOCATION"),
        ({"ledgerDocumentUri": "x://y"}, "INVALID_AVAILABLE_DOCUMENT"),
        ({"changeFromQuantity": 4}, "CHANGE_FROM_QUANTITY_STALE"),
        ({"delta": 2_000_000_000}, "INVALID_QUANTITY_TOO_HIGH"),
        ({"delta": -2_000_000_006}, "INVALID_QUANTITY_TOO_LOW"),
    ],
)
def test_what_is_wrong_with_a_change_is_told(
    sim: Simulator, send: Send, good: Good, changes: dict[str, Any], wanted: str
) -> None:
    ((found, place),) = user_errors(send(variables=an_input(a_change(good, **changes))))
    assert found == wanted
    assert place.startswith("input.changes.0.")
    assert sim.shopify.available(good.item) == 5


@pytest.mark.parametrize("gid", ["1", "gid://shopify/Location/1", "gid://shopify/InventoryItem/x"])
def test_an_id_of_something_else_is_refused(send: Send, good: Good, gid: str) -> None:
    assert code(send(variables=an_input(a_change(good, inventoryItemId=gid)))) == "INVALID_FIELD_ARGUMENTS"


def test_one_bad_change_fails_the_whole_batch(sim: Simulator, send: Send, good: Good) -> None:
    bundle = sim.shopify.put_good("SET", 5, bundle=True)
    answer = send(variables=an_input(a_change(good), a_change(bundle)))
    assert user_errors(answer) == [("NON_MUTABLE_INVENTORY_ITEM", "input.changes.1.inventoryItemId")]
    assert (sim.shopify.available(good.item), sim.shopify.taken) == (5, {})
    other = sim.shopify.put_good("B", 5)
    assert user_errors(send(variables=an_input(a_change(good), a_change(other)))) == []
    assert (sim.shopify.available(good.item), sim.shopify.available(other.item)) == (3, 3)


def test_a_key_is_remembered_for_a_day_and_only_with_what_it_made() -> None:
    time = Ticking()
    shopify = SimulatedShopify(monotonic=time.monotonic, clock=time.clock)
    good = shopify.put_good("A", 5)
    from channels.simulators.shopify.adjusting import AskedAdjustment, AskedChange
    from channels.simulators.shopify.state import Adjustment

    def asked(change_from: int | None) -> AskedAdjustment:
        return AskedAdjustment("available", "correction", None, (AskedChange(good.item, MAIN, -1, change_from),))

    assert isinstance(shopify.adjust(asked(9), "k"), list)
    made = shopify.adjust(asked(None), "k")
    assert isinstance(made, Adjustment)
    time.pass_(timedelta(hours=23))
    assert shopify.adjust(asked(None), "k") == made
    time.pass_(timedelta(hours=1))
    assert shopify.adjust(asked(None), "k") != made
    assert (shopify.taken, shopify.asked) == ({"k": 2}, {"k": 4})


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"headers": {"x-shopify-access-token": ""}}, 401),
        ({"headers": {"x-shopify-access-token": "shpat_other"}}, 401),
        ({"version": "2026-05"}, 404),
        ({"version": "latest"}, 404),
        ({"headers": {"content-type": "text/plain"}}, 415),
        ({"content": b"{"}, 400),
        ({"content": b"[]"}, 400),
        ({"content": b'{"query": 1}'}, 400),
        ({"content": b'{"query": "{x}", "variables": []}'}, 400),
        ({"content": b'{"query": "' + b"x" * 1_000_001 + b'"}'}, 413),
    ],
)
def test_a_request_that_is_wrong_around_its_query_is_refused(send: Send, changes: dict[str, Any], status: int) -> None:
    answer = send(**changes)
    assert answer.status_code == status
    assert answer.json()["errors"]


def test_an_operation_is_chosen_by_its_name(send: Send) -> None:
    two = "query A { locations(first: 1) { nodes { id } } } query B { webhookSubscriptions(first: 1) { nodes { id } } }"
    assert list(send(two, operationName="B").json()["data"]) == ["webhookSubscriptions"]


def test_what_is_not_simulated_is_not_found(sim: Simulator, http: httpx.Client) -> None:
    assert http.get(f"{sim.url}/admin/api/2026-04/products.json").status_code == 404
    assert http.get(f"{sim.url}/admin/api/2026-04/graphql.json").status_code == 404


def test_a_query_costs_at_most_what_it_asks_for_and_at_last_what_it_brings(sim: Simulator, send: Send) -> None:
    for number in range(3):
        sim.shopify.put_good(f"S{number}")
    query = "query { productVariants(first: 50) { nodes { id sku inventoryItem { id } } pageInfo { hasNextPage } } }"
    cost = send(query).json()["extensions"]["cost"]
    assert (cost["requestedQueryCost"], cost["actualQueryCost"]) == (2 + 50 * 2, 2 + 3 * 2)


def test_what_a_query_did_not_cost_is_given_back(stage: Stage, http: httpx.Client) -> None:
    shopify = SimulatedShopify(plan=Plan(60, 0.000001))
    stage.app = simulator_app(shopify)
    url, token = f"{stage.url}/admin/api/2026-04/graphql.json", {"x-shopify-access-token": shopify.token}
    query = {"query": "query { locations(first: 50) { nodes { id } } }"}
    told = [http.post(url, json=query, headers=token).json()["extensions"]["cost"] for _ in range(4)]
    assert [(one["requestedQueryCost"], one["actualQueryCost"]) for one in told] == [(52, 3)] * 3 + [(52, None)]
    assert [one["throttleStatus"]["currentlyAvailable"] for one in told] == [57, 54, 51, 51]


def test_no_query_costs_more_than_a_thousand_points(sim: Simulator, send: Send) -> None:
    query = "query { productVariants(first: 250) { nodes { product { id } inventoryItem { id } } } }"
    assert send(query).json()["data"]
    level = f'inventoryLevel(locationId: "gid://shopify/Location/{MAIN}") {{ id }}'
    dear = query.replace("inventoryItem { id }", f"inventoryItem {{ {level} }}")
    answer = send(dear)
    assert code(answer) == "MAX_COST_EXCEEDED"
    assert "data" not in answer.json()
    assert sim.shopify.requests["productVariants"] == 2


@pytest.mark.parametrize("first", [0, -1, 251])
def test_a_page_has_a_size(send: Send, first: int) -> None:
    assert (
        code(send("query Q($n: Int!) { locations(first: $n) { nodes { id } } }", {"n": first}))
        == "INVALID_FIELD_ARGUMENTS"
    )


def test_points_run_out_within_a_200_and_come_back(stage: Stage, http: httpx.Client) -> None:
    time = Ticking()
    shopify = SimulatedShopify(plan=Plan(25, 5), monotonic=time.monotonic)
    stage.app = simulator_app(shopify)
    good = shopify.put_good("A", 5)
    url, token = f"{stage.url}/admin/api/2026-04/graphql.json", {"x-shopify-access-token": shopify.token}

    def take(number: int) -> dict[str, Any]:
        variables = {**an_input(a_change(good, changeFromQuantity=None)), "key": f"k{number}"}
        answer = http.post(url, json={"query": ADJUST.document, "variables": variables}, headers=token)
        assert answer.status_code == 200
        found: dict[str, Any] = answer.json()
        return found

    told = [take(number) for number in range(3)]
    assert ["errors" in one for one in told] == [False, False, True]
    assert told[2]["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert told[2]["extensions"]["cost"] == {
        "requestedQueryCost": 10,
        "actualQueryCost": None,
        "throttleStatus": {"maximumAvailable": 25, "currentlyAvailable": 5, "restoreRate": 5},
    }
    time.pass_(timedelta(seconds=1))
    assert "errors" not in take(3)
    assert shopify.requests["throttled"] == 1
    assert shopify.account.lowest == 0


def test_faults_strike_as_often_as_they_are_told() -> None:
    plan = FaultPlan(seed=1)
    twice = Fault(kind="throttle", operation="locations", times=2)
    always = Fault(kind="user_error", times=None)
    plan.add(twice, always)
    asked = ("locations", "locations", "locations", "inventoryAdjustQuantities")
    assert [plan.strike([one]) for one in asked] == [twice, twice, None, always]
    plan.clear()
    assert plan.strike(["inventoryAdjustQuantities"]) is None


def test_the_same_seed_fails_the_same_way() -> None:
    def struck(seed: int) -> list[bool]:
        plan = FaultPlan(seed)
        plan.add(Fault(kind="drop", probability=0.5, times=None))
        return [plan.strike(["locations"]) is not None for _ in range(64)]

    assert struck(7) == struck(7)
    assert struck(7) != struck(8)
    assert 16 < sum(struck(7)) < 48


def test_it_is_controlled_over_http(sim: Simulator, http: httpx.Client, send: Send) -> None:
    control = f"{sim.url}/_simulator"
    made = http.post(f"{control}/goods", json={"sku": "B/1", "available": 4})
    assert made.status_code == 201
    good = sim.shopify.good_of("B/1")
    assert good is not None
    assert made.json()["item"] == good.item
    assert http.post(f"{control}/orders", json={"lines": [{"sku": "B/1", "quantity": 3}]}).status_code == 201
    assert http.put(f"{control}/levels", json={"sku": "B/1", "available": 7}).status_code == 204
    assert http.post(f"{control}/faults", json={"kind": "drop"}).status_code == 204
    assert http.delete(f"{control}/faults").status_code == 204
    send(variables=an_input(a_change(good, changeFromQuantity=7)))
    (level,) = http.get(f"{control}/levels").json()["levels"]
    assert (level["sku"], level["available"]) == ("B/1", 5)
    told = http.get(f"{control}/history").json()
    assert [(change["by"], change["delta"]) for change in told["history"]] == [
        ("sale", -3),
        ("edit", 6),
        ("adjustment", -2),
    ]
    assert (told["taken"], told["asked"]) == ({"k": 1}, {"k": 1})
    assert told["requests"] == {"inventoryAdjustQuantities": 1}


@pytest.mark.parametrize(
    ("request_", "wrong", "status"),
    [
        ("POST faults", {"kind": "gremlins"}, 422),
        ("POST faults", {"kind": "drop", "times": 0}, 422),
        ("POST faults", {"kind": "drop", "more": 1}, 422),
        ("POST orders", {"lines": []}, 422),
        ("POST orders", {"lines": [{"sku": "A", "quantity": 0}]}, 422),
        ("POST orders", {"lines": [{"sku": "NOBODY", "quantity": 1}]}, 404),
        ("PUT levels", {"sku": "NOBODY", "available": 1}, 404),
        ("PUT levels", {"sku": "A", "available": 1, "location": "1"}, 404),
        ("POST orders", {"lines": [{"sku": "A", "quantity": 1}], "location": "1"}, 404),
        ("POST goods", {"price": 1}, 422),
        ("GET deliveries?settle=long", {}, 422),
        ("GET deliveries?settle=61", {}, 422),
        ("GET deliveries?more=1", {}, 422),
    ],
)
def test_control_that_makes_no_sense_is_refused(
    sim: Simulator, http: httpx.Client, request_: str, wrong: dict[str, Any], status: int
) -> None:
    method, path = request_.split()
    sim.shopify.put_good("A", 5)
    answer = http.request(method, f"{sim.url}/_simulator/{path}", json=wrong)
    assert answer.status_code == status
    assert answer.json()["errors"]
    assert sim.shopify.history == ()


def test_two_run_side_by_side_and_end(http: httpx.Client) -> None:
    with simulated_shopify() as one, simulated_shopify() as other:
        assert one.url != other.url
        one.shopify.put_good("A")
        assert http.get(f"{other.url}/_simulator/levels").json() == {"levels": []}
    with pytest.raises(httpx.ConnectError):
        http.get(f"{one.url}/_simulator/levels")
