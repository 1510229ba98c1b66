"""A run: events of one stream without gaps, with the fact in each, read once for all projections."""

from collections.abc import Sequence

import msgspec

from processor.errors import TooNew
from processor.events import Recorded
from processor.projection import Codec
from processor.streams import StreamId


class Failure(msgspec.Struct, frozen=True):
    """Event `version` of `stream` could not be folded, or not even read."""

    stream: StreamId
    version: int
    error: Exception

    @property
    def waits(self) -> bool:
        """Whether a newer release will read the event: then it is no poison."""
        return isinstance(self.error, TooNew)


class Run(msgspec.Struct, frozen=True, gc=False):
    """Events `first`..`last` (both inclusive; `first` - 1 where there are none) of `stream`, each with its fact.

    `failure` tells why the run ends before an event that could not be read, `rest` holds that event and what follows.
    """

    stream: StreamId
    first: int
    last: int
    pairs: Sequence[tuple[Recorded, object]]
    failure: Failure | None = None
    rest: Sequence[Recorded] = ()

    @property
    def end(self) -> int:
        """The version of the newest event, whether or not it could be read."""
        return self.last + len(self.rest)


def run_of(events: Sequence[Recorded], codec: Codec) -> Run:
    """Read the facts of `events` (at least one, without gaps), as far as they can be read."""
    stream, first = events[0].stream, events[0].version
    facts: list[object] = []
    try:
        facts.extend(map(codec, events))
    except Exception as error:  # noqa: BLE001 - a codec may raise anything; the runner tells poison from TooNew
        read = len(facts)
        failure = Failure(stream, first + read, error)
        pairs = list(zip(events[:read], facts, strict=True))
        return Run(stream, first, first + read - 1, pairs, failure, events[read:])
    return Run(stream, first, first + len(facts) - 1, list(zip(events, facts, strict=True)))


def newest_run(events: Sequence[Recorded], codec: Codec) -> Run:
    """Return the run without gaps that ends at the newest of `events`, which may repeat and come in any order."""
    first = events[0].version
    if len(events) == 1 or all(event.version == first + place for place, event in enumerate(events)):
        return run_of(events, codec)
    by_version = {event.version: event for event in events}
    last = max(by_version)
    first = last
    while first - 1 in by_version:
        first -= 1
    return run_of([by_version[version] for version in range(first, last + 1)], codec)
