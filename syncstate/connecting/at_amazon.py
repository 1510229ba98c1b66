"""Connecting a seller on Amazon, from the settings to the account of what was done."""

from contextlib import ExitStack

import msgspec

from channels.amazon.client import AmazonClient
from channels.errors import ChannelError
from channels.sellers import Seller
from syncstate.amazon import real_seller
from syncstate.cli.failures import Failure, sentences
from syncstate.cli.printing import progress
from syncstate.cli.progress import Progress
from syncstate.connecting import amazon
from syncstate.connecting.account import Account, Told
from syncstate.connecting.comparing import Found, compared
from syncstate.connecting.here import Reach, begun, read_here
from syncstate.connecting.mapping import map_all
from syncstate.connecting.troubles import of_amazon
from syncstate.settings import Settings


class Wishes(msgspec.Struct, frozen=True):
    """What was asked for. Without `yes` nothing is changed. `new`: SKUs that are not known here begin by a mapping.

    Notifications go to the SQS queue with the ARN `queue`, or to the `destination` that Amazon gave a name.
    """

    yes: bool = False
    new: bool = False
    queue: str | None = None
    destination: str | None = None


def connect_amazon(settings: Settings, wishes: Wishes, reach: Reach = begun) -> Account:
    """Read what the seller lists, compare, and do what is wished. Raises Failure. Interrupted, it goes on where it was.

    Notifications are subscribed to before anything is mapped, so that no change is missed in between.
    """
    with sentences(), ExitStack() as stack:
        seller = real_seller(settings, stack)
        if seller is None or not isinstance(seller.client, AmazonClient):
            raise Failure("no seller is set: set SYNCSTATE_AMAZON_SELLER and what goes with it", 2)
        client = seller.client
        found, subscriptions = _read(client, settings.amazon_per_second)
        api = stack.enter_context(reach(settings))
        account = Account(
            "amazon", _named(seller), compared(found, read_here(api, "amazon"), new=wishes.new), subscriptions
        )
        if wishes.yes:
            account.subscriptions = _subscribed(client, subscriptions, wishes)
            with progress("mapping listings", len(account.chosen)) as told:
                account.done = map_all(api, "amazon", account.chosen, told)
        return account


def _read(client: AmazonClient, per_second: float) -> tuple[list[Found], list[Told]]:
    told = Progress("reading Amazon")
    try:
        return amazon.listings(client, per_second, told), amazon.subscriptions(client.subscriptions)
    except ChannelError as error:
        raise of_amazon(error) from error
    finally:
        told.end()


def _subscribed(client: AmazonClient, before: list[Told], wishes: Wishes) -> list[Told]:
    missing = [one for one in before if one.status == "missing"]
    if wishes.queue is None and wishes.destination is None:
        return before
    try:
        made = amazon.subscribe(client.subscriptions, missing, queue=wishes.queue, destination=wishes.destination)
    except ChannelError as error:
        raise of_amazon(error) from error
    now = {one.topic: one for one in made}
    return [now.get(one.topic, one) for one in before]


def _named(seller: Seller) -> str:
    return f"seller {seller.seller_id}, marketplace {seller.marketplace}"
