"""Which events of an append are new, and what versions they get: pure, under locks that the caller holds."""

from collections.abc import Mapping, MutableMapping, Sequence

from processor.clock import Instant
from processor.events import Event, Recorded, recorded
from processor.log import Append, Appended, Conflict, Duplicate, Outcome, Stale
from processor.streams import StreamId

Claim = tuple[StreamId, str]
"""A stream and a `tx_id` in it."""

Claims = MutableMapping[Claim, tuple[int, str]]
"""Where a claim was made first, and the digest of what was said there."""


def number(
    appends: Sequence[Append], heads: Mapping[StreamId, int], claims: Claims, at: Instant
) -> tuple[list[Outcome], list[Recorded]]:
    """Return an outcome per event, and the events to write. `claims` gains those of the latter."""
    ends = dict(heads)
    outcomes: list[Outcome] = []
    new: list[Recorded] = []
    for append in appends:
        stream = append.stream
        head = ends[stream]
        stale = append.expected is not None and append.expected != head
        for event in append.events:
            first = claims.get((stream, event.tx_id))
            if first is not None:
                outcomes.append(_again(first, event))
            elif stale:
                outcomes.append(Stale(head))
            else:
                head += 1
                entry = recorded(stream, head, event, at)
                claims[stream, event.tx_id] = head, event.digest
                new.append(entry)
                outcomes.append(Appended(entry))
        ends[stream] = head
    return outcomes, new


def _again(first: tuple[int, str], event: Event) -> Duplicate | Conflict:
    version, digest = first
    return Duplicate(version) if digest == event.digest else Conflict(version)
