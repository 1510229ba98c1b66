"""What the small Shopify answers to each request when nothing goes wrong on command."""

from collections.abc import Mapping
from typing import Any

import msgspec
from graphql import execute_sync

from channels.simulators.shopify import mutations
from channels.simulators.shopify.cost import MAX_QUERY_POINTS, Prices
from channels.simulators.shopify.nodes import Nodes, page, resolver
from channels.simulators.shopify.requests import Asked
from channels.simulators.shopify.schema import schema
from channels.simulators.shopify.state import SimulatedShopify


class Reply(msgspec.Struct, frozen=True):
    """An answer: a JSON body, or None for a bare one."""

    status: int
    body: object | None
    headers: Mapping[str, str] = {}


def run(shopify: SimulatedShopify, asked: Asked) -> Reply:
    """Answer a request that fits the schema, if it can be paid for."""
    prices = Prices(schema(), asked)
    requested = prices.requested()
    if requested > MAX_QUERY_POINTS:
        told = f"Query cost is {requested:g}, which exceeds the single query max cost limit ({MAX_QUERY_POINTS:g})."
        return failed("MAX_COST_EXCEEDED", told)
    if not shopify.account.hold(requested):
        shopify.count("throttled")
        return throttled(shopify, requested)
    done = execute_sync(
        schema(), asked.document, _root(shopify), variable_values=dict(asked.raw), operation_name=asked.name
    )
    actual = min(requested, prices.actual(done.data))
    shopify.account.give_back(requested - actual)
    answer: dict[str, Any] = {"data": done.data}
    if done.errors:
        answer["errors"] = [error.formatted for error in done.errors]
    return Reply(200, {**answer, "extensions": {"cost": shopify.account.told(requested, actual)}})


def throttled(shopify: SimulatedShopify, requested: float = 10.0) -> Reply:
    """Answer that the bucket does not hold what was asked, with 200, as GraphQL does."""
    errors = [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]
    return Reply(200, {"errors": errors, "extensions": {"cost": shopify.account.told(requested, None)}})


def failed(code: str, message: str) -> Reply:
    """Answer 200 with an error at the top, and nothing run."""
    return Reply(200, {"errors": [{"message": message, "extensions": {"code": code}}]})


def unauthorised() -> Reply:
    """Answer that the access token is not good."""
    return Reply(401, {"errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"})


def user_error(operation: str, code: str) -> Reply:
    """Answer 200 with a user error of a mutation."""
    error = {"code": code, "field": ["input"], "message": "On command."}
    made = "webhookSubscription" if operation == "webhookSubscriptionCreate" else "inventoryAdjustmentGroup"
    return Reply(200, {"data": {operation: {made: None, "userErrors": [error]}}})


def _root(shopify: SimulatedShopify) -> dict[str, Any]:
    """Return what resolves the fields at the root."""
    nodes = Nodes(shopify)
    return {
        "inventoryAdjustQuantities": lambda info, **asked: mutations.adjust(shopify, info, asked),
        "webhookSubscriptionCreate": resolver(lambda asked: mutations.subscribe(shopify, asked)),
        "productVariants": resolver(lambda asked: page([nodes.variant(good) for good in shopify.goods()], asked)),
        "locations": resolver(lambda asked: page(nodes.places(inactive=asked["includeInactive"]), asked)),
        "webhookSubscriptions": resolver(
            lambda asked: page([msgspec.structs.asdict(hook) for hook in shopify.hooks()], asked)
        ),
        "location": resolver(lambda asked: nodes.by_id(asked["id"], "Location")),
        "inventoryItem": resolver(lambda asked: nodes.by_id(asked["id"], "InventoryItem")),
        "nodes": resolver(lambda asked: [nodes.by_id(gid) for gid in asked["ids"]]),
    }
