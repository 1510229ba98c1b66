"""Amazon's Orders API 2026-01-01 for one seller: what changed since, and one order. No personal data is asked for.

The operations of Orders v0 (getOrders, getOrderItems) are to be removed on 27 March 2027: Selling Partner API,
"Orders API Migration Guide". Items come with each order here.
"""

from typing import Literal

import msgspec

from channels.amazon.answers import read
from channels.amazon.connection import Call, Connection, query_time, segment
from channels.amazon.orders import wire
from processor.clock import Instant

PATH = "/orders/2026-01-01/orders"
PAGE = 100
"""So many orders come on a page, the most that Amazon gives."""

_INCLUDED = "FULFILLMENT,CANCELLATION"

FulfilledBy = Literal["MERCHANT", "AMAZON"]


class OrderLine(msgspec.Struct, frozen=True):
    """One item of an order. `sku` is None where Amazon names none; `cancelled` that Amazon says the item was.

    `ordered` may fall when units are cancelled; `fulfilled` counts units shipped, None where Amazon does not say.
    """

    item: str
    sku: str | None
    ordered: int
    fulfilled: int | None = None
    cancelled: bool = False


class Order(msgspec.Struct, frozen=True):
    """An order as it stood at `updated_at`, by Amazon's clock. `status` is Amazon's word, None where it says none.

    `fulfilled_by` is MERCHANT or AMAZON, None where Amazon does not say: then it must not move merchant stock.
    """

    order: str
    created_at: Instant
    updated_at: Instant
    status: str | None
    fulfilled_by: str | None
    lines: tuple[OrderLine, ...]

    @property
    def cancelled(self) -> bool:
        """Whether the whole order was cancelled."""
        return self.status == "CANCELLED"


class OrdersPage(msgspec.Struct, frozen=True):
    """Some orders. `token` leads to the next page, None on the last; it is good for 24 hours.

    `until` is the moment up to which changes are told, exclusive: Amazon holds back the newest two minutes.
    """

    orders: tuple[Order, ...]
    token: str | None
    until: Instant | None
    granted: float | None = None
    requests: int = 1


class Orders:
    """Reads of orders. Each method is one request, so that the caller keeps to the rate: searchOrders is scarce."""

    def __init__(self, connection: Connection, marketplace: str) -> None:
        self._connection, self._marketplace = connection, marketplace

    def changed(
        self, since: Instant, token: str | None = None, fulfilled_by: FulfilledBy | None = "MERCHANT"
    ) -> OrdersPage:
        """Return orders updated at `since` or later, by `fulfilled_by` (None: by anyone): searchOrders.

        A `token` belongs to the `since` and `fulfilled_by` of the page that told it.
        """
        params = {
            "marketplaceIds": self._marketplace,
            "lastUpdatedAfter": query_time(since),
            "maxResultsPerPage": str(PAGE),
            "includedData": _INCLUDED,
        }
        if fulfilled_by is not None:
            params["fulfilledBy"] = fulfilled_by
        if token is not None:
            params["paginationToken"] = token
        call = Call("searchOrders", "GET", PATH, params)
        heard = self._connection.ask(call, lambda answer: read(call.name, answer, wire.OrdersFound))
        found = heard.value
        return OrdersPage(
            tuple(map(_order, found.orders)),
            found.pagination.next_token if found.pagination else None,
            found.last_updated_before,
            heard.granted,
            heard.requests,
        )

    def order(self, order: str) -> Order:
        """Return one order: getOrder. Raises Refused where there is none."""
        call = Call("getOrder", "GET", f"{PATH}/{segment(order)}", {"includedData": _INCLUDED}, subject=order)
        return _order(self._connection.ask(call, lambda answer: read(call.name, answer, wire.OrderFound)).value.order)


def _order(told: wire.Order) -> Order:
    fulfilment = told.fulfillment
    return Order(
        told.order_id,
        told.created,
        told.updated,
        fulfilment.status if fulfilment else None,
        fulfilment.fulfilled_by if fulfilment else None,
        tuple(map(_line, told.items)),
    )


def _line(told: wire.OrderItem) -> OrderLine:
    cancelled = told.cancellation is not None and told.cancellation.execution is not None
    fulfilled = told.fulfillment.fulfilled if told.fulfillment else None
    return OrderLine(told.item_id, told.product.sku, told.ordered, fulfilled, cancelled)
