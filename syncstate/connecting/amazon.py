"""What a seller lists on Amazon, and the subscriptions that tell of changes."""

from collections.abc import Callable

from channels.amazon.catalogue import Listed, Place
from channels.amazon.client import AmazonClient
from channels.amazon.rates import PUBLISHED
from channels.amazon.subscriptions import Subscriptions, Wanted
from channels.errors import Refused
from channels.limits import Rate
from syncstate.connecting.account import Told
from syncstate.connecting.comparing import Found
from syncstate.connecting.pace import Pace

WANTED: tuple[Wanted, ...] = (
    "LISTINGS_ITEM_MFN_QUANTITY_CHANGE",
    "ORDER_CHANGE",
    "FBA_INVENTORY_AVAILABILITY_CHANGES",
    "LISTINGS_ITEM_STATUS_CHANGE",
    "FEED_PROCESSING_FINISHED",
)
QUEUE_NAME = "syncstate"


def listings(client: AmazonClient, per_second: float, told: Callable[[str, int], None]) -> list[Found]:
    """Return every listing, each once, as its newest page told it. `told` hears how many were read.

    Raises ChannelError.
    """
    pace = Pace(_slower("searchListingsItems", per_second))
    found: dict[str, Found] = {}
    place: Place | None = Place()
    while place is not None:
        at = place
        page = pace.ask(lambda at=at: client.catalogue.page(at))  # type: ignore[misc]
        found.update((listed.listing, _found(listed)) for listed in page.listings)
        told("listings", len(found))
        place = page.next
    return list(found.values())


def subscriptions(line: Subscriptions) -> list[Told]:
    """Return for each type that stock depends on whether notifications of it are sent. Raises ChannelError."""
    pace = Pace(PUBLISHED["getSubscription"])
    found = [(kind, pace.ask(lambda kind=kind: line.subscription(kind))) for kind in WANTED]  # type: ignore[misc]
    return [Told(kind, "missing" if one is None else "there") for kind, one in found]


def subscribe(line: Subscriptions, missing: list[Told], *, queue: str | None, destination: str | None) -> list[Told]:
    """Have the missing notifications sent to `destination`, or to the SQS queue whose ARN is `queue`.

    Doing it again finds what is there. Raises ChannelError; what Amazon refuses for one type spoils no other.
    """
    if not missing:
        return []
    to = destination or _destination(line, queue or "")
    pace = Pace(PUBLISHED["createSubscription"])
    return [_made(line, one, to, pace) for one in missing]


def _made(line: Subscriptions, one: Told, destination: str, pace: Pace) -> Told:
    kind = next(kind for kind in WANTED if kind == one.topic)
    try:
        # To be asked again after no answer is safe: what is there already is a refusal, and means it was made.
        pace.ask(lambda: line.subscribe(kind, destination))
    except Refused as error:
        if pace.ask(lambda: line.subscription(kind)) is None:
            return Told(kind, "refused", f"{error.code}: {error.detail}".rstrip(": "))
    return Told(kind, "made")


def _destination(line: Subscriptions, queue: str) -> str:
    pace = Pace(PUBLISHED["getDestinations"])

    def known() -> dict[str | None, str]:
        return {one.queue: one.destination for one in pace.ask(line.destinations)}

    there = known()
    if queue in there:
        return there[queue]
    try:
        return pace.ask(lambda: line.add_queue(f"{QUEUE_NAME}-{queue.rpartition(':')[2]}"[:256], queue)).destination
    except Refused:
        if queue in (there := known()):
            return there[queue]
        raise


def _found(listed: Listed) -> Found:
    left = "deleted" if "DELETED" in listed.statuses else None if listed.merchant else "not_merchant"
    given = {"product_type": listed.product_type} if listed.product_type else {}
    return Found(listed.listing, listed.listing, listed.quantity, left=left, **given)  # type: ignore[arg-type]


def _slower(operation: str, per_second: float) -> Rate:
    published = PUBLISHED[operation]
    return Rate(min(published.per_second, per_second), published.burst)
