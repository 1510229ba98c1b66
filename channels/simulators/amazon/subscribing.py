"""What the small Amazon answers about destinations and subscriptions. Source: Notifications API v1."""

from typing import Any

from pydantic import Field
from starlette.requests import Request

from channels.simulators.amazon.admission import admit
from channels.simulators.amazon.replies import Reply
from channels.simulators.amazon.requests import Bad, Strict, json_body, query
from channels.simulators.amazon.state import SimulatedAmazon
from channels.simulators.amazon.subscriptions import SimulatedDestination, SimulatedSubscription

KINDS = {
    "LISTINGS_ITEM_MFN_QUANTITY_CHANGE": "1.0",
    "ORDER_CHANGE": "1.0",
    "FBA_INVENTORY_AVAILABILITY_CHANGES": "1.0",
    "LISTINGS_ITEM_STATUS_CHANGE": "1.0",
    "FEED_PROCESSING_FINISHED": "2020-09-04",
}
"""Types of notifications, and the version of their payloads."""


class _Queue(Strict):
    arn: str = Field(pattern=r"^arn:aws:sqs:\S+:\S+:\S+$", max_length=1000)


class _Resource(Strict):
    sqs: _Queue


class _DestinationWanted(Strict):
    name: str = Field(min_length=1, max_length=256)
    resource: _Resource = Field(alias="resourceSpecification")


class _SubscriptionWanted(Strict):
    destination: str = Field(alias="destinationId")
    version: str = Field(alias="payloadVersion")


def destinations(amazon: SimulatedAmazon, request: Request, body: bytes) -> Reply:
    """Show the application's destinations: getDestinations."""
    del body
    admit(amazon, "getDestinations", request, grantless=True)
    query(request, frozenset())
    return Reply(200, {"payload": [_destination(one) for one in amazon.subscriptions.destinations()]})


def add_destination(amazon: SimulatedAmazon, request: Request, body: bytes) -> Reply:
    """Take note of a queue: createDestination."""
    admit(amazon, "createDestination", request, grantless=True)
    asked = json_body(request.headers.get("content-type", ""), body, _DestinationWanted)
    added = amazon.subscriptions.add_destination(asked.name, asked.resource.sqs.arn)
    if added is None:
        raise Bad(409, "Conflict", "The destination exists already.")
    return Reply(200, {"payload": _destination(added)})


def subscription(amazon: SimulatedAmazon, request: Request, body: bytes) -> Reply:
    """Show the seller's subscription to a type: getSubscription."""
    del body
    admit(amazon, "getSubscription", request)
    fields = query(request, frozenset({"payloadVersion"}))
    kind = _kind(request)
    found = amazon.subscriptions.subscription(kind)
    if found is None or fields.get("payloadVersion", found.version) != found.version:
        raise Bad(404, "NotFound", f"There is no subscription to {kind}.")
    return Reply(200, {"payload": _subscription(found)})


def subscribe(amazon: SimulatedAmazon, request: Request, body: bytes) -> Reply:
    """Subscribe the seller to a type: createSubscription."""
    admit(amazon, "createSubscription", request)
    asked = json_body(request.headers.get("content-type", ""), body, _SubscriptionWanted)
    kind = _kind(request)
    if asked.version != KINDS[kind]:
        raise Bad(400, "InvalidInput", f"Invalid payloadVersion: {asked.version}")
    try:
        added = amazon.subscriptions.subscribe(kind, asked.destination, asked.version)
    except KeyError as error:
        raise Bad(400, "InvalidInput", f"Invalid destinationId: {asked.destination}") from error
    if added is None:
        raise Bad(409, "Conflict", f"There is a subscription to {kind} already.")
    return Reply(200, {"payload": _subscription(added)})


def _kind(request: Request) -> str:
    kind: str = request.path_params["kind"]
    if kind not in KINDS:
        raise Bad(400, "InvalidInput", f"Invalid notificationType: {kind}")
    return kind


def _destination(told: SimulatedDestination) -> dict[str, Any]:
    return {"destinationId": told.destination, "name": told.name, "resource": {"sqs": {"arn": told.queue}}}


def _subscription(told: SimulatedSubscription) -> dict[str, Any]:
    return {
        "subscriptionId": told.subscription,
        "destinationId": told.destination,
        "payloadVersion": told.version,
    }
