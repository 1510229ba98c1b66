"""What the dispatcher finds out about a listing without changing it: told by the log, in the SKU's channel stream."""

from channels.explaining import Note, Noted
from processor.clock import Clock, Instant
from processor.log import Append, Appended
from processor.recorder import Recorder
from projections.broadcasts.documents import Listing
from stock.events import ChannelQuantityObserved
from stock.facts import fact
from stock.identities import Channel, Sku, channel_stream

SOURCE = "dispatcher"


class Findings:
    """The writer of one seller's. Raises Retryable where the store failed; telling it again changes nothing."""

    def __init__(self, tenant: str, channel: Channel, recorder: Recorder, clock: Clock) -> None:
        self._tenant, self._channel, self._recorder, self._clock = tenant, channel, recorder, clock

    def note(self, sku: Sku, note: Note) -> bool:
        """Append what is known; answer whether it is new, so that the read model has moved."""
        return self._append(sku, note.fact, note.tx)

    def saw(self, sku: Sku, listing: str, quantity: int, asked_at: Instant, before: Listing | None) -> bool:
        """Append that `listing` showed `quantity` when it was asked at `asked_at`; answer whether that tells anything.

        `before` is what was known when it was asked. A look comes after all that was told before it, whatever the
        channel's clock says.
        """
        if before is not None and _known(before, listing, quantity):
            return False
        seen = max(asked_at, before.observed_at or asked_at) if before is not None else asked_at
        return self._append(
            sku,
            ChannelQuantityObserved(f"look:{seen}", quantity, seen, listing, looked=True),
            f"look:{seen}:{quantity}",
        )

    def _append(self, sku: Sku, happened: Noted | ChannelQuantityObserved, tx: str) -> bool:
        event = fact(happened, tx=tx, at=self._clock(), source=SOURCE)
        (receipt,) = self._recorder.record([Append(channel_stream(self._tenant, self._channel, sku), (event,))])
        return isinstance(receipt.outcome, Appended)


def _known(before: Listing, listing: str, quantity: int) -> bool:
    """Whether a look that shows `quantity` tells what is known already, and nothing waits for a look."""
    same = before.known and before.observed == quantity and before.observed_listing == listing
    return same and not before.ask and (before.accepted == quantity or before.read_at == before.observed_at)
