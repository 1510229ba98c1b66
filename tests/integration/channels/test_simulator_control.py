"""The small Amazon's newer controls, over HTTP: time, sales, notifications to an address, limits."""

import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from channels.simulators.amazon import Simulator, simulated_amazon
from channels.simulators.amazon.server import served


class Inbox:
    """Takes notifications; answers the first `refusals` of them with 503."""

    def __init__(self, refusals: int = 0) -> None:
        self.taken: list[Any] = []
        self.keys: set[str] = set()
        self.refusals = refusals
        self.full = threading.Event()

    async def take(self, request: Request) -> Response:
        if self.refusals:
            self.refusals -= 1
            return Response(status_code=503)
        self.taken.append(await request.json())
        self.keys.add(request.headers.get("x-api-key", ""))
        if len(self.taken) >= 2:
            self.full.set()
        return Response(status_code=202)


@pytest.fixture
def inbox() -> Iterator[tuple[Inbox, str]]:
    box = Inbox(refusals=2)
    with served(Starlette(routes=[Route("/in", box.take, methods=["POST"])])) as url:
        yield box, f"{url}/in"


@pytest.fixture
def own() -> Iterator[Simulator]:
    with simulated_amazon() as simulator:
        yield simulator


def control(own: Simulator, http: httpx.Client, method: str, path: str, body: object = None) -> httpx.Response:
    return http.request(method, f"{own.url}/_simulator/{path}", json=body)


def test_a_sale_is_made_told_and_cancelled_over_http(own: Simulator, http: httpx.Client) -> None:
    control(own, http, "PUT", "listings/A", {"quantity": 9})
    order = control(own, http, "POST", "orders", {"lines": {"A": 2}}).json()["order"]
    (shown,) = control(own, http, "GET", "orders").json()["orders"]
    assert (shown["order"], shown["status"]) == (order, "UNSHIPPED")
    assert control(own, http, "POST", f"orders/{order}/cancel", {"lines": {"A": 1}}).status_code == 204
    assert control(own, http, "POST", f"orders/{order}/cancel", {"lines": {"A": 1}}).status_code == 409
    assert control(own, http, "POST", f"orders/{order}/cancel").status_code == 204
    assert control(own, http, "POST", f"orders/{order}/ship").status_code == 409
    assert control(own, http, "POST", f"orders/{order}/eat").status_code == 404
    assert control(own, http, "POST", "orders/1/cancel").status_code == 404
    assert control(own, http, "POST", "orders", {"lines": {"A": 10}}).status_code == 409
    told = control(own, http, "GET", "notifications").json()["notifications"]
    assert [notice["number"] for notice in told] == [1, 2, 3, 4, 5, 6]
    later = control(own, http, "GET", "notifications?after=5").json()["notifications"]
    assert [notice["number"] for notice in later] == [6]


def test_time_passes_when_it_is_told_to(own: Simulator, http: httpx.Client) -> None:
    before = control(own, http, "GET", "time").json()["now"]
    after = control(own, http, "POST", "time", {"seconds": 86400}).json()["now"]
    assert after[:10] > before[:10]
    assert control(own, http, "PUT", "pace", {"settles": 60}).status_code == 204
    control(own, http, "PUT", "listings/A", {"quantity": 9})
    own.amazon.set_quantity("A", 3)
    assert own.amazon.quantity("A") == 9
    control(own, http, "POST", "time", {"seconds": 60})
    assert own.amazon.quantity("A") == 3


def test_foreign_edits_and_traffic_are_controlled(own: Simulator, http: httpx.Client) -> None:
    control(own, http, "PUT", "listings/A", {"quantity": 9})
    assert control(own, http, "POST", "edits", {"sku": "A", "quantity": 1000}).status_code == 204
    assert control(own, http, "POST", "edits", {"sku": "NOBODY", "quantity": 1}).status_code == 404
    assert own.amazon.quantity("A") == 1000
    assert control(own, http, "PUT", "traffic", {"per_minute": 60}).status_code == 204
    control(own, http, "POST", "time", {"seconds": 600})
    assert len(control(own, http, "GET", "orders").json()["orders"]) > 400


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "time", {"seconds": -1}),
        ("POST", "orders", {"lines": {}}),
        ("POST", "orders", {"lines": {"A": 0}}),
        ("POST", "edits", {"sku": "A", "quantity": -1}),
        ("PUT", "traffic", {"per_minute": "often"}),
        ("PUT", "pace", {"speed": 1}),
        ("PUT", "notifications/plan", {"lost": 2}),
        ("PUT", "notifications/address", {"url": "ftp://a"}),
        ("GET", "notifications?after=x", None),
    ],
)
def test_what_makes_no_sense_is_refused(own: Simulator, http: httpx.Client, method: str, path: str, body: Any) -> None:
    answer = control(own, http, method, path, body)
    assert (answer.status_code, bool(answer.json()["errors"])) == (422, True)


def test_notifications_are_posted_in_order_until_they_are_taken(
    own: Simulator, http: httpx.Client, inbox: tuple[Inbox, str]
) -> None:
    box, url = inbox
    control(own, http, "PUT", "listings/A", {"quantity": 9})
    control(own, http, "POST", "edits", {"sku": "A", "quantity": 8})
    asked = {"url": url, "headers": {"x-api-key": "ours"}}
    assert control(own, http, "PUT", "notifications/address", asked).status_code == 204
    control(own, http, "POST", "orders", {"lines": {"A": 2}})
    assert box.full.wait(10)
    assert [body["NotificationType"] for body in box.taken] == ["LISTINGS_ITEM_MFN_QUANTITY_CHANGE", "ORDER_CHANGE"]
    assert (box.keys, box.refusals) == ({"ours"}, 0)
    assert control(own, http, "PUT", "notifications/address", {"url": None}).status_code == 204
    control(own, http, "POST", "edits", {"sku": "A", "quantity": 5})
    assert len(box.taken) == 2
    assert control(own, http, "GET", "notifications").json()["given_up"] == 0


def test_limits_are_counted_by_operation(own: Simulator, http: httpx.Client) -> None:
    own.amazon.put_listing("A", quantity=9)
    before = control(own, http, "GET", "limits").json()
    assert not before["ever_over_limit"]
    assert before["operations"]["searchOrders"] == {
        "per_second": 0.0056, "burst": 20, "requests": 0, "over_limit": 0,
    }  # fmt: skip
    token = {"x-amz-access-token": own.amazon.grant()}
    url = f"{own.url}/listings/2021-08-01/items/{own.seller_id}/A?marketplaceIds={own.marketplace}"
    statuses = [http.get(url, headers=token).status_code for _ in range(14)]
    after = control(own, http, "GET", "limits").json()
    assert after["ever_over_limit"]
    assert after["operations"]["getListingsItem"]["requests"] == 14
    assert after["operations"]["getListingsItem"]["over_limit"] == statuses.count(429) > 0


def test_the_page_of_the_small_amazon_names_every_control_and_operation() -> None:
    from pathlib import Path

    from channels.amazon.rates import PUBLISHED
    from channels.simulators.amazon import SimulatedAmazon
    from channels.simulators.amazon.control import control_routes

    page = (Path(__file__).parents[3] / "docs" / "reference" / "small-amazon.md").read_text()
    controls = {
        f"`{method} {route.path.replace(':path', '')}`"
        for route in control_routes(SimulatedAmazon())
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert {wanted for wanted in controls if wanted not in page} == set()
    assert {operation for operation in PUBLISHED if f"`{operation}`" not in page} == set()
