"""What a person must decide, and what he has read."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from stock.events.kinds import Id

ReviewReason = Literal[
    "unmapped_line",
    "conflict",
    "unexplained_removal",
    "over_refunded",
    "unknown_restock",
    "app_uninstalled",
    "shop_redact",
]


class ReviewRequested(Struct, frozen=True, gc=False, omit_defaults=True):
    """A person must decide: an order line without SKU, a conflict that a vendor sent, a shop that left."""

    reason: ReviewReason
    subject: Id
    detail: Annotated[str, Meta(max_length=500)] = ""


class ReviewSettled(Struct, frozen=True, gc=False, omit_defaults=True):
    """Nobody needs to decide any more: what the stream's event of `tx_id` `review` asked for has become known."""

    review: Id


class AlertAcknowledged(Struct, frozen=True, gc=False, omit_defaults=True):
    """A person has read an alert; appended to the stream that the alert arose from."""

    alert: Annotated[str, Meta(min_length=1, max_length=900)]
