"""The numbers that streams and models go by. A number never changes, so it is looked up once and remembered."""

from collections.abc import Sequence
from typing import Generic, cast

from processor.adapters.sql.connections import C
from processor.adapters.sql.spans import Numbers
from processor.adapters.sql.statements import NameStatements
from processor.adapters.sql.transactions import Transactions
from processor.models import Model
from processor.streams import StreamId


class Cache:
    """At least the `limit` numbers used last. Safe for several threads: the worst of a race is one more look-up."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.recent: Numbers = {}
        self._old: Numbers = {}

    def recall(self, name: StreamId | Model) -> int | None:
        """Return the number of `name`, if it is remembered, and make it one of the recent."""
        number = self.recent.get(name)
        if number is None:
            number = self._old.get(name)
            if number is not None:
                self.remember({name: number})
        return number

    def remember(self, numbers: Numbers) -> None:
        """Make `numbers` recent. Past the limit the recent become the old, and the old are forgotten."""
        recent = self.recent
        recent.update(numbers)
        if len(recent) > self._limit:
            self.recent, self._old = {}, recent


class Names(Generic[C]):
    """Answers with numbers. What an unfinished transaction created is known to that transaction alone."""

    def __init__(self, transactions: Transactions[C], cache: Cache, statements: NameStatements[C]) -> None:
        self._transactions, self._cache, self._statements = transactions, cache, statements

    def of(self, connection: C, streams: Sequence[StreamId]) -> list[int | None]:
        """Return the number of each stream; None for one that was never named to the database."""
        numbers = list(map(self._cache.recent.get, streams))
        if None in numbers:
            found = self._find(connection, [s for s, n in zip(streams, numbers, strict=True) if n is None])
            numbers = [found.get(s) if n is None else n for s, n in zip(streams, numbers, strict=True)]
        return numbers

    def given(self, connection: C, streams: Sequence[StreamId]) -> list[int]:
        """Return the number of each stream; one that has none is given one."""
        numbers = list(map(self._cache.recent.get, streams))
        if None in numbers:
            found, unknown = self._known([s for s, n in zip(streams, numbers, strict=True) if n is None])
            if unknown:
                found.update(self._noted(unknown, self._statements.number_streams(connection, unknown)))
                found.update(self._find(connection, [stream for stream in unknown if stream not in found]))
            numbers = [found[s] if n is None else n for s, n in zip(streams, numbers, strict=True)]
        return cast("list[int]", numbers)

    def _find(self, connection: C, streams: Sequence[StreamId]) -> dict[StreamId, int]:
        found, unknown = self._known(streams)
        if unknown:
            names = list(map(str, unknown))
            found.update(self._noted(unknown, self._statements.find_streams(connection, names)))
        return found

    def _known(self, streams: Sequence[StreamId]) -> tuple[dict[StreamId, int], list[StreamId]]:
        """Return the numbers that are remembered, and the streams whose are not, each once."""
        recalled = {stream: self._recall(stream) for stream in streams}
        found = {stream: number for stream, number in recalled.items() if number is not None}
        return found, [stream for stream, number in recalled.items() if number is None]

    def _noted(self, streams: Sequence[StreamId], numbered: Sequence[tuple[str, int]]) -> dict[StreamId, int]:
        """Return numbers by stream instead of name, and remember them."""
        named = {str(stream): stream for stream in streams}
        numbers = {named[name]: number for name, number in numbered}
        self._transactions.note(numbers)
        return numbers

    def of_model(self, connection: C, model: Model) -> int | None:
        """Return the number of `model`; None for one that was never named to the database."""
        number = self._recall(model)
        if number is None:
            number = self._statements.find_model(connection, model)
            if number is not None:
                self._transactions.note({model: number})
        return number

    def given_model(self, connection: C, model: Model) -> int:
        """Return the number of `model`, which is given one if it has none."""
        number = self.of_model(connection, model)
        while number is None:
            self._statements.create_model(connection, model)
            number = self.of_model(connection, model)
        return number

    def _recall(self, name: StreamId | Model) -> int | None:
        number = self._cache.recall(name)
        return self._transactions.number(name) if number is None else number
