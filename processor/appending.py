"""Recording without folding: for a function that lives for one request, whose facts others fold."""

from collections.abc import Callable, Sequence

from processor.errors import Misuse
from processor.log import MAX_EVENTS_PER_APPEND, Append, Appended, EventLog
from processor.receipts import Receipt, Settled


class Appender:
    """A `FactRecorder` that appends at once, in the caller's thread. What it appends is pending: nothing is folded."""

    def __init__(self, log: EventLog, append: Callable[[Sequence[Append]], Sequence[Settled]] | None = None) -> None:
        """`append` appends what is no gate in the log's place: see `processor.buffering`."""
        self._log, self._append = log, append or log.append

    def record(self, appends: Sequence[Append], gate: Append | None = None) -> list[Receipt]:
        """See `FactRecorder.record`."""
        check(appends, gate)
        receipts: list[Receipt] = []
        if gate is not None:
            receipts = _receipts([gate], self._log.append([gate]))
            if not all(isinstance(receipt.outcome, Appended) for receipt in receipts):
                return receipts
        return receipts + (_receipts(appends, self._append(appends)) if appends else [])


AppendFacts = Callable[[Sequence[Append]], Sequence[Settled]]


def telling(append: AppendFacts, settled: Callable[[Sequence[Settled]], object]) -> AppendFacts:
    """Return `append` such that `settled` hears, in the same thread, what became of the facts of each call."""

    def told(appends: Sequence[Append]) -> Sequence[Settled]:
        outcomes = append(appends)
        settled(outcomes)
        return outcomes

    return told


def check(appends: Sequence[Append], gate: Append | None) -> None:
    """Raise Misuse where there is nothing to record, or an append has no events or too many."""
    given = appends if gate is None else [*appends, gate]
    if not given or not all(1 <= len(append.events) <= MAX_EVENTS_PER_APPEND for append in given):
        raise Misuse(f"an append holds 1 to {MAX_EVENTS_PER_APPEND} events")


def _receipts(appends: Sequence[Append], outcomes: Sequence[Settled]) -> list[Receipt]:
    streams = (append.stream for append in appends for _ in append.events)
    return [Receipt(stream, outcome, pending=True) for stream, outcome in zip(streams, outcomes, strict=True)]
