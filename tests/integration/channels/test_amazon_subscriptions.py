"""Destinations and subscriptions over real HTTP: the application's tokens for the one, the seller's for the other."""

import httpx
import pytest

from channels.amazon.client import AmazonClient
from channels.amazon.subscriptions import Destination, Subscription, Wanted
from channels.errors import Refused, Unreachable
from channels.simulators.amazon import Fault, Simulator

QUEUE = "arn:aws:sqs:us-east-1:123456789012:notifications"


def test_a_queue_is_told_once_and_found_again(client: AmazonClient) -> None:
    assert client.subscriptions.destinations() == ()
    added = client.subscriptions.add_queue("stock", QUEUE)
    assert added == Destination(added.destination, "stock", QUEUE)
    assert client.subscriptions.destinations() == (added,)
    with pytest.raises(Refused, match="Conflict"):
        client.subscriptions.add_queue("stock", QUEUE)


@pytest.mark.parametrize("wanted", ["ORDER_CHANGE", "FEED_PROCESSING_FINISHED"])
def test_a_subscription_is_made_once_and_found_again(client: AmazonClient, wanted: Wanted) -> None:
    destination = client.subscriptions.add_queue("stock", QUEUE).destination
    assert client.subscriptions.subscription(wanted) is None
    made = client.subscriptions.subscribe(wanted, destination)
    version = "2020-09-04" if wanted == "FEED_PROCESSING_FINISHED" else "1.0"
    assert made == Subscription(made.subscription, destination, version)
    assert client.subscriptions.subscription(wanted) == made
    with pytest.raises(Refused, match="Conflict"):
        client.subscriptions.subscribe(wanted, destination)


def test_an_unknown_destination_and_a_queue_that_is_none_are_refused(client: AmazonClient) -> None:
    with pytest.raises(Refused, match="destinationId"):
        client.subscriptions.subscribe("ORDER_CHANGE", "nowhere")
    with pytest.raises(Refused, match="InvalidInput"):
        client.subscriptions.add_queue("stock", "https://queue.example/")


def test_destinations_need_the_applications_token_and_subscriptions_the_sellers(
    sim: Simulator, client: AmazonClient, http: httpx.Client
) -> None:
    client.subscriptions.destinations()
    client.subscriptions.subscription("ORDER_CHANGE")
    assert sim.amazon.requests["token"] == 2
    sellers, applications = sim.amazon.grant(), sim.amazon.grant(grantless=True)
    for token, path in ((sellers, "destinations"), (applications, "subscriptions/ORDER_CHANGE")):
        answer = http.get(f"{sim.url}/notifications/v1/{path}", headers={"x-amz-access-token": token})
        assert answer.status_code == 403


def test_a_subscription_that_cannot_be_read_is_not_taken_for_none(sim: Simulator, client: AmazonClient) -> None:
    for fault in (Fault(kind="status", status=503, operation="getSubscription"), Fault(kind="garbled")):
        sim.amazon.faults.clear()
        client.subscriptions.subscription("ORDER_CHANGE")
        sim.amazon.faults.add(fault)
        with pytest.raises(Unreachable):
            client.subscriptions.subscription("ORDER_CHANGE")
