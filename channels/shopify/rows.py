"""What Shopify sends us of goods and places, and of what was changed, as far as we read it.

These values never travel past this folder. Source: GraphQL Admin API 2026-04.
"""

from collections.abc import Iterator
from typing import Annotated, Generic, Self, TypeVar

from pydantic import BeforeValidator, Field, model_validator

from channels.shopify.identities import digits_of
from channels.shopify.shelves import Level, Location, Subscription, Variant
from channels.shopify.topics import topic_of
from channels.shopify.wire import FromShopify, UserError
from ingest.shopify.fields import moment

Row = TypeVar("Row")

AVAILABLE = "available"
"""The quantity we read and change, of the several that Shopify keeps of a level."""

Id = Annotated[str, BeforeValidator(digits_of)]


class PageInfo(FromShopify):
    """Whether there is more, and from where on."""

    more: bool = Field(alias="hasNextPage")
    end: str | None = Field(default=None, alias="endCursor")

    @model_validator(mode="after")
    def _leads_on(self) -> Self:
        if self.more and not self.end:
            raise ValueError("there is more, but no cursor")
        return self

    @property
    def after(self) -> str | None:
        """The cursor of the next page."""
        return self.end if self.more else None


class Connection(FromShopify, Generic[Row]):
    """A page."""

    nodes: tuple[Row, ...]
    info: PageInfo = Field(alias="pageInfo")


class Named(FromShopify):
    """Something of which only the id is read."""

    id: Id


class ItemNode(Named):
    """An inventory item of a variant."""

    tracked: bool = True


class VariantNode(Named):
    """A variant."""

    sku: str | None = None
    requires_components: bool = Field(default=False, alias="requiresComponents")
    product: Named
    item: ItemNode = Field(alias="inventoryItem")

    @property
    def stated(self) -> Variant:
        """The variant; a SKU of nothing but blanks is none."""
        sku = self.sku if self.sku and self.sku.strip() else None
        return Variant(self.id, self.product.id, sku, self.item.id, self.item.tracked, self.requires_components)


class LocationNode(Named):
    """A location."""

    name: str = ""
    active: bool = Field(default=True, alias="isActive")

    @property
    def stated(self) -> Location:
        """The location."""
        return Location(self.id, self.name, self.active)


class Quantity(FromShopify):
    """One quantity of a level."""

    name: str
    quantity: int
    updated_at: str | None = Field(default=None, alias="updatedAt")


class Shelf(FromShopify):
    """A level, whose item is known."""

    quantities: tuple[Quantity, ...] = ()

    def stated(self, item: str, location: str) -> Level:
        """Return the level of `item` at `location`."""
        found = next((quantity for quantity in self.quantities if quantity.name == AVAILABLE), None)
        if found is None:
            return Level(item, location, None)
        return Level(item, location, found.quantity, moment(found.updated_at))


class LevelNode(Shelf):
    """A level among those of a location."""

    item: Named


class LocationLevels(FromShopify):
    """A location with its levels."""

    levels: Connection[LevelNode] = Field(alias="inventoryLevels")


class StockedItem(FromShopify):
    """An item with its level at one location, None where it is not stocked there; empty where it is no item."""

    id: Id | None = None
    level: Shelf | None = Field(default=None, alias="inventoryLevel")


class StockedItems(FromShopify):
    """Items in the order they were asked for, None where there is none."""

    nodes: tuple[StockedItem | None, ...]

    def stated(self, location: str) -> Iterator[Level]:
        """Yield the levels there are at `location`."""
        for node in self.nodes:
            if node is not None and node.id is not None and node.level is not None:
                yield node.level.stated(node.id, location)


class Change(FromShopify):
    """One change of an adjustment."""

    name: str
    delta: int
    quantity_after: int | None = Field(default=None, alias="quantityAfterChange")


class Group(FromShopify):
    """An adjustment. Its id is told as it is: it is nobody's number."""

    id: str
    changes: tuple[Change, ...] = ()


class Adjusted(FromShopify):
    """The answer to inventoryAdjustQuantities."""

    group: Group | None = Field(default=None, alias="inventoryAdjustmentGroup")
    errors: tuple[UserError, ...] = Field(default=(), alias="userErrors")


class SubscriptionNode(Named):
    """A webhook subscription."""

    topic: str
    uri: str

    @property
    def stated(self) -> Subscription:
        """The subscription."""
        return Subscription(self.id, topic_of(self.topic), self.uri)


class Subscribed(FromShopify):
    """The answer to webhookSubscriptionCreate."""

    subscription: SubscriptionNode | None = Field(default=None, alias="webhookSubscription")
    errors: tuple[UserError, ...] = Field(default=(), alias="userErrors")
