"""What the log and the delivery rows tell of a feed's lines: that the channel took them, and what became of each."""

from collections.abc import Sequence

import msgspec
import structlog

from channels.amazon.feeds.reports import Outcome
from channels.attempts import Delivery, Entry
from channels.bulk.records import Line
from channels.decisions import Tell
from channels.ledger import Ledger
from channels.offers import SubmissionId

_log = structlog.get_logger("channels.bulk")


class Scribe:
    """Writes for one seller. Doing it again changes nothing. Raises LeaseLost, and Retryable where the store failed."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def taken(self, lines: Sequence[Line], feed: str) -> None:
        """Let the log tell that the channel took the quantities of `lines`: queued, not yet shown."""
        self._ledger.taken([(line.sku, _tell(line)) for line in lines], SubmissionId(feed))

    def ended(self, number: int, line: Line, outcome: Outcome) -> Delivery | None:
        """Write what became of one line of feed `number`, and return its row; None where that was done before.

        What was told since may have been overwritten, and is told again.
        """
        entry = self._ledger.entry(line.sku)
        row = entry.delivery
        if row.carried is None or row.carried.feed != number:
            return None
        if row.attempt != line.attempt or outcome.verdict == "unknown":
            return self._ledger.let_go(entry).delivery
        if outcome.verdict == "accepted":
            return self._ledger.landed(entry, "accepted").delivery
        return self._refused(line, self._ledger.landed(entry, "untaken"), outcome)

    def _refused(self, line: Line, entry: Entry, outcome: Outcome) -> Delivery:
        errors = [issue for issue in outcome.issues if issue.severity == "ERROR"]
        code = errors[0].code if errors else "INVALID"
        _log.warning("feed.refused", sku=line.sku, code=code, reason=errors[0].message[:200] if errors else "")
        tell = msgspec.structs.replace(_tell(line), attempt=line.attempt + 1)
        begun = self._ledger.begin(line.sku, entry, tell, entry.delivery.check)
        self._ledger.rejected(begun, code, retry=True)
        return begun.entry.delivery.ended("refused")


def _tell(line: Line) -> Tell:
    return Tell(line.listing, line.product_type, line.quantity, line.cause_version, line.attempt)
