"""Where a SKU is sold."""

from collections.abc import Mapping

import msgspec

from stock.events import ListingMapped
from stock.identities import Channel


class Listed(msgspec.Struct, frozen=True):
    """The SKU's listing on a channel (None: it has none), since event `version` of its stream where that is known."""

    listing: ListingMapped | None
    version: int | None


class Listings(msgspec.Struct, frozen=True):
    """A SKU's listings as they are after event `version` of its stream. Channels it was never mapped to are absent."""

    version: int
    channels: Mapping[Channel, Listed]
