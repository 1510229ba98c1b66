"""Amazon's Notifications API v1: where notifications go, and which are wanted."""

from typing import Literal

import msgspec

from channels.amazon import wire
from channels.amazon.answers import Missing, read
from channels.amazon.connection import Call, Connection, segment

PATH = "/notifications/v1"

Wanted = Literal[
    "LISTINGS_ITEM_MFN_QUANTITY_CHANGE",
    "ORDER_CHANGE",
    "FBA_INVENTORY_AVAILABILITY_CHANGES",
    "LISTINGS_ITEM_STATUS_CHANGE",
    "FEED_PROCESSING_FINISHED",
]
"""The notifications that stock depends on."""

VERSIONS: dict[Wanted, str] = {"FEED_PROCESSING_FINISHED": "2020-09-04"}
"""The payload's version, where it is not 1.0 (Notifications API v1, "Notification type values")."""


class Destination(msgspec.Struct, frozen=True):
    """A queue that the application told Amazon of. `queue` is its ARN, None for a destination of another kind."""

    destination: str
    name: str
    queue: str | None


class Subscription(msgspec.Struct, frozen=True):
    """Notifications of one type go to one destination."""

    subscription: str
    destination: str
    version: str


class Subscriptions:
    """The application's destinations, which need no seller, and the seller's subscriptions. One request each."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def destinations(self) -> tuple[Destination, ...]:
        """Return every destination of the application: getDestinations."""
        call = Call("getDestinations", "GET", f"{PATH}/destinations", grantless=True)
        heard = self._connection.ask(call, lambda answer: read(call.name, answer, wire.DestinationsFound))
        return tuple(map(_destination, heard.value.payload))

    def add_queue(self, name: str, queue: str) -> Destination:
        """Tell Amazon of an SQS queue, by its ARN: createDestination. Raises Refused (409) where it is known already.

        Amazon must be allowed to send to it before (Notifications API v1, "Set up notifications").
        """
        body = msgspec.json.encode({"name": name, "resourceSpecification": {"sqs": {"arn": queue}}})
        call = Call("createDestination", "POST", f"{PATH}/destinations", {}, body, name, grantless=True)
        heard = self._connection.ask(call, lambda answer: read(call.name, answer, wire.DestinationCreated))
        return _destination(heard.value.payload)

    def subscription(self, wanted: Wanted) -> Subscription | None:
        """Return the seller's subscription to a type, None where there is none: getSubscription."""
        params = {"payloadVersion": version_of(wanted)}
        call = Call("getSubscription", "GET", _subscriptions(wanted), params, subject=wanted)
        try:
            heard = self._connection.ask(call, lambda answer: read(call.name, answer, wire.SubscriptionFound))
        except Missing:
            return None
        return _subscription(heard.value.payload)

    def subscribe(self, wanted: Wanted, destination: str) -> Subscription:
        """Have notifications of a type sent: createSubscription. Raises Refused (409) where they are already."""
        body = msgspec.json.encode({"destinationId": destination, "payloadVersion": version_of(wanted)})
        call = Call("createSubscription", "POST", _subscriptions(wanted), {}, body, wanted)
        heard = self._connection.ask(call, lambda answer: read(call.name, answer, wire.SubscriptionFound))
        return _subscription(heard.value.payload)


def version_of(wanted: Wanted) -> str:
    """Return the version of the payload that we read."""
    return VERSIONS.get(wanted, "1.0")


def _subscriptions(wanted: Wanted) -> str:
    return f"{PATH}/subscriptions/{segment(wanted)}"


def _destination(told: wire.Destination) -> Destination:
    return Destination(told.destination_id, told.name, told.resource.sqs.arn if told.resource.sqs else None)


def _subscription(told: wire.Subscription) -> Subscription:
    return Subscription(told.subscription_id, told.destination_id, told.payload_version)
