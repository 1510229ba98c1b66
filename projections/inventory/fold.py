"""How many units there are: the fold of a SKU's stream into its inventory document."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import msgspec

from processor.events import Recorded
from processor.models import Keys
from processor.projection import Change
from processor.streams import StreamId
from projections.inventory.documents import Inventory, numbers
from stock import balance
from stock.identities import SKU


class InventoryProjection:
    """One row per SKU, which is its document. No further documents, no indexes: a tenant's rows come in SKU order."""

    name = "inventory"
    schema = 1
    feeds: ClassVar[Mapping[str, str]] = {SKU: SKU}
    indexes: tuple[str, ...] = ()

    initial = staticmethod(Inventory)
    encode = staticmethod(msgspec.json.Encoder().encode)
    decode = staticmethod(msgspec.json.Decoder(Inventory).decode)
    glimpse = staticmethod(numbers)

    def apply(self, state: Inventory, event: Recorded, fact: object) -> Sequence[Change]:
        """See `Projection.apply`."""
        balance.apply(state, fact)
        state.version = event.version
        state.updated_at = event.recorded_at
        return ()

    def keys(self, key: StreamId, state: Inventory) -> Keys:
        """See `Projection.keys`."""
        del key, state
        return ()

    def readable(self, state: Inventory) -> bool:
        """See `Projection.readable`."""
        del state
        return True
