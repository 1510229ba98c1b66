"""Our requests and the small Amazon's answers, held against Amazon's published Listings Items model."""

from typing import Any

import httpx
import msgspec
import pytest

from channels.errors import ChannelError
from channels.simulators.amazon import Fault
from tests.integration.channels.published import LISTINGS, MISSING, Published
from tests.integration.channels.shop import Shop

pytestmark = pytest.mark.skipif(not LISTINGS.exists(), reason=MISSING)


@pytest.fixture
def published() -> Published:
    return Published()


def body(content: bytes) -> Any:
    return msgspec.json.decode(content)


def test_the_patch_we_send_is_one_that_amazon_describes(
    published: Published, shop: Shop, seen: list[httpx.Response]
) -> None:
    shop.sim.amazon.put_listing("A", quantity=99)
    shop.client().set_quantity("A", 3, "SHIRT")
    request = seen[-1].request
    assert published.faults(body(request.content), published.request_schema("patch")) == []
    query = published.parameters("patch", "query")
    assert set(request.url.params) <= set(query)
    assert {name for name, described in query.items() if described["required"]} <= set(request.url.params)
    assert published.operation("patch")["consumes"] == [request.headers["content-type"]]


def test_the_look_we_take_is_one_that_amazon_describes(
    published: Published, shop: Shop, seen: list[httpx.Response]
) -> None:
    shop.sim.amazon.put_listing("A", quantity=99)
    shop.client().listing("A")
    request = seen[-1].request
    query = published.parameters("get", "query")
    assert set(request.url.params) <= set(query)
    assert {name for name, described in query.items() if described["required"]} <= set(request.url.params)
    assert set(request.url.params["includedData"].split(",")) <= set(query["includedData"]["items"]["enum"])


@pytest.mark.parametrize("channel", ["DEFAULT", "AMAZON_NA", None])
def test_listings_are_shown_as_amazon_describes_them(
    published: Published, shop: Shop, seen: list[httpx.Response], channel: str | None
) -> None:
    shop.sim.amazon.put_listing("A", quantity=4, channel=channel)
    shop.client().listing("A")
    plain = shop.http.get(seen[-1].request.url.copy_remove_param("includedData"), headers=seen[-1].request.headers)
    for answer in (seen[-2], plain):
        assert published.faults(body(answer.content), published.answer_schema("get", 200)) == []


@pytest.mark.parametrize("kind", [None, "invalid"])
def test_submissions_are_answered_as_amazon_describes_it(
    published: Published, shop: Shop, seen: list[httpx.Response], kind: str | None
) -> None:
    shop.sim.amazon.put_listing("A", quantity=4)
    if kind is not None:
        shop.sim.amazon.faults.add(Fault.model_validate({"kind": kind}))
    try:
        shop.client().set_quantity("A", 3, "SHIRT")
    except ChannelError:
        assert kind is not None
    assert published.faults(body(seen[-1].content), published.answer_schema("patch", 200)) == []


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ({"kind": "status", "status": 400}, 400),
        ({"kind": "unauthorised", "times": 2}, 403),
        ({"kind": "throttle"}, 429),
        ({"kind": "status", "status": 500}, 500),
        ({"kind": "status", "status": 503}, 503),
    ],
)
def test_errors_are_told_as_amazon_describes_them(
    published: Published, shop: Shop, seen: list[httpx.Response], fault: dict[str, Any], status: int
) -> None:
    shop.sim.amazon.faults.add(Fault.model_validate({"operation": "patch", **fault}))
    with pytest.raises(ChannelError):
        shop.client().set_quantity("A", 3, "SHIRT")
    assert seen[-1].status_code == status
    assert published.faults(body(seen[-1].content), published.answer_schema("patch", status)) == []


def test_the_rates_of_the_small_amazon_are_the_published_ones(published: Published) -> None:
    from channels.simulators.amazon.state import PUBLISHED

    for method, rate in (("patch", PUBLISHED.set_quantity), ("get", PUBLISHED.listing)):
        assert f"| {rate.per_second:g} | {rate.burst} |" in published.operation(method)["description"]


def test_these_checks_see_what_is_wrong(published: Published) -> None:
    wrong = {"productType": 5, "patches": [{"op": "set", "path": "/x", "value": ["no object"], "extra": 1}]}
    assert published.faults(wrong, published.request_schema("patch")) == [
        "$.productType: 5 is no string",
        "$.patches[0].op: 'set' is none of ['add', 'replace', 'merge', 'delete']",
        "$.patches[0].value[0]: 'no object' is no object",
        "$.patches[0]: extra is not in the model",
    ]
    assert published.faults({"patches": []}, published.request_schema("patch")) == [
        "$: productType is missing",
        "$.patches: too short",
    ]
