"""Shopify's GraphQL Admin API for one shop: change stock by a delta, and read what the shop has."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from time import monotonic as system_monotonic
from typing import Any, TypeVar

import httpx
import msgspec
from pydantic import BaseModel

from channels.errors import Refused
from channels.http import Deadline, Request, exchange, http_client
from channels.limits import Monotonic
from channels.offers import CALL_BUDGET
from channels.shopify import documents, rows
from channels.shopify.answers import (
    envelope,
    outcome,
    pause_asked_for,
    raise_for_status,
    raise_for_user_errors,
    read,
    root,
)
from channels.shopify.documents import PAGE, Operation
from channels.shopify.identities import SHOPIFY_VERSION, api_version, gid, shop_domain
from channels.shopify.intents import Intent, Outcome
from channels.shopify.points import Points
from channels.shopify.shelves import Level, Location, Page, Subscription, Variant
from channels.shopify.topics import enum_of

__all__ = ["MAX_ITEMS", "USER_AGENT", "ShopifyClient", "http_client"]

Read = TypeVar("Read", bound=BaseModel)

USER_AGENT = "SyncState/0.1"
MAX_ITEMS = 100
"""So many items `levels_of` takes at once."""


class ShopifyClient:
    """One shop. Safe for several threads. Every answer that is not a yes raises `ChannelError`.

    A shop's points are kept to: where they do not suffice Throttled is raised, and nothing was sent.
    """

    def __init__(  # noqa: PLR0913 - a shop and how to reach it
        self,
        http: httpx.Client,
        shop: str,
        token: str,
        *,
        version: str = SHOPIFY_VERSION,
        endpoint: str | None = None,
        points: Points | None = None,
        budget: timedelta = CALL_BUDGET,
        monotonic: Monotonic = system_monotonic,
    ) -> None:
        """Take `http` from `http_client`, shared among shops; `endpoint` stands for `https://<shop>`.

        Clients of one shop share its `points`. Raises ValueError for what is no shop's domain, or no version.
        """
        domain = shop_domain(shop)
        self._http, self._budget, self._monotonic = http, budget, monotonic
        self._points = points or Points(monotonic=monotonic)
        self._url = f"{(endpoint or f'https://{domain}').rstrip('/')}/admin/api/{api_version(version)}/graphql.json"
        self._headers = {
            "X-Shopify-Access-Token": token,
            "content-type": "application/json",
            "accept": "application/json",
            "user-agent": USER_AGENT,
        }

    def adjust(self, intent: Intent) -> Outcome:
        """Change what a location has available of an item: inventoryAdjustQuantities.

        One change a call: an item that cannot be adjusted, as the parent of a bundle, would fail its neighbours. After
        Unreachable whose `sent` is True, and after Throttled, the same intent may be sent again, unchanged.
        """
        what = f"{documents.ADJUST.name} {intent.item}"
        change = {
            "delta": intent.delta,
            "changeFromQuantity": intent.change_from,
            "inventoryItemId": gid("InventoryItem", intent.item),
            "locationId": gid("Location", intent.location),
        }
        asked = {
            "name": "available",
            "reason": intent.reason,
            "referenceDocumentUri": intent.reference,
            "changes": [change],
        }
        adjusted = self._ask(what, documents.ADJUST, {"input": asked, "key": intent.key}, rows.Adjusted)
        return outcome(what, intent, adjusted)

    def variants(self, after: str | None = None) -> Page[Variant]:
        """Return up to PAGE variants behind the cursor `after`, with their SKUs and inventory items."""
        found = self._page(documents.VARIANTS, after, rows.Connection[rows.VariantNode])
        return Page(tuple(node.stated for node in found.nodes), found.info.after)

    def locations(self, after: str | None = None) -> Page[Location]:
        """Return up to PAGE locations behind the cursor `after`, those that are no longer used too."""
        found = self._page(documents.LOCATIONS, after, rows.Connection[rows.LocationNode])
        return Page(tuple(node.stated for node in found.nodes), found.info.after)

    def levels(self, location: str, after: str | None = None) -> Page[Level]:
        """Return what a location has of up to PAGE items. Raises Refused where there is no such location."""
        what = f"{documents.LEVELS.name} {location}"
        variables = {"location": gid("Location", location), "first": PAGE, "after": after}
        found = self._found(what, documents.LEVELS, variables)
        if found is None:
            raise Refused(what, "NOT_FOUND", "there is no such location", retry=False)
        levels = read(what, found, rows.LocationLevels).levels
        return Page(tuple(node.stated(node.item.id, location) for node in levels.nodes), levels.info.after)

    def levels_of(self, items: Sequence[str], location: str) -> tuple[Level, ...]:
        """Return what a location has of `items`, at most MAX_ITEMS; those unknown or not stocked there are left out."""
        if not 0 < len(items) <= MAX_ITEMS:
            raise ValueError(f"1 to {MAX_ITEMS} items at once, not {len(items)}")
        what = f"{documents.LEVELS_OF.name} {items[0]}"
        variables = {"items": [gid("InventoryItem", item) for item in items], "location": gid("Location", location)}
        nodes = self._found(what, documents.LEVELS_OF, variables, len(items))
        return tuple(read(what, {"nodes": nodes}, rows.StockedItems).stated(location))

    def webhooks(self, after: str | None = None) -> Page[Subscription]:
        """Return up to PAGE subscriptions of this app behind the cursor `after`."""
        found = self._page(documents.WEBHOOKS, after, rows.Connection[rows.SubscriptionNode])
        return Page(tuple(node.stated for node in found.nodes), found.info.after)

    def subscribe(self, topic: str, uri: str) -> Subscription:
        """Have deliveries of `topic`, like `orders/create`, sent to `uri`.

        Raises Refused, for an address that has them already too: list first, and again after an unknown outcome.
        """
        what = f"{documents.SUBSCRIBE.name} {topic}"
        variables = {"topic": enum_of(topic), "subscription": {"uri": uri}}
        made = self._ask(what, documents.SUBSCRIBE, variables, rows.Subscribed)
        raise_for_user_errors(what, made.errors)
        return read(what, made.subscription, rows.SubscriptionNode).stated

    def _page(self, operation: Operation, after: str | None, model: type[Read]) -> Read:
        return self._ask(operation.name, operation, {"first": PAGE, "after": after}, model)

    def _ask(self, what: str, operation: Operation, variables: Mapping[str, Any], model: type[Read]) -> Read:
        return read(what, self._found(what, operation, variables), model)

    def _found(self, what: str, operation: Operation, variables: Mapping[str, Any], count: int = 1) -> object:
        """Ask, within the points and the budget, and return what stands at the operation's root."""
        body = msgspec.json.encode({"query": operation.document, "variables": variables})
        request = Request(what, "POST", self._url, self._headers, content=body)
        with self._points.charged(what, operation, count) as charge:
            answer = exchange(self._http, request, Deadline(self._budget, self._monotonic))
            charge.wait = pause_asked_for(answer)
            raise_for_status(what, answer)
            told = envelope(what, answer)
            charge.cost = told.cost
            return root(what, operation, told)
