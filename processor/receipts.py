"""What whoever records facts is told of each, and the port to record by."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from processor.log import Append, Outcome
from processor.streams import StreamId


class Buffered(msgspec.Struct, frozen=True, gc=False):
    """The fact is durable in a queue: it will be appended, or found known. Which of them, and where, nobody knows yet.

    An event log never answers so: see `processor.buffering`.
    """


BUFFERED = Buffered()

Settled = Outcome | Buffered
"""What became of a fact that was recorded."""


class Receipt(msgspec.Struct, frozen=True):
    """What became of one event. `after` is the watched view right after it, None where it is not known.

    `pending` tells that the event is durable but not folded yet; it will be.
    """

    stream: StreamId
    outcome: Settled
    after: object = None
    pending: bool = False


class FactRecorder(Protocol):
    """Whoever makes facts durable: the recorder of a server, or the leaner one of a function."""

    def record(self, appends: Sequence[Append], gate: Append | None = None) -> list[Receipt]:
        """Append, and return one receipt per event once all are durable.

        With a `gate`, that is appended first, and `appends` only where all its events are new: the receipts are the
        gate's, and then theirs or none. A crash may leave the gate without the others: who finds his gate known must
        see to them.

        Raises Retryable where the store failed; then whether the facts were appended is unknown, and sending them
        again is right. Raises Misuse for an append without events or with too many.
        """
        ...
