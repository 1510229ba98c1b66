"""What the engine puts into queues, as JSON: streams to ring again, and facts to append."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from processor.clock import Instant
from processor.events import Event
from processor.log import Append
from processor.queues import MAX_BODY_BYTES
from processor.streams import StreamId

_MAX_STREAMS = 100
_MAX_FACTS = 500
_END_BYTES = 2


class _Redo(msgspec.Struct, frozen=True):
    streams: list[str]
    tries: int = 0


class Redo(NamedTuple):
    """Streams to ring again. `tries` is how often they failed before."""

    streams: list[StreamId]
    tries: int


class _Fact(msgspec.Struct, frozen=True):
    """An event; its JSON is carried as text, for it is stored byte by byte."""

    stream: str
    type: str
    schema: int
    data: str
    tx: str
    digest: str
    occurred: str
    source: str
    causation: str | None = None
    correlation: str | None = None


class _Facts(msgspec.Struct, frozen=True):
    facts: list[_Fact]


_redo, _facts = msgspec.json.Decoder(_Redo).decode, msgspec.json.Decoder(_Facts).decode
_encode = msgspec.json.Encoder().encode


def redo_letters(streams: Iterable[StreamId], tries: int = 0) -> Iterator[bytes]:
    """Yield the messages that ask for streams to be rung again, each stream once; they failed `tries` times before."""
    beginning = b'{"tries":%d,"streams":[' % tries if tries else b'{"streams":['
    return _full(beginning, (_encode(str(stream)) for stream in dict.fromkeys(streams)), _MAX_STREAMS)


def redo_in(letter: bytes) -> Redo:
    """Read what `redo_letters` wrote. Raises ValueError for anything else."""
    found = _redo(letter)
    return Redo([StreamId.parse(name) for name in found.streams], found.tries)


def streams_in(letter: bytes) -> list[StreamId]:
    """Return the streams that `redo_letters` wrote. Raises ValueError for anything else."""
    return redo_in(letter).streams


def fact_letters(appends: Sequence[Append]) -> Iterator[bytes]:
    """Yield the messages that carry facts to be appended later, in as few as they fit into.

    Only facts: an append that was decided upon a head (`expected`) cannot wait. Raises ValueError for one.
    """
    if any(append.expected is not None for append in appends):
        raise ValueError("an append that expects a head cannot wait in a queue")
    written = (_written(append.stream, event) for append in appends for event in append.events)
    return _full(b'{"facts":[', written, _MAX_FACTS)


def facts_in(letter: bytes) -> list[Append]:
    """Read what `fact_letters` wrote, an append per fact. Raises ValueError for anything else."""
    return [Append(StreamId.parse(fact.stream), (_event(fact),)) for fact in _facts(letter).facts]


def _written(stream: StreamId, event: Event) -> bytes:
    about = (event.digest, event.occurred_at, event.source, event.causation, event.correlation)
    return _encode(_Fact(str(stream), event.type, event.schema, event.data.decode(), event.tx_id, *about))


def _event(fact: _Fact) -> Event:
    about = (Instant(fact.occurred), fact.source, fact.causation, fact.correlation)
    return Event(fact.type, fact.schema, fact.data.encode(), fact.tx, fact.digest, *about)


def _full(beginning: bytes, parts: Iterable[bytes], most: int) -> Iterator[bytes]:
    """Yield messages with at most `most` parts each, and as many as a message holds."""
    waiting: list[bytes] = []
    weight = len(beginning)
    for part in parts:
        if waiting and (len(waiting) == most or weight + len(part) + _END_BYTES > MAX_BODY_BYTES):
            yield beginning + b",".join(waiting) + b"]}"
            waiting, weight = [], len(beginning)
        waiting.append(part)
        weight += len(part) + 1
    if waiting:
        yield beginning + b",".join(waiting) + b"]}"
