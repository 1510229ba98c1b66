"""What a shop has: its variants with the levels of one location, and whom it tells of changes."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import TypeVar

from channels.errors import Refused
from channels.limits import Rate
from channels.shopify.client import MAX_ITEMS, ShopifyClient
from channels.shopify.shelves import Location, Page, Subscription, Variant, walk
from channels.shopify.topics import TOPICS
from syncstate.cli.failures import Failure
from syncstate.connecting.account import Told
from syncstate.connecting.comparing import Found
from syncstate.connecting.pace import Pace

Row = TypeVar("Row")
OF_ORDERS = ("orders/create", "orders/updated", "orders/cancelled", "refunds/create")
"""Without these, what the shop sells is not known here: a count would be wrong with the next sale."""

_RATE = Rate(20, 20)
"""The shop's points are what limits; this only keeps many small questions apart."""


class Shop:
    """Reads one shop, asking again where it is too busy or does not answer. Raises ChannelError."""

    def __init__(self, client: ShopifyClient, told: Callable[[str, int], None]) -> None:
        self._client, self._told, self._pace = client, told, Pace(_RATE)

    def locations(self) -> list[Location]:
        """Return the locations that are in use."""
        return [one for one in self._all("locations", self._client.locations) if one.active]

    def variants(self) -> list[Variant]:
        """Return every variant."""
        return list(self._all("variants", self._client.variants))

    def levels(self, location: str) -> dict[str, int | None]:
        """Return what the location has available, by inventory item."""
        found = self._all("levels", lambda after: self._client.levels(location, after))
        return {level.item: level.available for level in found}

    def levels_of(self, items: Sequence[str], location: str) -> dict[str, int | None]:
        """Return what the location has available now of `items`, where it stocks them."""
        found: dict[str, int | None] = {}
        for begin in range(0, len(items), MAX_ITEMS):
            some = items[begin : begin + MAX_ITEMS]
            levels = self._pace.ask(lambda some=some: self._client.levels_of(some, location))  # type: ignore[misc]
            found.update((level.item, level.available) for level in levels)
        return found

    def webhooks(self) -> list[Subscription]:
        """Return the app's subscriptions."""
        return list(self._all("webhooks", self._client.webhooks))

    def subscribe(self, topic: str, address: str) -> Told:
        """Have a topic delivered to `address`; where that is so already, it is well too."""
        try:
            # After no answer it may be asked again: a second one is refused, and then it is there.
            self._pace.ask(lambda: self._client.subscribe(topic, address))
        except Refused as error:
            if (topic, address) not in {(one.topic, one.uri) for one in self.webhooks()}:
                return Told(topic, "refused", f"{error.code}: {error.detail}".rstrip(": "))
        return Told(topic, "made")

    def _all(self, what: str, page: Callable[[str | None], Page[Row]]) -> Iterator[Row]:
        rows = walk(lambda after: self._pace.ask(lambda: page(after)), _pause)
        for count, row in enumerate(rows, 1):
            self._told(what, count)
            yield row


def _pause(wait: timedelta) -> None:
    time.sleep(wait.total_seconds())


def chosen_location(locations: Sequence[Location], asked: str | None) -> Location:
    """Return the location whose stock is kept in step. Raises Failure where that is not clear."""
    named = ", ".join(f"{one.id} ({one.name})" for one in locations)
    if asked is None and len(locations) == 1:
        return locations[0]
    found = next((one for one in locations if one.id == asked), None)
    if found is not None:
        return found
    if asked is not None:
        raise Failure(f"the shop has no location {asked} in use: there is {named or 'none'}", 2)
    advice = "name one with --location, or set SYNCSTATE_SHOPIFY_LOCATION"
    raise Failure(f"the shop has {len(locations)} locations in use, {named or 'none'}: {advice}", 2)


def found_of(variants: Sequence[Variant], levels: Mapping[str, int | None]) -> list[Found]:
    """Return the variants as what is sold: each under its inventory item."""
    return [
        Found(
            one.item,
            one.sku,
            levels.get(one.item),
            left="bundle" if one.bundle else None if one.tracked else "untracked",
            label=f"variant {one.id}" if one.sku is None else f"variant {one.id} ({one.sku})",
        )
        for one in variants
    ]


def webhooks_told(there: Sequence[Subscription], address: str | None) -> list[Told]:
    """Return how each topic that stock depends on stands; without an address any will do."""
    told = []
    for topic in TOPICS:
        addresses = [one.uri for one in there if one.topic == topic]
        if address in addresses or (address is None and addresses):
            told.append(Told(topic, "there"))
        else:
            told.append(Told(topic, "elsewhere", addresses[0]) if addresses else Told(topic, "missing"))
    return told
