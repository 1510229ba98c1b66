"""The payloads of Amazon's notifications, after its published JSON schemas (Selling Partner API, Notifications).

Only what stock and listings depend on is read, strictly; nothing about buyers or addresses is read at all. Names are in
small letters: see `envelopes`.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StrictInt, field_validator, model_validator

from ingest.reading import Id, OptionalId, Payload
from ingest.shopify.fields import Moment, Units, none_is_empty
from stock.events import AmazonOrderLine, AmazonOrderSeen

MAX_ITEMS = 1000
DEFAULT_CHANNEL = "DEFAULT"
"""The merchant's own shelf among Amazon's fulfillment channel codes."""

_MAX_WORD = 100
_MAX_SHOWN = 1_000_000_000_000
_MERCHANT_ACCOUNT = "amzn1.merchant.o."

Quantity = Annotated[StrictInt, Field(ge=-_MAX_SHOWN, le=_MAX_SHOWN)]
Fulfillable = Annotated[StrictInt, Field(ge=0, le=_MAX_SHOWN)]


def _word(value: object) -> str:
    text = value.strip() if isinstance(value, str) else ""
    if not text.isascii() or not text.isprintable() or not 1 <= len(text) <= _MAX_WORD:
        raise ValueError("must be a word")
    return text


def _shipped(value: object) -> object:
    return 0 if value is None else value


Word = Annotated[str, BeforeValidator(_word)]


class OfASeller(Payload):
    """What is told of a seller's."""

    seller: Id = Field(validation_alias="sellerid")


class QuantityChange(OfASeller):
    """LISTINGS_ITEM_MFN_QUANTITY_CHANGE: what a listing shows now."""

    channel: Word = Field(default=DEFAULT_CHANNEL, validation_alias="fulfillmentchannelcode")
    listing: Id = Field(validation_alias="sku")
    quantity: Quantity


class StatusChange(OfASeller):
    """LISTINGS_ITEM_STATUS_CHANGE: the statuses that a listing has now."""

    listing: Id = Field(validation_alias="sku")
    statuses: Annotated[tuple[Word, ...], Field(max_length=20, validation_alias="status")]


class _Held(Payload):
    fulfillable: Fulfillable


class _Marketplace(Payload):
    held: _Held = Field(validation_alias="fulfillmentinventory")


class FbaChange(OfASeller):
    """FBA_INVENTORY_AVAILABILITY_CHANGES: what Amazon holds of a listing, by marketplace."""

    listing: Id = Field(validation_alias="sku")
    marketplaces: Annotated[
        tuple[_Marketplace, ...],
        Field(min_length=1, max_length=MAX_ITEMS, validation_alias="fulfillmentinventorybymarketplace"),
    ]

    @property
    def fulfillable(self) -> int:
        """The most that one marketplace can sell: marketplaces share units, so a sum would count some twice."""
        return max(place.held.fulfillable for place in self.marketplaces)


class FeedFinish(OfASeller):
    """FEED_PROCESSING_FINISHED. Amazon names the seller's account where it does not name the seller."""

    feed: Id = Field(validation_alias="feedid")
    status: Word = Field(validation_alias="processingstatus")

    @model_validator(mode="before")
    @classmethod
    def _of_account(cls, given: dict[str, Any]) -> dict[str, Any]:
        account = given.get("accountid")
        if given.get("sellerid") is not None or not isinstance(account, str):
            return given
        return {**given, "sellerid": account.removeprefix(_MERCHANT_ACCOUNT)}


class _Item(Payload):
    id: Id = Field(validation_alias="orderitemid")
    listing: OptionalId = Field(default=None, validation_alias="sellersku")
    quantity: Units
    shipped: Annotated[Units, BeforeValidator(_shipped)] = Field(default=0, validation_alias="quantityshipped")


class _Summary(Payload):
    status: Word = Field(validation_alias="orderstatus")
    fulfilled_by: Literal["MFN", "AFN"] = Field(validation_alias="fulfillmenttype")
    items: Annotated[
        tuple[_Item, ...], BeforeValidator(none_is_empty), Field(max_length=MAX_ITEMS, validation_alias="orderitems")
    ] = ()


class _Trigger(Payload):
    at: Moment = Field(default=None, validation_alias="timeoforderchange")


class OrderChange(OfASeller):
    """ORDER_CHANGE: an order as it stands, with all its items or the one that changed."""

    order: Id = Field(validation_alias="amazonorderid")
    trigger: _Trigger = Field(default=_Trigger(), validation_alias="orderchangetrigger")
    summary: _Summary

    @field_validator("trigger", mode="before")
    @classmethod
    def _none_is_empty(cls, value: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
        return value if isinstance(value, dict) else {}

    @property
    def seen(self) -> AmazonOrderSeen:
        """The order as an event holds it."""
        return AmazonOrderSeen(self.summary.status, _lines(self.summary.items))


def _lines(items: Sequence[_Item]) -> tuple[AmazonOrderLine, ...]:
    return tuple(AmazonOrderLine(item.id, item.quantity, item.listing, item.shipped) for item in items)
