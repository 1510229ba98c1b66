"""What the fields of events hold."""

from typing import Annotated

from msgspec import Meta

from stock.identities import MAX_QUANTITY

Quantity = Annotated[int, Meta(ge=1, le=MAX_QUANTITY)]
Level = Annotated[int, Meta(ge=0, le=MAX_QUANTITY)]
Delta = Annotated[int, Meta(ge=-MAX_QUANTITY, le=MAX_QUANTITY)]
Shown = Annotated[int, Meta(ge=0, le=1_000_000_000_000)]
"""What a channel shows: a sum of levels, so it may pass one level's bound."""

Signed = Annotated[int, Meta(ge=-1_000_000_000_000, le=1_000_000_000_000)]
"""What a shop that counts below zero has, or a change of it."""

Id = Annotated[str, Meta(min_length=1, max_length=200)]
Code = Annotated[str, Meta(max_length=200)]
SkuText = Annotated[str, Meta(max_length=200)]
