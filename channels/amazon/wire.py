"""What Amazon sends us, as far as we read it. These values never travel past this folder.

Sources: Login with Amazon, "Access token response"; Listings Items API 2021-08-01; Notifications
API v1. Orders and feeds have models of their own, in `orders/wire.py` and `feeds/wire.py`.
"""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from processor.clock import Instant, instant


def _instant(value: object) -> Instant:
    if not isinstance(value, str):
        raise ValueError("must be text")  # noqa: TRY004 - what pydantic takes for a wrong value
    try:
        return instant(datetime.fromisoformat(value))
    except OverflowError as error:
        raise ValueError("is out of all time") from error


Moment = Annotated[Instant, BeforeValidator(_instant)]
"""ISO 8601 text with a time zone, read as an `Instant`."""


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
    created: Moment | None = Field(default=None, alias="createdDate")


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
