"""What Amazon sends us, as far as we read it. These values never travel past this folder.

Sources: Login with Amazon, "Access token response"; Listings Items API 2021-08-01; Orders API 2026-01-01;
Notifications API v1. Feeds have models of their own, in `feeds/wire.py`.
"""

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field


class FromAmazon(BaseModel):
    """Fields that Amazon adds are ignored; those we need are checked."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Token(FromAmazon):
    """An access token and for how many seconds it is good."""

    access_token: str = Field(pattern=r"^[!-~]+$", repr=False)
    expires_in: int = Field(gt=0)


class TokenRefusal(FromAmazon):
    """Why no access token is given: an OAuth 2 error code."""

    error: str


class Error(FromAmazon):
    """One reason why a request failed."""

    code: str
    message: str = ""


class ErrorList(FromAmazon):
    """The body of every answer that is not 2xx."""

    errors: tuple[Error, ...] = Field(min_length=1)


class Issue(FromAmazon):
    """What is wrong with a submission."""

    code: str
    message: str = ""
    severity: str = ""


class Submission(FromAmazon):
    """The answer to patchListingsItem: INVALID comes with 200 too."""

    status: str
    submission_id: str = Field(alias="submissionId")
    issues: tuple[Issue, ...] = ()


class Availability(FromAmazon):
    """Who fulfils the listing (`DEFAULT`: the merchant), and what quantity is offered."""

    channel: str = Field(alias="fulfillmentChannelCode")
    quantity: int | None = None


class Summary(FromAmazon):
    """What a listing is on one marketplace."""

    product_type: str = Field(default="", alias="productType")
    status: tuple[str, ...] = ()
    created: AwareDatetime | None = Field(default=None, alias="createdDate")


class Item(FromAmazon):
    """The answer to getListingsItem, and one of those to searchListingsItems, with what was asked to be included."""

    sku: str
    availability: tuple[Availability, ...] = Field(default=(), alias="fulfillmentAvailability")
    summaries: tuple[Summary, ...] = ()


class Pagination(FromAmazon):
    """The way to the next page, where there is one."""

    next_token: str | None = Field(default=None, alias="nextToken")


class ItemsFound(FromAmazon):
    """The answer to searchListingsItems."""

    total: int = Field(alias="numberOfResults", ge=0)
    pagination: Pagination | None = None
    items: tuple[Item, ...]


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
    created: AwareDatetime = Field(alias="createdTime")
    updated: AwareDatetime = Field(alias="lastUpdatedTime")
    fulfillment: OrderFulfillment | None = None
    items: tuple[OrderItem, ...] = Field(alias="orderItems")


class OrdersFound(FromAmazon):
    """The answer to searchOrders."""

    orders: tuple[Order, ...]
    pagination: Pagination | None = None
    last_updated_before: AwareDatetime | None = Field(default=None, alias="lastUpdatedBefore")


class OrderFound(FromAmazon):
    """The answer to getOrder."""

    order: Order


class SqsResource(FromAmazon):
    """A queue."""

    arn: str


class DestinationResource(FromAmazon):
    """Where notifications go; other places than queues are not read."""

    sqs: SqsResource | None = None


class Destination(FromAmazon):
    """A place that the application told Amazon of."""

    destination_id: str = Field(alias="destinationId")
    name: str
    resource: DestinationResource


class DestinationsFound(FromAmazon):
    """The answer to getDestinations."""

    payload: tuple[Destination, ...]


class DestinationCreated(FromAmazon):
    """The answer to createDestination."""

    payload: Destination


class Subscription(FromAmazon):
    """Notifications of a type go to a place."""

    subscription_id: str = Field(alias="subscriptionId")
    destination_id: str = Field(alias="destinationId")
    payload_version: str = Field(alias="payloadVersion")


class SubscriptionFound(FromAmazon):
    """The answer to getSubscription and createSubscription."""

    payload: Subscription
