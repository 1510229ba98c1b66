"""What is written while one SKU is told: the delivery row before the call, the event and the row after it."""

import msgspec
import structlog

from channels.attempts import Attempts, Check, Delivery, Entry, Outcome
from channels.decisions import Tell
from channels.offers import SubmissionId
from channels.tenure import Tenure
from processor.clock import Clock
from processor.log import Append, Conflict
from processor.recorder import Recorder
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

    def begin(self, sku: Sku, entry: Entry, tell: Tell, check: Check | None) -> Begun:
        """Claim the attempt's number, durably, before anything is sent."""
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
        )
        return Begun(sku, tell, self._write(entry, row))

    def accepted(self, begun: Begun, submission: SubmissionId) -> None:
        """Record that the channel took the quantity; `submission` is the event's correlation."""
        tell = begun.tell
        happened = BroadcastAccepted(tell.attempt, tell.quantity, tell.cause_version, tell.listing)
        if self._record(begun, happened, submission):
            self.settle(begun.entry, "accepted")

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
        event = fact(
            happened,
            tx=f"attempt:{happened.attempt}",
            at=self._clock(),
            source="dispatcher",
            correlation=correlation,
        )
        stream = channel_stream(self._tenant, self._channel, begun.sku)
        (receipt,) = self._recorder.record([Append(stream, (event,))])
        if isinstance(receipt.outcome, Conflict):
            # Rows older than the log, restored from a copy say. The next attempt has the next number.
            _log.error("dispatch.number_used", stream=str(stream), attempt=happened.attempt)
            return False
        return True

    def _write(self, entry: Entry, row: Delivery) -> Entry:
        written = self._attempts.write(entry, row)
        if written is None:
            raise self._tenure.lost()
        return written
