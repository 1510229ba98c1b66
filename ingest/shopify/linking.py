"""What an operator says of a shop's variants: which SKU each has. And what waits for such a word."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, Literal, Self
from uuid import uuid4

import msgspec
from pydantic import Field, RootModel, model_validator

from ingest.operators.fields import SkuText
from ingest.outcome import Refused
from ingest.reading import Id, Mistake, Payload, check, read
from ingest.shopify.fields import ShopifyId
from ingest.shopify.histories import Histories, Seen
from ingest.shopify.links import Links
from ingest.shopify.names import Names, Said
from ingest.shopify.serving import Served, Serving
from processor.clock import Clock
from processor.log import Appended, Conflict, EventLog
from processor.receipts import FactRecorder
from stock.identities import Linked, Sku

VARIANT, ITEM = "variantId", "inventoryItemId"
_OF_A_LISTING = ("asin", "listing")


class Link(Payload):
    """Which SKU a variant, an inventory item, or both have; null takes back what an operator said before.

    `tx` is the client's own identity of the statement: the same again is a duplicate.
    """

    variant: ShopifyId | None = Field(default=None, validation_alias=VARIANT)
    item: ShopifyId | None = Field(default=None, validation_alias=ITEM)
    sku: SkuText | None
    tx: Id | None = None

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        if not self.named:
            raise Mistake(f"a link names the {VARIANT}, the {ITEM}, or both", "they are the shop's own numbers")
        return self

    @property
    def named(self) -> list[tuple[Linked, str]]:
        """What is linked."""
        kinds: tuple[tuple[Linked, str | None], ...] = (("variant", self.variant), ("item", self.item))
        return [(kind, key) for kind, key in kinds if key is not None]


class LinkTold(msgspec.Struct, frozen=True):
    """What became of a statement: what counts `now`, and the lines that waited for it and were applied."""

    link: Link
    status: Literal["recorded", "duplicate", "conflict"]
    now: Said
    served: tuple[Served, ...] = ()


class _Body(RootModel[dict[str, Any]]):
    pass


class LinkDoor:
    """Takes links that a tenant's own people and programs state."""

    def __init__(
        self, recorder: FactRecorder, log: EventLog, clock: Clock, new_id: Callable[[], str] = lambda: uuid4().hex
    ) -> None:
        """Take `new_id`: names a statement that brings no identity."""
        self._clock, self._new_id = clock, new_id
        self._links = Links(recorder, log)
        self._histories = Histories(recorder, log, self._links)
        self._serving = Serving(self._links, self._histories)

    def receive(self, tenant: str, body: bytes) -> LinkTold | Refused | None:
        """Take the link in `body`; None where it is none: it names neither variant nor item, or it names a listing.

        Raises Retryable where the store failed: send it again, what was cut short is completed then.
        """
        given = read(_Body, body)
        if isinstance(given, Refused) or not _is_link(given.root):
            return None
        link = check(Link, given.root)
        return link if isinstance(link, Refused) else self.take(tenant, link)

    def take(self, tenant: str, link: Link) -> LinkTold:
        """Write a link down, unless it tells nothing new, and apply the lines that wait for it. Raises Retryable."""
        now, told = self._clock(), self._names(tenant, link)
        new = [one for one, names in told.items() if link.tx is not None or not _says(names, link.sku)]
        at = max([now, *(names.shop.at for names in told.values())])  # said knowing what the shop had said
        tx = f"tx:{link.tx if link.tx is not None else self._new_id()}"
        outcomes = [receipt.outcome for receipt in self._links.assign(tenant, new, link.sku, tx, at)]
        if any(isinstance(outcome, Conflict) for outcome in outcomes):
            return LinkTold(link, "conflict", _present(link, told))
        standing = self._names(tenant, link)
        variants = [key for (kind, key), names in standing.items() if kind == "variant" and names.sku is not None]
        served = self._serving.serve(tenant, variants, at)
        recorded = any(isinstance(outcome, Appended) for outcome in outcomes)
        return LinkTold(link, "recorded" if recorded else "duplicate", _present(link, standing), tuple(served))

    def skus(self, tenant: str, variants: Collection[str]) -> dict[str, Sku]:
        """Return the SKU of each variant that has one, whoever said it."""
        return self._links.skus(tenant, "variant", variants)

    def names(self, tenant: str, kind: Linked, keys: Collection[str]) -> dict[str, Names]:
        """Return what is said of each variant, or item, of which anything ever was."""
        return self._links.names(tenant, kind, keys) if keys else {}

    def orders(self, tenant: str, orders: Collection[str]) -> dict[str, Seen]:
        """Return what was told of each of `orders`; one of which nothing was is absent."""
        return self._histories.seen(tenant, orders)

    def _names(self, tenant: str, link: Link) -> dict[tuple[Linked, str], Names]:
        return {(kind, key): self._links.names(tenant, kind, [key]).get(key, Names()) for kind, key in link.named}


def _is_link(given: Mapping[str, object]) -> bool:
    """Tell a link from a mapping to a channel, which may hold a variant's number too: it never meant anything there."""
    links = given.get(VARIANT) is not None or given.get(ITEM) is not None
    return links and all(given.get(name) is None for name in _OF_A_LISTING)


def _says(names: Names, name: Sku | None) -> bool:
    """Whether an operator's word is `name` already, and counts."""
    return names.operator.sku == name and (name is None or names.sku == name)


def _present(link: Link, names: Mapping[tuple[Linked, str], Names]) -> Said:
    return names[link.named[0]].newest
