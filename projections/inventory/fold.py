"""How many units there are: the fold of a SKU's stream into its inventory document."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import msgspec

from processor.events import Recorded
from processor.models import Keys
from processor.projection import Change, Put
from processor.streams import StreamId
from projections.inventory.documents import EVERY, Inventory, balance, numbers
from stock.balance import apply
from stock.events import FbaLevelObserved, ReturnReceived
from stock.identities import SKU


class InventoryProjection:
    """One row per SKU, which is its document; no indexes: a tenant's rows come in SKU order.

    After every EVERY events of a SKU one more document keeps its balance for readers of long ledgers.
    """

    name = "inventory"
    schema = 3
    feeds: ClassVar[Mapping[str, str]] = {SKU: SKU}
    indexes: tuple[str, ...] = ()

    initial = staticmethod(Inventory)
    encode = staticmethod(msgspec.json.Encoder().encode)
    decode = staticmethod(msgspec.json.Decoder(Inventory).decode)
    glimpse = staticmethod(numbers)

    def apply(self, state: Inventory, event: Recorded, fact: object) -> Sequence[Change]:
        """See `Projection.apply`."""
        if not _fba(state, fact):
            apply(state, fact)
        state.version = event.version
        state.updated_at = event.recorded_at
        return () if event.version % EVERY else (Put(balance(event.stream.key, state)),)

    def keys(self, key: StreamId, state: Inventory) -> Keys:
        """See `Projection.keys`."""
        del key, state
        return ()

    def readable(self, state: Inventory) -> bool:
        """See `Projection.readable`."""
        del state
        return True


def _fba(state: Inventory, fact: object) -> bool:
    """Take what Amazon's own stock was seen to be; answer whether `fact` is settled by that.

    The newest sight stands, whenever it comes, and of one moment the lower. Once there is one it counts the returns,
    too: a report of them comes days later.
    """
    if isinstance(fact, FbaLevelObserved):
        seen, at = (fact.event_time, -fact.quantity), state.fba_at
        if at is None or seen > (at, -state.fba):
            state.fba, state.fba_at = fact.quantity, fact.event_time
        return True
    return isinstance(fact, ReturnReceived) and fact.pool == "fba" and state.fba_at is not None
