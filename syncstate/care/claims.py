"""Every event and every claim of DynamoDB's table, compared with each other: in a file, so that memory stays flat."""

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from processor.adapters.dynamodb.keys import Key
from processor.adapters.dynamodb.walks import SeenClaim, SeenEvent, Stray
from processor.streams import StreamId
from syncstate.care.tally import Tally, Watch
from syncstate.care.truth import event_faults

_CREATE = """
    CREATE TABLE events (stream TEXT, version INT, pk TEXT, sk TEXT, digest TEXT, PRIMARY KEY (stream, version))
        WITHOUT ROWID;
    CREATE TABLE claims (pk TEXT, sk TEXT, version INT, digest TEXT, PRIMARY KEY (pk, sk)) WITHOUT ROWID;
    CREATE TABLE cuts (stream TEXT PRIMARY KEY, kept INT) WITHOUT ROWID;
"""
_HOLES = "SELECT stream, count(*), max(version) FROM events GROUP BY stream HAVING count(*) <> max(version)"
_KEPT = """
    SELECT count(*) FROM (SELECT version, row_number() OVER (ORDER BY version) AS place FROM events WHERE stream = ?)
    WHERE version = place
"""
_UNCLAIMED = """
    SELECT e.stream, e.version, e.pk, e.sk, c.version FROM events AS e LEFT JOIN claims AS c USING (pk, sk)
    LEFT JOIN cuts USING (stream)
    WHERE (c.pk IS NULL OR c.version <> e.version OR c.digest <> e.digest) AND (kept IS NULL OR e.version <= kept)
"""
_IDLE = """
    SELECT c.pk, c.sk, c.version FROM claims AS c LEFT JOIN events AS e USING (pk, sk) LEFT JOIN cuts USING (stream)
    GROUP BY c.pk, c.sk HAVING max(coalesce(e.stream IS NOT NULL AND (kept IS NULL OR e.version <= kept), 0)) = 0
"""
_TWICE = "SELECT stream, min(version), max(version) FROM events GROUP BY pk, sk, stream HAVING count(*) > 1"
_REMAINDER = "SELECT stream, version FROM events JOIN cuts USING (stream) WHERE version > kept ORDER BY stream, version"
_STREAMS = """
    SELECT DISTINCT stream FROM events LEFT JOIN cuts USING (stream) WHERE kept IS NULL OR kept > 0 ORDER BY stream
"""
_OFTEN = 10_000


class Hole(NamedTuple):
    """A stream of which events are missing: `kept` are there from the first on, `beyond` come after the hole."""

    stream: StreamId
    kept: int
    beyond: int
    last: int


class Unclaimed(NamedTuple):
    """An event whose claim is missing, or says otherwise: `claimed` is the version it names."""

    stream: StreamId
    version: int
    claim: Key
    claimed: int | None


class Idle(NamedTuple):
    """A claim of an event that is not there."""

    claim: Key
    version: int


class Claims:
    """What was seen of the table. Close it."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)
        for statement in ("PRAGMA journal_mode = OFF", "PRAGMA synchronous = OFF", *_CREATE.split(";")):
            self._database.execute(statement)

    def take(self, seen: Iterable[SeenEvent | SeenClaim | Stray], tally: Tally, watch: Watch) -> Iterator[str]:
        """Take all that a walk sees; yield what is wrong with a single item, and count into `tally`."""
        for found in seen:
            match found:
                case SeenEvent(event, (pk, sk), fault):
                    tally.events += 1
                    tally.streams += event.version == 1
                    tally.newest = max(tally.newest or event.recorded_at, event.recorded_at)
                    place = (str(event.stream), event.version, pk, sk, event.digest)
                    self._database.execute("INSERT OR REPLACE INTO events VALUES (?, ?, ?, ?, ?)", place)
                    faults = [*([fault] if fault else []), *event_faults(event)]
                    yield from (f"{event.stream}: event {event.version} {each}" for each in faults)
                    if tally.events % _OFTEN == 0:
                        watch("events", tally.events)
                case SeenClaim((pk, sk), claim):
                    said = (pk, sk, claim.version, claim.digest)
                    self._database.execute("INSERT OR REPLACE INTO claims VALUES (?, ?, ?, ?)", said)
                case Stray(key):
                    yield f"an item of no kind of ours stands at {key[0]} {key[1]}"
        self._database.execute("CREATE INDEX by_claim ON events (pk, sk)")
        watch("events", tally.events)

    def holes(self) -> Iterator[Hole]:
        """Yield each stream with a hole."""
        for stream, there, last in self._database.execute(_HOLES).fetchall():
            [(kept,)] = self._database.execute(_KEPT, (stream,)).fetchall()
            yield Hole(StreamId.parse(stream), kept, there - kept, last)

    def cut(self, hole: Hole) -> None:
        """Leave out what comes after a hole, from here on."""
        self._database.execute("INSERT OR REPLACE INTO cuts VALUES (?, ?)", (str(hole.stream), hole.kept))

    def remainder(self) -> Iterator[tuple[StreamId, int]]:
        """Yield (stream, version) of the events that were cut off, in order."""
        return ((StreamId.parse(stream), version) for stream, version in self._all(_REMAINDER))

    def streams(self) -> Iterator[StreamId]:
        """Yield the streams that are left, those cut off whole left out."""
        return (StreamId.parse(stream) for (stream,) in self._all(_STREAMS))

    def unclaimed(self) -> Iterator[Unclaimed]:
        """Yield the events without a right claim, those cut off left out."""
        for stream, version, pk, sk, claimed in self._all(_UNCLAIMED):
            yield Unclaimed(StreamId.parse(stream), version, (pk, sk), claimed)

    def idle(self) -> Iterator[Idle]:
        """Yield the claims of events that are not there, or were cut off."""
        return (Idle((pk, sk), version) for pk, sk, version in self._all(_IDLE))

    def twice(self) -> Iterator[tuple[StreamId, int, int]]:
        """Yield (stream, first, last) of events with one tx_id."""
        return ((StreamId.parse(stream), first, last) for stream, first, last in self._all(_TWICE))

    def close(self) -> None:
        """Let the file go."""
        self._database.close()

    def _all(self, statement: str) -> Iterator[tuple[Any, ...]]:
        return iter(self._database.execute(statement))
