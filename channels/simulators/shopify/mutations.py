"""What the small Shopify's mutations do, and how they answer."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from graphql import GraphQLError, GraphQLResolveInfo, get_directive_values

from channels.simulators.shopify.adjusting import AskedAdjustment, AskedChange, Wrong
from channels.simulators.shopify.goods import iso
from channels.simulators.shopify.nodes import Nodes, number, resolver
from channels.simulators.shopify.schema import NEEDS_KEY, schema
from channels.simulators.shopify.state import Adjustment, SimulatedShopify

MAX_KEY = 255
_SPOKEN = ("https://", "http://127.0.0.1:", "http://localhost:")
"""How an address may begin: Shopify takes https alone, and we this machine's own too."""


def adjust(shopify: SimulatedShopify, info: GraphQLResolveInfo[Any], asked: Mapping[str, Any]) -> dict[str, Any]:
    """Change quantities: inventoryAdjustQuantities."""
    key = _key(info)
    made = shopify.adjust(_adjustment(asked["input"]), key)
    if isinstance(made, list):
        return {"inventoryAdjustmentGroup": None, "userErrors": [_user_error(wrong) for wrong in made]}
    return {"inventoryAdjustmentGroup": _group(Nodes(shopify), made), "userErrors": []}


def subscribe(shopify: SimulatedShopify, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Subscribe an address to a topic: webhookSubscriptionCreate."""
    uri = asked["webhookSubscription"]["uri"]
    if not uri.startswith(_SPOKEN):
        return _not_subscribed("Address protocol is not supported")
    hook = shopify.subscribe(asked["topic"], uri)
    if hook is None:
        return _not_subscribed("Address for this topic has already been taken")
    return {"webhookSubscription": msgspec.structs.asdict(hook), "userErrors": []}


def _key(info: GraphQLResolveInfo[Any]) -> str:
    """Return the idempotency key of a mutation that needs one."""
    directive = schema().get_directive("idempotent")
    node = info.field_nodes[0]
    given = get_directive_values(directive, node, info.variable_values) if directive else None
    if given is None and info.field_name in NEEDS_KEY:
        raise _refusal("The @idempotent directive is required for this mutation but was not provided.", "BAD_REQUEST")
    key = str((given or {}).get("key", ""))
    if not 0 < len(key) <= MAX_KEY:
        raise _refusal(f"An idempotency key has 1 to {MAX_KEY} characters.", "BAD_REQUEST")
    return key


def _adjustment(given: Mapping[str, Any]) -> AskedAdjustment:
    changes: Sequence[Mapping[str, Any]] = given["changes"]
    if not changes:
        raise _refusal("The input field changes must not be empty.", "INVALID_FIELD_ARGUMENTS")
    if any("changeFromQuantity" not in change for change in changes):
        told = "InventoryChangeInput must include the following argument: changeFromQuantity."
        raise _refusal(told, "INVALID_FIELD_ARGUMENTS")
    return AskedAdjustment(
        given["name"],
        given["reason"],
        given.get("referenceDocumentUri"),
        tuple(
            AskedChange(
                number(change["inventoryItemId"], "InventoryItem"),
                number(change["locationId"], "Location"),
                change["delta"],
                change["changeFromQuantity"],
                change.get("ledgerDocumentUri"),
            )
            for change in changes
        ),
    )


def _group(nodes: Nodes, made: Adjustment) -> dict[str, Any]:
    def changes(asked: Mapping[str, Any]) -> list[dict[str, Any]]:
        names = asked.get("quantityNames")
        every = [
            {
                "name": name,
                "delta": change.delta,
                "quantityAfterChange": after if name == "available" else None,
                "item": nodes.by_id(f"gid://shopify/InventoryItem/{change.item}"),
                "location": nodes.by_id(f"gid://shopify/Location/{change.location}"),
            }
            for change, after in zip(made.asked.changes, made.after, strict=True)
            for name in ("available", "on_hand")
        ]
        return [change for change in every if names is None or change["name"] in names]

    told = {"id": made.id, "createdAt": iso(made.at), "reason": made.asked.reason}
    return {**told, "referenceDocumentUri": made.asked.reference, "changes": resolver(changes)}


def _user_error(wrong: Wrong) -> dict[str, Any]:
    return {"code": wrong.code, "field": list(wrong.field), "message": wrong.message}


def _not_subscribed(message: str) -> dict[str, Any]:
    error = {"field": ["webhookSubscription", "uri"], "message": message}
    return {"webhookSubscription": None, "userErrors": [error]}


def _refusal(message: str, code: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": code})
