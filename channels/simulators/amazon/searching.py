"""What the small Amazon answers to searchListingsItems. Source: Listings Items API 2021-08-01."""

from collections.abc import Callable
from typing import Any

from starlette.requests import Request

from channels.simulators.amazon.admission import admit
from channels.simulators.amazon.answers import shown
from channels.simulators.amazon.pages import Pages
from channels.simulators.amazon.replies import Reply
from channels.simulators.amazon.requests import INCLUDED, Bad, number, query, seller_in_path, time_of, words
from channels.simulators.amazon.shelf import SimulatedListing
from channels.simulators.amazon.state import SimulatedAmazon

REACH = 1000
"""No more listings can be paged through."""

_KNOWN = frozenset(
    {
        "marketplaceIds", "issueLocale", "includedData", "identifiers", "identifiersType", "createdAfter", "sortBy",
        "sortOrder", "pageSize", "pageToken",
    }
)  # fmt: skip
_KEYS: dict[str, Callable[[SimulatedListing], tuple[str, str]]] = {
    "sku": lambda listing: (listing.sku, ""),
    "createdDate": lambda listing: (listing.created, listing.sku),
    "lastUpdatedDate": lambda listing: (listing.updated, listing.sku),
}


class ListingSearch:
    """searchListingsItems, with the tokens it gave out."""

    def __init__(self, amazon: SimulatedAmazon) -> None:
        self._pages = Pages(amazon.time.seconds)

    def __call__(self, amazon: SimulatedAmazon, request: Request, body: bytes) -> Reply:
        """Answer with a page of listings."""
        del body
        admit(amazon, "searchListingsItems", request, seller=seller_in_path(request))
        fields = query(request, _KNOWN)
        if fields.get("marketplaceIds") != amazon.marketplace:
            raise Bad(400, "InvalidInput", f"Invalid marketplaceIds: {fields.get('marketplaceIds', '')}")
        asked = words(fields, "includedData", INCLUDED) or frozenset({"summaries"})
        size = number(fields, "pageSize", 10, 20)
        key = _KEYS.get(fields.get("sortBy", "lastUpdatedDate"))
        if key is None or fields.get("sortOrder", "DESC") not in ("ASC", "DESC"):
            raise Bad(400, "InvalidInput", "Invalid sortBy or sortOrder")
        descending = fields.get("sortOrder", "DESC") == "DESC"
        rows = sorted(_found(amazon, fields), key=key, reverse=descending)
        token = fields.pop("pageToken", None)
        page, seen, following = self._pages.cut(rows[:REACH], key, size, fields, token, descending=descending)
        told: dict[str, Any] = {"numberOfResults": len(rows), "items": [shown(amazon, row, asked) for row in page]}
        if following is not None and seen + len(page) < REACH:
            told["pagination"] = {"nextToken": following}
        return Reply(200, told)


def _found(amazon: SimulatedAmazon, fields: dict[str, str]) -> list[SimulatedListing]:
    created_after = time_of(fields, "createdAfter")
    listings = [one for one in amazon.listings() if created_after is None or one.created >= created_after]
    if ("identifiers" in fields) != ("identifiersType" in fields):
        raise Bad(400, "InvalidInput", "identifiers and identifiersType go together")
    if "identifiers" not in fields:
        return listings
    if fields["identifiersType"] != "SKU":
        raise Bad(400, "InvalidInput", "this simulator searches by SKU alone")
    wanted = frozenset(fields["identifiers"].split(","))
    return [listing for listing in listings if listing.sku in wanted]
