"""The audit trail of returns: every one, whatever became of the units."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import msgspec

from processor.events import Recorded
from processor.models import Keys
from processor.projection import Change, Put
from processor.streams import StreamId
from projections.returns.documents import INDEXES, ReturnEntry, document
from stock.dispositions import RULES
from stock.events import ReturnReceived
from stock.identities import SKU


class Tally(msgspec.Struct, array_like=True, gc=False):
    """How many returns a SKU had."""

    returns: int = 0


class ReturnsProjection:
    """One row per SKU, one document per return."""

    name = "returns"
    schema = 1
    feeds: ClassVar[Mapping[str, str]] = {SKU: SKU}
    indexes = INDEXES

    initial = staticmethod(Tally)
    encode = staticmethod(msgspec.json.Encoder().encode)
    decode = staticmethod(msgspec.json.Decoder(Tally).decode)

    def apply(self, state: Tally, event: Recorded, fact: object) -> Sequence[Change]:
        """See `Projection.apply`."""
        if not isinstance(fact, ReturnReceived):
            return ()
        state.returns += 1
        entry = ReturnEntry(
            sku=event.stream.key,
            version=event.version,
            quantity=fact.quantity,
            pool=fact.pool,
            disposition=fact.disposition,
            decision=RULES[fact.disposition].decision,
            order=fact.order,
            reason=fact.reason,
            occurred_at=event.occurred_at,
            recorded_at=event.recorded_at,
        )
        return (Put(document(entry)),)

    def keys(self, key: StreamId, state: Tally) -> Keys:
        """See `Projection.keys`."""
        del key, state
        return ()

    def readable(self, state: Tally) -> bool:
        """See `Projection.readable`."""
        del state
        return False

    def glimpse(self, state: Tally) -> int:
        """See `Projection.glimpse`."""
        return state.returns
