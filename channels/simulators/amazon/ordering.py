"""What the small Amazon answers about orders. Source: Orders API 2026-01-01, searchOrders and getOrder."""

from datetime import timedelta
from typing import Any
from urllib.parse import unquote

from starlette.requests import Request

from channels.simulators.amazon.admission import admit
from channels.simulators.amazon.orders import SimulatedOrder, SimulatedOrderLine
from channels.simulators.amazon.pages import Pages
from channels.simulators.amazon.replies import Reply
from channels.simulators.amazon.requests import Bad, number, one_marketplace, query, time_of, words
from channels.simulators.amazon.state import SimulatedAmazon
from processor.clock import Instant, instant, moment

HELD_BACK = timedelta(minutes=2)
"""Changes newer than this are not told yet."""

_INCLUDED = frozenset(
    {
        "BUYER", "RECIPIENT", "PROCEEDS", "EXPENSE", "PROMOTION", "CANCELLATION", "FULFILLMENT", "PACKAGES", "TAX",
        "PAYMENT", "FULFILLMENT_ORDERS",
    }
)  # fmt: skip
_STATUSES = frozenset(
    {"PENDING_AVAILABILITY", "PENDING", "UNSHIPPED", "PARTIALLY_SHIPPED", "SHIPPED", "CANCELLED", "UNFULFILLABLE"}
)
_KNOWN = frozenset(
    {
        "createdAfter", "createdBefore", "lastUpdatedAfter", "lastUpdatedBefore", "fulfillmentStatuses",
        "marketplaceIds", "fulfilledBy", "maxResultsPerPage", "paginationToken", "includedData",
    }
)  # fmt: skip


class OrderSearch:
    """searchOrders, with the tokens it gave out."""

    def __init__(self, amazon: SimulatedAmazon) -> None:
        self._pages = Pages(amazon.time.seconds)

    def __call__(self, amazon: SimulatedAmazon, request: Request, body: bytes) -> Reply:
        """Answer with a page of orders, longest unchanged first."""
        del body
        admit(amazon, "searchOrders", request)
        fields = query(request, _KNOWN)
        one_marketplace(fields, amazon.marketplace)
        asked = words(fields, "includedData", _INCLUDED)
        size = number(fields, "maxResultsPerPage", 100, 100)
        rows, before = _found(amazon, fields)
        token = fields.pop("paginationToken", None)
        question = {name: value for name, value in fields.items() if name not in ("maxResultsPerPage", "includedData")}
        page, _, following = self._pages.cut(rows, lambda order: (order.updated, order.order), size, question, token)
        told: dict[str, Any] = {"orders": [_shown(amazon, order, asked) for order in page], **before}
        if following is not None:
            told["pagination"] = {"nextToken": following}
        return Reply(200, told)


def order(amazon: SimulatedAmazon, request: Request, body: bytes) -> Reply:
    """Show one order: getOrder."""
    del body
    admit(amazon, "getOrder", request)
    asked = words(query(request, frozenset({"includedData"})), "includedData", _INCLUDED)
    found = amazon.orders.order(unquote(request.path_params["order"]))
    if found is None:
        raise Bad(404, "NotFound", "The order was not found.")
    return Reply(200, {"order": _shown(amazon, found, asked)})


def _found(amazon: SimulatedAmazon, fields: dict[str, str]) -> tuple[list[SimulatedOrder], dict[str, Instant]]:
    """Return the orders asked for, in order of change, and the end of the time asked about."""
    kind = "created" if "createdAfter" in fields else "lastUpdated"
    other = "lastUpdated" if kind == "created" else "created"
    after = time_of(fields, f"{kind}After")
    if after is None or {f"{other}After", f"{other}Before"} & fields.keys():
        raise Bad(400, "InvalidInput", "exactly one of createdAfter and lastUpdatedAfter is required")
    newest = instant(moment(amazon.time.now()) - HELD_BACK)
    before = time_of(fields, f"{kind}Before") or newest
    if f"{kind}Before" in fields and not after <= before <= newest:
        raise Bad(400, "InvalidInput", f"Invalid {kind}Before: {before}")
    statuses = words(fields, "fulfillmentStatuses", _STATUSES)
    fulfilled_by = words(fields, "fulfilledBy", frozenset({"MERCHANT", "AMAZON"}))
    found = [
        order
        for order in amazon.orders.all()
        if after <= (order.created if kind == "created" else order.updated) < before
        and (not statuses or order.status in statuses)
        and (not fulfilled_by or _fulfilled_by(order) in fulfilled_by)
    ]
    return found, {f"{kind}Before": before}


def _fulfilled_by(order: SimulatedOrder) -> str:
    return "MERCHANT" if order.merchant else "AMAZON"


def _shown(amazon: SimulatedAmazon, order: SimulatedOrder, asked: frozenset[str]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "orderId": order.order,
        "createdTime": order.created,
        "lastUpdatedTime": order.updated,
        "salesChannel": {"channelName": "AMAZON", "marketplaceId": amazon.marketplace},
        "orderItems": [_line(order, line, asked) for line in order.lines],
    }
    if "FULFILLMENT" in asked:
        told["fulfillment"] = {"fulfillmentStatus": order.status, "fulfilledBy": _fulfilled_by(order)}
    return told


def _line(order: SimulatedOrder, line: SimulatedOrderLine, asked: frozenset[str]) -> dict[str, Any]:
    """Show an item; of a cancelled one nothing is ordered any more."""
    ordered = 0 if order.status == "CANCELLED" else line.quantity
    shipped = line.quantity if order.status == "SHIPPED" else 0
    told: dict[str, Any] = {
        "orderItemId": line.item,
        "quantityOrdered": ordered,
        "product": {"asin": "B00SIMULATED", "sellerSku": line.sku},
    }
    if "FULFILLMENT" in asked:
        told["fulfillment"] = {"quantityFulfilled": shipped, "quantityUnfulfilled": ordered - shipped}
    if "CANCELLATION" in asked and order.status == "CANCELLED":
        told["cancellation"] = {"cancellationExecution": {"cancelledBy": "BUYER", "cancelReason": "ORDERED_BY_MISTAKE"}}
    return told
