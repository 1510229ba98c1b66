"""Whatever comes back is an outcome or a `ChannelError`, and no doubt is ever called a refusal."""

from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels.errors import ChannelError, Unreachable
from channels.http import Answer
from channels.shopify import answers, rows
from channels.shopify.documents import ADJUST, LEVELS_OF, VARIANTS, Operation
from channels.shopify.intents import Applied, Intent, Mismatched

AT_LEISURE = settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])

INTENT = Intent("k", "1", "2", -2, 5, "syncstate://sku/A/7")
CODES = st.sampled_from(
    ["THROTTLED", "ACCESS_DENIED", "INTERNAL_SERVER_ERROR", "BAD_REQUEST", "CHANGE_FROM_QUANTITY_STALE",
     "SERVICE_UNAVAILABLE", "INVALID_REASON", "NEW", None]
)  # fmt: skip
ODD = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=3) | st.just("gid://shopify/InventoryItem/1"),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["id", "code", "name"]), inner),
    max_leaves=4,
)


@st.composite
def shaped(draw: st.DrawFn, /, **fields: st.SearchStrategy[Any]) -> dict[str, Any]:
    """Draw an object with these fields as they should be; now and then one is anything else, or missing."""
    built = {name: draw(value) for name, value in fields.items()}
    if draw(st.integers(0, 9)) == 0:
        built[draw(st.sampled_from(sorted(fields)))] = draw(ODD)
    if draw(st.integers(0, 9)) == 0:
        del built[draw(st.sampled_from(sorted(fields)))]
    return built


ERRORS = st.lists(
    shaped(message=st.text(max_size=3), path=st.lists(st.text(max_size=2)), extensions=shaped(code=CODES)), max_size=2
)
USER_ERRORS = st.lists(shaped(code=CODES, message=st.text(max_size=3), field=st.lists(st.text(max_size=2))), max_size=2)
COST = shaped(
    requestedQueryCost=st.floats(),
    actualQueryCost=st.floats() | st.none(),
    throttleStatus=shaped(maximumAvailable=st.floats(), currentlyAvailable=st.floats(), restoreRate=st.floats()),
)
CHANGE = shaped(name=st.just("available"), delta=st.just(-2), quantityAfterChange=st.integers())
GROUP = shaped(id=st.just("gid://shopify/InventoryAdjustmentGroup/1"), changes=st.lists(CHANGE, max_size=2))
ADJUSTED = shaped(inventoryAdjustmentGroup=GROUP | st.none(), userErrors=USER_ERRORS)
PAGE = shaped(
    nodes=st.lists(
        shaped(
            id=st.just("gid://shopify/ProductVariant/1"),
            sku=st.text(max_size=3),
            requiresComponents=st.booleans(),
            product=shaped(id=st.just("gid://shopify/Product/1")),
            inventoryItem=shaped(id=st.just("gid://shopify/InventoryItem/1"), tracked=st.booleans()),
        ),
        max_size=2,
    ),
    pageInfo=shaped(hasNextPage=st.booleans(), endCursor=st.text(max_size=2)),
)
NODES = st.lists(
    shaped(
        id=st.just("gid://shopify/InventoryItem/1"),
        inventoryLevel=shaped(quantities=st.lists(shaped(name=st.just("available"), quantity=st.integers()))),
    ),
    max_size=2,
)


def answer_of(body: object, status: int = 200) -> Answer:
    return Answer(status, httpx.Headers(), msgspec.json.encode(body))


def told(operation: Operation, value: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    data = shaped(**{operation.root: value})
    right = st.fixed_dictionaries({"data": data}, optional={"extensions": shaped(cost=COST)})
    return right | shaped(data=data | st.none(), errors=ERRORS, extensions=shaped(cost=COST)) | ODD


@AT_LEISURE
@given(told(ADJUST, ADJUSTED))
def test_any_answer_to_a_change_is_an_outcome_or_an_error_of_ours(body: Any) -> None:
    try:
        envelope = answers.envelope("x", answer_of(body))
        found = answers.root("x", ADJUST, envelope)
        outcome = answers.outcome("x", INTENT, answers.read("x", found, rows.Adjusted))
    except ChannelError as error:
        made = _group_of(body)
        if made and not isinstance(error, Unreachable):
            assert _user_errors_of(body), "what may have been made is never called not made"
    else:
        assert isinstance(outcome, Applied | Mismatched)
        assert isinstance(outcome, Mismatched) or _group_of(body)


def _adjusted(body: Any) -> dict[str, Any]:
    data = body.get("data") if isinstance(body, dict) else None
    found = data.get(ADJUST.root) if isinstance(data, dict) else None
    return found if isinstance(found, dict) else {}


def _group_of(body: Any) -> object:
    return _adjusted(body).get("inventoryAdjustmentGroup")


def _user_errors_of(body: Any) -> object:
    return _adjusted(body).get("userErrors")


@AT_LEISURE
@given(told(VARIANTS, PAGE))
def test_any_answer_to_a_page_is_a_page_or_an_error_of_ours(body: Any) -> None:
    try:
        found = answers.root("x", VARIANTS, answers.envelope("x", answer_of(body)))
        page = answers.read("x", found, rows.Connection[rows.VariantNode])
        assert all(node.stated.id.isdigit() for node in page.nodes)
        assert page.info.after != ""
    except ChannelError:
        pass


@AT_LEISURE
@given(told(LEVELS_OF, NODES))
def test_any_answer_about_levels_is_levels_or_an_error_of_ours(body: Any) -> None:
    try:
        found = answers.root("x", LEVELS_OF, answers.envelope("x", answer_of(body)))
        levels = list(answers.read("x", {"nodes": found}, rows.StockedItems).stated("2"))
        assert all(level.item.isdigit() for level in levels)
    except ChannelError:
        pass


@AT_LEISURE
@given(st.integers(100, 599), st.binary(max_size=8) | ODD.map(msgspec.json.encode))
def test_no_status_but_a_2xx_passes(status: int, body: bytes) -> None:
    answer = Answer(status, httpx.Headers({"retry-after": "soon"}), body)
    if 200 <= status < 300:
        answers.raise_for_status("x", answer)
        return
    with pytest.raises(ChannelError):
        answers.raise_for_status("x", answer)
