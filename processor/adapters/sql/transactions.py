"""Which connection a call works on: the one its thread's unit holds, or one of its own for as long as it takes."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from threading import local
from typing import Generic

from processor.adapters.sql.connections import C, Connections
from processor.adapters.sql.spans import Joined, Lent, Level, Numbers, Savepoint, Transaction
from processor.models import Model
from processor.streams import StreamId


class _Here(local, Generic[C]):
    """The levels that this thread is in, innermost last."""

    def __init__(self) -> None:
        self.levels: list[Level[C]] = []


class Transactions(Generic[C]):
    """Gives each call its connection, with the driver's errors translated."""

    def __init__(self, connections: Connections[C], publish: Callable[[Numbers], None]) -> None:
        """`publish` is told of the numbers that a transaction noted, once it is durable."""
        self._connections, self._publish = connections, publish
        self._translation = connections.translation
        self._here: _Here[C] = _Here()

    @property
    def joined(self) -> bool:
        """Whether this thread is in a transaction."""
        return bool(self._here.levels)

    def number(self, name: StreamId | Model) -> int | None:
        """Return a number that the present transaction noted."""
        return next((n for level in self._here.levels if (n := level.numbers.get(name)) is not None), None)

    def note(self, numbers: Numbers) -> None:
        """Keep numbers until the present transaction ends: they may be undone with it. Outside one they stand."""
        levels = self._here.levels
        if levels:
            levels[-1].numbers.update(numbers)
        else:
            self._publish(numbers)

    def unit(self) -> AbstractContextManager[C]:
        """Make one transaction of what this thread does inside, or a savepoint of the one it is in."""
        levels = self._here.levels
        if levels:
            return Savepoint(levels, self._translation)
        return Transaction(self._connections, levels, self._publish, "commit a unit")

    def changing(self, operation: str) -> AbstractContextManager[C]:
        """Lend a connection in a transaction: the unit's, or one that ends with this block."""
        levels = self._here.levels
        if levels:
            return Joined(levels[-1], self._translation, operation)
        return Transaction(self._connections, levels, self._publish, operation)

    def alone(self, operation: str) -> AbstractContextManager[C]:
        """Lend a connection for one statement that changes something: the unit's, or one outside any transaction."""
        levels = self._here.levels
        if levels:
            return Joined(levels[-1], self._translation, operation)
        return Lent(self._translation, self._connections.acquire, self._connections.release, operation)

    def reading(self, operation: str) -> AbstractContextManager[C]:
        """Lend a connection for reading: the unit's, which sees its writes, or one that sees what is committed."""
        levels = self._here.levels
        if levels:
            return Joined(levels[-1], self._translation, operation)
        return Lent(self._translation, self._connections.lend, self._connections.take_back, operation)
