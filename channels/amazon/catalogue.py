"""All listings of a seller, page by page: searchListingsItems of the Listings Items API 2021-08-01."""

from collections.abc import Sequence

import msgspec

from channels.amazon import wire
from channels.amazon.answers import read
from channels.amazon.connection import Call, Connection, Heard, query_time, segment
from channels.amazon.patches import MERCHANT
from channels.errors import Refused
from processor.clock import Instant

PAGE = 20
"""So many listings come on a page, the most that Amazon gives."""

REACH = 1000
"""So many listings can be paged through; further ones are found by a search that begins where this one ended."""


_INCLUDED = "summaries,fulfillmentAvailability"


class Place(msgspec.Struct, frozen=True):
    """How far a walk through all listings has come; a value that can be kept. `seen` counts within one search."""

    created_after: Instant | None = None
    token: str | None = None
    seen: int = 0


class Listed(msgspec.Struct, frozen=True):
    """A listing: who fulfils it and what the merchant offers, as in `Offer`. What Amazon does not say is empty."""

    listing: str
    product_type: str
    merchant: bool
    quantity: int | None
    statuses: tuple[str, ...]


class Listings(msgspec.Struct, frozen=True):
    """Some listings, oldest first, and where to go on, None at the end. A listing may come a second time.

    `total` counts all that the search finds, from where it began.
    """

    listings: tuple[Listed, ...]
    total: int
    next: Place | None
    granted: float | None = None
    requests: int = 1


class Catalogue:
    """A walk through a seller's listings. Each step is one request, so that the caller keeps to the rate."""

    def __init__(self, connection: Connection, seller_id: str, marketplace: str) -> None:
        self._connection, self._marketplace = connection, marketplace
        self._path = f"/listings/2021-08-01/items/{segment(seller_id)}"

    def page(self, place: Place = Place()) -> Listings:  # noqa: B008 - a frozen value
        """Return the listings at `place`. Raises Refused where a thousand were created in one moment."""
        params = {
            "marketplaceIds": self._marketplace,
            "includedData": _INCLUDED,
            "sortBy": "createdDate",
            "sortOrder": "ASC",
            "pageSize": str(PAGE),
        }
        if place.created_after is not None:
            params["createdAfter"] = query_time(place.created_after)
        if place.token is not None:
            params["pageToken"] = place.token
        call = Call("searchListingsItems", "GET", self._path, params)
        heard = self._ask(call)
        return _listings(heard, _next(call.name, place, heard.value))

    def named(self, listings: Sequence[str]) -> Listings:
        """Return those of up to PAGE listings that there are, for one request where `listing` takes one each.

        Raises ValueError for more, and for a name with a comma: Amazon would read two.
        """
        if not 1 <= len(listings) <= PAGE or any("," in name for name in listings):
            raise ValueError(f"1 to {PAGE} listings without a comma can be asked for by name")
        params = {
            "marketplaceIds": self._marketplace,
            "includedData": _INCLUDED,
            "identifiersType": "SKU",
            "identifiers": ",".join(listings),
            "pageSize": str(PAGE),
        }
        return _listings(self._ask(Call("searchListingsItems", "GET", self._path, params)), None)

    def _ask(self, call: Call) -> Heard[wire.ItemsFound]:
        return self._connection.ask(call, lambda answer: read(call.name, answer, wire.ItemsFound))


def offered(item: wire.Item) -> tuple[bool, int | None]:
    """Tell whether the merchant alone fulfils a listing, and what quantity he offers.

    He does only where every fulfilment channel named is his, and one is named.
    """
    codes = {availability.channel for availability in item.availability}
    quantities = [availability.quantity for availability in item.availability if availability.channel == MERCHANT]
    return codes == {MERCHANT}, quantities[0] if quantities else None


def _listings(heard: Heard[wire.ItemsFound], following: Place | None) -> Listings:
    found = heard.value
    return Listings(tuple(map(_listed, found.items)), found.total, following, heard.granted, heard.requests)


def _listed(item: wire.Item) -> Listed:
    summary = item.summaries[0] if item.summaries else wire.Summary()
    return Listed(item.sku, summary.product_type, *offered(item), summary.status)


def _next(what: str, place: Place, found: wire.ItemsFound) -> Place | None:
    """Go on with the next page; where Amazon gives no further one, with a search from the newest listing seen."""
    seen = place.seen + len(found.items)
    token = found.pagination.next_token if found.pagination else None
    if token is not None and seen < REACH and found.items:
        return Place(place.created_after, token, seen)
    if seen >= found.total:
        return None
    created = [summary.created for item in found.items for summary in item.summaries if summary.created is not None]
    newest = max(created, default=None)
    if newest is None or newest == place.created_after:
        raise Refused(what, "TooManyAtOnce", f"more than {REACH} listings of one moment cannot be read", retry=False)
    return Place(newest)
