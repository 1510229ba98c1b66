"""What Amazon's Orders API 2026-01-01 sends us, as far as we read it: nothing about customers."""

from pydantic import Field

from channels.amazon.wire import FromAmazon, Moment, Pagination


class OrderFulfillment(FromAmazon):
    """Who ships an order, and how far it is."""

    status: str = Field(alias="fulfillmentStatus")
    fulfilled_by: str | None = Field(default=None, alias="fulfilledBy")


class ItemProduct(FromAmazon):
    """What was ordered."""

    sku: str | None = Field(default=None, alias="sellerSku")


class ItemFulfillment(FromAmazon):
    """How much of an item is shipped."""

    fulfilled: int | None = Field(default=None, alias="quantityFulfilled")


class CancellationExecution(FromAmazon):
    """An item was cancelled; by whom does not matter to stock."""


class ItemCancellation(FromAmazon):
    """What became of a wish to cancel; a mere request leaves `execution` out."""

    execution: CancellationExecution | None = Field(default=None, alias="cancellationExecution")


class OrderItem(FromAmazon):
    """One item of an order."""

    item_id: str = Field(alias="orderItemId")
    ordered: int = Field(alias="quantityOrdered", ge=0)
    product: ItemProduct
    fulfillment: ItemFulfillment | None = None
    cancellation: ItemCancellation | None = None


class Order(FromAmazon):
    """An order, without the data of customers."""

    order_id: str = Field(alias="orderId")
    created: Moment = Field(alias="createdTime")
    updated: Moment = Field(alias="lastUpdatedTime")
    fulfillment: OrderFulfillment | None = None
    items: tuple[OrderItem, ...] = Field(alias="orderItems")


class OrdersFound(FromAmazon):
    """The answer to searchOrders."""

    orders: tuple[Order, ...]
    pagination: Pagination | None = None
    last_updated_before: Moment | None = Field(default=None, alias="lastUpdatedBefore")


class OrderFound(FromAmazon):
    """The answer to getOrder."""

    order: Order
