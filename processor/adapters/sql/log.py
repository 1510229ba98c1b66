"""The event log in a table: `EventLog` as its port documents it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Generic

from processor.adapters.sql.catalogue import Catalogue
from processor.adapters.sql.connections import C
from processor.adapters.sql.names import Names
from processor.adapters.sql.numbering import Claims, number
from processor.adapters.sql.statements import AppendInOne, LogStatements, StoredEvent
from processor.adapters.sql.transactions import Transactions
from processor.clock import Clock
from processor.errors import Misuse
from processor.events import Recorded
from processor.log import MAX_NAMED, Append, FactId, Outcome
from processor.streams import StreamId

PAGE = 1000
"""How many events a read takes from the database at once: each page is a transaction of its own."""


class SqlLog(Generic[C]):
    """Streams in one table of events; heads in another, which are locked while their streams are appended to."""

    def __init__(
        self,
        transactions: Transactions[C],
        names: Names[C],
        statements: LogStatements[C],
        catalogue: Catalogue[C],
        clock: Clock,
    ) -> None:
        self._transactions, self._names, self._statements = transactions, names, statements
        self._catalogue, self._clock = catalogue, clock

    def append(self, appends: Sequence[Append]) -> list[Outcome]:
        """See `EventLog.append`. One transaction for all appends."""
        if not all(append.events for append in appends):
            raise Misuse("an append holds at least one event")
        if not appends:
            return []
        in_one = self._statements.append_in_one
        if in_one is not None and not self._transactions.joined:
            outcomes = self._append_in_one(in_one, appends)
            if outcomes is not None:
                return outcomes
        with self._transactions.changing("append") as connection:
            return self._append(connection, appends)

    def _append_in_one(self, in_one: AppendInOne[C], appends: Sequence[Append]) -> list[Outcome] | None:
        """Append what is all new and unconditional in one statement; return None where it is not."""
        streams = list(dict.fromkeys(append.stream for append in appends))
        at = self._clock()
        outcomes, new = number(appends, dict.fromkeys(streams, 0), {}, at)
        if len(new) < len(outcomes) or any(append.expected is not None for append in appends):
            return None
        with self._transactions.alone("append") as connection:
            numbers = dict(zip(streams, self._names.given(connection, streams), strict=True))
            heads = in_one(connection, [(numbers[event.stream], event) for event in new])
        if heads is None:
            return None
        return number(appends, {stream: heads[of] for stream, of in numbers.items()}, {}, at)[0]

    def _append(self, connection: C, appends: Sequence[Append]) -> list[Outcome]:
        """Append under the heads' locks: first as if nothing were claimed, which is nearly always so."""
        streams = list(dict.fromkeys(append.stream for append in appends))
        numbers = dict(zip(streams, self._names.given(connection, streams), strict=True))
        locked = self._statements.lock(connection, list(numbers.values()))
        heads = {stream: locked[of] for stream, of in numbers.items()}
        at = self._clock()
        outcomes, new = number(appends, heads, {}, at)
        if len(new) < len(outcomes) or not self._write(connection, new, numbers):
            outcomes, new = number(appends, heads, self._claims(connection, appends, numbers), at)
            self._write(connection, new, numbers)
        return outcomes

    def _write(self, connection: C, new: Sequence[Recorded], numbers: Mapping[StreamId, int]) -> bool:
        return not new or self._statements.write(connection, [(numbers[event.stream], event) for event in new])

    def _claims(self, connection: C, appends: Sequence[Append], numbers: Mapping[StreamId, int]) -> Claims:
        wanted = [(numbers[append.stream], event.tx_id) for append in appends for event in append.events]
        streams = {of: stream for stream, of in numbers.items()}
        return {
            (streams[of], tx_id): (version, digest)
            for of, tx_id, version, digest in self._statements.claims(connection, wanted)
        }

    def read(self, stream: StreamId, after: int = 0, limit: int | None = None) -> Iterator[Recorded]:
        """See `EventLog.read`. Between pages, and when it is left, it holds nothing."""
        left = limit
        while left is None or left > 0:
            size = PAGE if left is None else min(PAGE, left)
            page = self._page(stream, after, size)
            for entry in page:
                yield Recorded(stream, *entry)
            if len(page) < size:
                return
            after = page[-1][0]
            left = None if left is None else left - size

    def _page(self, stream: StreamId, after: int, size: int) -> list[StoredEvent]:
        with self._transactions.reading("read") as connection:
            [of] = self._names.of(connection, [stream])
            return [] if of is None else self._statements.page(connection, of, after, size)

    def read_many(self, after: Mapping[StreamId, int], limit: int) -> dict[StreamId, list[Recorded]]:
        """See `EventLog.read_many`. One statement for all streams."""
        if not after or limit <= 0:
            return {}
        with self._transactions.reading("read") as connection:
            numbers = self._names.of(connection, list(after))
            streams = {of: stream for of, stream in zip(numbers, after, strict=True) if of is not None}
            wanted = [(of, after[stream]) for of, stream in streams.items()]
            entries = self._statements.pages(connection, wanted, limit) if wanted else []
        found: dict[StreamId, list[Recorded]] = {}
        for of, *entry in entries:
            stream = streams[of]
            found.setdefault(stream, []).append(Recorded(stream, *entry))
        return found

    def heads(self, streams: Sequence[StreamId]) -> dict[StreamId, int]:
        """See `EventLog.heads`."""
        if not streams:
            return {}
        with self._transactions.reading("read heads") as connection:
            numbers = self._names.of(connection, streams)
            heads = self._statements.heads(connection, [of for of in numbers if of is not None])
        return {stream: heads.get(of, 0) if of else 0 for stream, of in zip(streams, numbers, strict=True)}

    def find(self, facts: Sequence[FactId]) -> dict[FactId, Recorded]:
        """See `EventLog.find`. One statement for all facts."""
        if not facts:
            return {}
        streams = list(dict.fromkeys(stream for stream, _ in facts))
        with self._transactions.reading("find") as connection:
            numbers = dict(zip(streams, self._names.of(connection, streams), strict=True))
            wanted = {(of, tx_id) for stream, tx_id in facts if (of := numbers[stream]) is not None}
            entries = self._statements.find(connection, list(wanted)) if wanted else []
        known = {of: stream for stream, of in numbers.items()}
        found = (Recorded(known[of], *entry) for of, *entry in entries)
        return {(event.stream, event.tx_id): event for event in found}

    def streams(self, tenant: str | None = None, shard: int = 0, shards: int = 1) -> Iterator[StreamId]:
        """See `Catalogue.streams`. In order of name; strongly consistent a page at a time."""
        return self._catalogue.streams(tenant, shard, shards)

    def count(self, tenant: str, category: str) -> int:
        """See `Catalogue.count`. Strongly consistent."""
        return self._catalogue.count(tenant, category)

    def named(self, tenant: str, tx_ids: Sequence[str]) -> list[FactId]:
        """See `Catalogue.named`. Claims are ordered by `tx_id`: it reads those of these ones, of all tenants."""
        if not tx_ids:
            return []
        with self._transactions.reading("find a fact") as connection:
            found = self._statements.named(connection, tx_ids, f"{tenant}/", f"{tenant}0", MAX_NAMED)
        return [(StreamId.parse(name), tx_id) for name, tx_id in found]
