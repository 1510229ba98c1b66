"""What is written while one SKU is told: the delivery row before the call, the event and the row after it."""

from collections.abc import Sequence

import msgspec
import structlog

from channels.attempts import Attempts, Carried, Check, Delivery, Entry, Outcome
from channels.decisions import Tell
from channels.offers import SubmissionId
from channels.tenure import Tenure
from processor.clock import Clock
from processor.events import Event
from processor.log import Append, Conflict
from processor.receipts import Receipt
from processor.recorder import Recorder
from processor.streams import StreamId
from stock.events import BroadcastAccepted, BroadcastRejected
from stock.facts import fact
from stock.identities import Channel, Sku, channel_stream

_log = structlog.get_logger("channels.ledger")


class Begun(msgspec.Struct, frozen=True):
    """An attempt under way: its row stands with outcome unknown."""

    sku: Sku
    tell: Tell
    entry: Entry


class Ledger:
    """The writer of one seller's attempts. Raises LeaseLost where a row shows that another holds the seller now."""

    def __init__(  # noqa: PLR0913 - two places to write to, and in whose name
        self, tenant: str, channel: Channel, attempts: Attempts, recorder: Recorder, *, tenure: Tenure, clock: Clock
    ) -> None:
        self._tenant, self._channel, self._attempts = tenant, channel, attempts
        self._recorder, self._tenure, self._clock = recorder, tenure, clock

    def entry(self, sku: Sku) -> Entry:
        """Return the SKU's delivery row, read strongly."""
        return self._attempts.entry(self._tenant, sku)

    def begin(self, sku: Sku, entry: Entry, tell: Tell, check: Check | None, *, feed: int = 0) -> Begun:
        """Claim the attempt's number, durably, before anything is sent; `feed` is to carry it, 0 for none."""
        before = entry.delivery
        row = Delivery(
            tell.attempt,
            tell.listing,
            tell.quantity,
            tell.cause_version,
            self._tenure.fence,
            self._clock(),
            "unknown",
            before.doubtful,
            check,
            Carried(feed, tell.attempt, tell.quantity) if feed else before.carried,
            before.landed,
        )
        return Begun(sku, tell, self._write(entry, row))

    def accepted(self, begun: Begun, submission: SubmissionId) -> None:
        """Record that the channel took the quantity; `submission` is the event's correlation."""
        if self._record(begun, _accepted(begun.tell), submission):
            self.settle(begun.entry, "accepted")

    def taken(self, tells: Sequence[tuple[Sku, Tell]], submission: SubmissionId) -> None:
        """Record of many SKUs at once that the channel took their quantities; no row is written."""
        receipts = self._recorder.record(
            [Append(self._stream(sku), (self._fact(_accepted(tell), submission),)) for sku, tell in tells]
        )
        for receipt, (sku, tell) in zip(receipts, tells, strict=True):
            self._tells(receipt, sku, tell.attempt)

    def landed(self, entry: Entry, outcome: Outcome) -> Entry:
        """Write what became of a row that a feed carried: nothing of it is on its way any more."""
        row = entry.delivery
        return self._write(entry, msgspec.structs.replace(row.ended(outcome), carried=None, landed=row.attempt))

    def rejected(self, begun: Begun, code: str, *, retry: bool) -> None:
        """Record that the quantity was refused."""
        tell = begun.tell
        happened = BroadcastRejected(tell.attempt, tell.quantity, tell.cause_version, code[:200], retry)
        if self._record(begun, happened, None):
            self.settle(begun.entry, "refused")

    def untaken(self, begun: Begun) -> None:
        """Note that the attempt cannot have reached the channel. The log need not tell it."""
        self.settle(begun.entry, "untaken")

    def settle(self, entry: Entry, outcome: Outcome) -> None:
        """Write the outcome into the row."""
        self._write(entry, entry.delivery.ended(outcome))

    def let_go(self, entry: Entry) -> Entry:
        """Write that no feed carries the SKU any more."""
        return self._write(entry, entry.delivery.let_go())

    def names(self, begun: Begun) -> dict[str, object]:
        """Return what a log line tells of the attempt."""
        return {
            "tenant": self._tenant,
            "channel": self._channel,
            "sku": begun.sku,
            "quantity": begun.tell.quantity,
            "attempt": begun.tell.attempt,
        }

    def _record(self, begun: Begun, happened: BroadcastAccepted | BroadcastRejected, correlation: str | None) -> bool:
        """Append the outcome; a repeat is the same fact. Answers False where the number was used for another."""
        (receipt,) = self._recorder.record([Append(self._stream(begun.sku), (self._fact(happened, correlation),))])
        return self._tells(receipt, begun.sku, happened.attempt)

    def _stream(self, sku: Sku) -> StreamId:
        return channel_stream(self._tenant, self._channel, sku)

    def _fact(self, happened: BroadcastAccepted | BroadcastRejected, correlation: str | None) -> Event:
        tx = f"attempt:{happened.attempt}"
        return fact(happened, tx=tx, at=self._clock(), source="dispatcher", correlation=correlation)

    def _tells(self, receipt: Receipt, sku: Sku, attempt: int) -> bool:
        """Whether the log tells it now. Not so for rows older than the log, restored from a copy say.

        The next attempt has the next number.
        """
        if isinstance(receipt.outcome, Conflict):
            _log.error("dispatch.number_used", stream=str(self._stream(sku)), attempt=attempt)
            return False
        return True

    def _write(self, entry: Entry, row: Delivery) -> Entry:
        written = self._attempts.write(entry, row)
        if written is None:
            raise self._tenure.lost()
        return written


def _accepted(tell: Tell) -> BroadcastAccepted:
    return BroadcastAccepted(tell.attempt, tell.quantity, tell.cause_version, tell.listing)
