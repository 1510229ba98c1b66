"""Facts that were acknowledged before they were appended, and then contradict what is known."""

from collections.abc import Callable, Sequence

import msgspec

from processor.buffering import Absorbed, absorb
from processor.errors import ProcessorError
from processor.events import Event
from processor.log import Append, Appended, Conflict, EventLog
from processor.streams import StreamId
from stock.events import ReviewRequested
from stock.facts import fact
from stock.identities import review_stream

_MAX_SUBJECT = 200


class Arrival(msgspec.Struct, frozen=True):
    """What became of a letter: `failure` tells why it must come again, None where it is done with."""

    appended: int
    known: int
    conflicts: int
    failure: ProcessorError | None


class Latecomers:
    """Appends facts that waited. Nobody hears the answer any more, so a person decides about each that conflicts."""

    def __init__(self, log: EventLog, ring: Callable[[Sequence[StreamId]], None] = lambda _: None) -> None:
        """`ring` is told of the streams that were appended to, as often as it takes."""
        self._log, self._ring = log, ring

    def take(self, letters: Sequence[Sequence[Append]]) -> list[Arrival]:
        """Append the facts of each letter, and tell what became of it. A failure holds up the letters it concerns."""
        absorbed = absorb(self._log, letters)
        appended = [append.stream for found in absorbed for append, outcome in found.told if _is_new(outcome)]
        reviews = [self._reviews(found) for found in absorbed]
        asked = [review for own in reviews for review in own]
        failure = self._asked(asked) if asked else None
        if streams := list(dict.fromkeys([*appended, *(review.stream for review in asked)])):
            self._ring(streams)
        return [
            _arrival(found, found.failure or (failure if own else None))
            for found, own in zip(absorbed, reviews, strict=True)
        ]

    def _asked(self, reviews: Sequence[Append]) -> ProcessorError | None:
        [found] = absorb(self._log, [reviews])
        return found.failure

    def _reviews(self, found: Absorbed) -> list[Append]:
        conflicts = (append for append, outcome in found.told if isinstance(outcome, Conflict))
        return [self._review(append.stream, event) for append in conflicts for event in append.events]

    def _review(self, stream: StreamId, event: Event) -> Append:
        """Ask about a fact as `Histories` does: under the same identity, so that a person is asked once."""
        subject = (event.correlation or event.tx_id)[:_MAX_SUBJECT]
        detail = f"{event.tx_id} of {stream.key}"[:500]
        asked = fact(
            ReviewRequested("conflict", subject, detail),
            tx=f"conflict:{event.tx_id}",
            at=event.occurred_at,
            source=event.source,
        )
        return Append(review_stream(stream.tenant, subject), (asked,))


def _is_new(outcome: object) -> bool:
    return isinstance(outcome, Appended)


def _arrival(found: Absorbed, failure: ProcessorError | None) -> Arrival:
    outcomes = [outcome for _, outcome in found.told]
    appended = sum(isinstance(outcome, Appended) for outcome in outcomes)
    conflicts = sum(isinstance(outcome, Conflict) for outcome in outcomes)
    return Arrival(appended, len(outcomes) - appended - conflicts, conflicts, failure)
