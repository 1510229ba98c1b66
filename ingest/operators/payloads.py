"""What an operator can state about one SKU: a payload for each, and the event it means."""

from hashlib import blake2b
from typing import Annotated, ClassVar, Literal, Self

import msgspec
from pydantic import AliasChoices, Field, StrictInt, model_validator

from ingest.operators.fields import (
    Delta,
    DispositionWord,
    Level,
    Moment,
    OptionalAsin,
    OptionalText,
    Quantity,
    ReasonWord,
    SkuText,
    Text,
)
from ingest.reading import Id, Mistake, OptionalId, Payload
from stock.dispositions import Pool
from stock.events import (
    ANY_PRODUCT,
    BufferSet,
    ListingMapped,
    ListingUnmapped,
    LowStockThresholdSet,
    ReturnReceived,
    SaleRecorded,
    StockAdjusted,
    StockCounted,
    StockEvent,
)
from stock.identities import Channel

Kind = Literal["sale", "return", "adjustment", "count", "buffer", "threshold", "mapping", "unmapping"]
Version = Annotated[StrictInt, Field(ge=0)]
_ORDER = AliasChoices("order", "orderId")


class Fact(Payload):
    """A statement about one SKU. `tx` is the client's own identity of it: the same again is a duplicate."""

    kind: ClassVar[Kind]
    sku: SkuText
    tx: Id | None = None
    at: Moment | None = Field(default=None, validation_alias="occurredAt")

    @property
    def happened(self) -> StockEvent:
        """The event that the statement means."""
        raise NotImplementedError

    @property
    def key(self) -> str | None:
        """What tells this fact from every other in its stream; None where each telling is a new fact."""
        return f"tx:{self.tx}" if self.tx is not None else None

    @property
    def expected(self) -> int | None:
        """The version of the SKU that it was decided upon, where that matters."""
        return None


class Sale(Fact):
    """Units were sold."""

    kind = "sale"
    quantity: Quantity
    order: OptionalId = Field(default=None, validation_alias=_ORDER)

    @property
    def happened(self) -> StockEvent:
        """See `Fact`."""
        return SaleRecorded(self.quantity, order=self.order)


class Return(Fact):
    """Units came back."""

    kind = "return"
    quantity: Quantity
    disposition: DispositionWord
    pool: Pool = "merchant"
    return_order: OptionalId = Field(default=None, validation_alias="returnOrderId")
    sold_order: OptionalId = Field(default=None, validation_alias=_ORDER)
    reason: OptionalText = None
    at: Moment | None = Field(default=None, validation_alias=AliasChoices("returnedAt", "occurredAt"))

    @property
    def order(self) -> str | None:
        """The order it belongs to, by either name."""
        return self.return_order or self.sold_order

    @property
    def happened(self) -> StockEvent:
        """See `Fact`."""
        return ReturnReceived(self.quantity, self.pool, self.disposition, self.order, self.reason)

    @property
    def key(self) -> str | None:
        """The `tx`, else all that identifies a return, where its order or its time does."""
        if self.tx is not None or (self.order is None and self.at is None):
            return super().key
        told = msgspec.json.encode([self.order, self.sku, self.disposition, self.quantity, self.reason, self.at])
        return f"return:{blake2b(told, digest_size=16).hexdigest()}"


class _Decided(Fact):
    """A statement that may name the version of the SKU it was decided upon."""

    seen: Version | None = Field(default=None, validation_alias="expectedVersion")

    @property
    def expected(self) -> int | None:
        """See `Fact`."""
        return self.seen


class Adjustment(_Decided):
    """Stock was found to differ, or was opened."""

    kind = "adjustment"
    delta: Delta
    reason: ReasonWord

    @property
    def happened(self) -> StockEvent:
        """See `Fact`."""
        return StockAdjusted(self.delta, self.reason)


class Count(_Decided):
    """Stock was counted."""

    kind = "count"
    count: Level

    @property
    def happened(self) -> StockEvent:
        """See `Fact`."""
        return StockCounted(self.count)


class Buffer(Fact):
    """Units are held back."""

    kind = "buffer"
    buffer: Level = Field(validation_alias=AliasChoices("bufferQty", "buffer"))

    @property
    def happened(self) -> StockEvent:
        """See `Fact`."""
        return BufferSet(self.buffer)


class Threshold(Fact):
    """Stock is low at so many units; null: never."""

    kind = "threshold"
    threshold: Level | None

    @property
    def happened(self) -> StockEvent:
        """See `Fact`."""
        return LowStockThresholdSet(self.threshold)


class Mapping(Fact):
    """The SKU is sold on a channel. `listing` is the channel's name for it: the SKU where none is given."""

    kind = "mapping"
    channel: Channel = "amazon"
    asin: OptionalAsin = None
    listing: Id | None = None
    product_type: Text = Field(default=ANY_PRODUCT, validation_alias="productType")

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        if self.listing is None and (self.asin is None or self.channel != "amazon"):
            what = "the asin or the listing" if self.channel == "amazon" else "the listing"
            raise Mistake(f"a mapping to {self.channel} names {what}", "Amazon's listing is its seller SKU")
        return self

    @property
    def happened(self) -> ListingMapped:
        """See `Fact`."""
        return ListingMapped(self.channel, self.listing or self.sku, self.asin, self.product_type)


class Unmapping(Fact):
    """The SKU is no longer sold on a channel."""

    kind = "unmapping"
    channel: Channel = "amazon"

    @property
    def happened(self) -> StockEvent:
        """See `Fact`."""
        return ListingUnmapped(self.channel)
