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
    """Events from version `first` on. `failure` tells why it ends before an event that could not be read."""

    first: int
    events: Sequence[Recorded]
    facts: Sequence[object]
    failure: Failure | None = None

    @property
    def last(self) -> int:
        """The version of the last event, inclusive; `first` - 1 where there is none."""
        return self.first + len(self.events) - 1


def run_of(events: Sequence[Recorded], codec: Codec) -> Run:
    """Read the facts of `events` (at least one, without gaps), as far as they can be read."""
    facts: list[object] = []
    failure = None
    try:
        facts.extend(map(codec, events))
    except Exception as error:  # noqa: BLE001 - a codec may raise anything; the runner tells poison from TooNew
        broken = events[len(facts)]
        failure = Failure(broken.stream, broken.version, error)
    return Run(events[0].version, events[: len(facts)] if failure else events, facts, failure)


def newest_run(events: Sequence[Recorded], codec: Codec) -> Run:
    """Return the run without gaps that ends at the newest of `events`, which may repeat and come in any order."""
    first = events[0].version
    if all(event.version == first + place for place, event in enumerate(events)):
        return run_of(events, codec)
    by_version = {event.version: event for event in events}
    last = max(by_version)
    first = last
    while first - 1 in by_version:
        first -= 1
    return run_of([by_version[version] for version in range(first, last + 1)], codec)
