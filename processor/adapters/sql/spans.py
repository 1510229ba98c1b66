"""Spans of work on a connection, as context managers that translate what the driver raises.

They are classes, since each call of a port enters one: a generator would cost as much as a statement.
"""

from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Generic

from processor.adapters.sql.connections import C, Connections
from processor.adapters.sql.errors import Translation
from processor.errors import ProcessorError, StoreUnavailable

Numbers = dict[Any, int]
"""The numbers that names, each a `StreamId` or a `Model`, go by in the database."""


class Level(Generic[C]):
    """A transaction, or a savepoint within one. Once a statement of it has failed it can only be undone.

    `numbers` are those it looked up: they may be undone with it.
    """

    __slots__ = ("connection", "failure", "numbers")

    def __init__(self, connection: C) -> None:
        self.connection = connection
        self.numbers: Numbers = {}
        self.failure: ProcessorError | None = None


class Joined(Generic[C]):
    """Work within a level: its failure is the level's."""

    __slots__ = ("_level", "_operation", "_translation")

    def __init__(self, level: Level[C], translation: Translation, operation: str) -> None:
        self._level, self._translation, self._operation = level, translation, operation

    def __enter__(self) -> C:
        failure = self._level.failure
        if failure is not None:
            raise StoreUnavailable(self._operation, f"its unit has failed before ({failure})") from failure
        return self._level.connection

    def __exit__(self, _: object, error: BaseException | None, __: TracebackType | None) -> None:
        if isinstance(error, self._translation.errors):
            self._level.failure = self._translation.of(self._operation, error)
            raise self._level.failure from error


class Lent(Generic[C]):
    """A connection outside any transaction: each statement stands alone."""

    __slots__ = ("_acquire", "_connection", "_operation", "_release", "_translation")

    def __init__(
        self, translation: Translation, acquire: Callable[[], C], release: Callable[[C, bool], None], operation: str
    ) -> None:
        self._translation, self._acquire, self._release, self._operation = translation, acquire, release, operation

    def __enter__(self) -> C:
        try:
            self._connection = self._acquire()
        except self._translation.errors as error:
            raise self._translation.of(self._operation, error) from error
        return self._connection

    def __exit__(self, _: object, error: BaseException | None, __: TracebackType | None) -> None:
        if error is None:
            self._release(self._connection, True)  # noqa: FBT003 - a callback's only argument
            return
        give_back(self._connection, self._release, self._translation)
        if isinstance(error, self._translation.errors):
            raise self._translation.of(self._operation, error) from error


class Transaction(Generic[C]):
    """A connection in a transaction, which is durable once this is left normally, and undone otherwise."""

    __slots__ = ("_connections", "_levels", "_operation", "_publish")

    def __init__(
        self,
        connections: Connections[C],
        levels: list[Level[C]],
        publish: Callable[[Numbers], None],
        operation: str,
    ) -> None:
        self._connections, self._levels = connections, levels
        self._publish, self._operation = publish, operation

    def __enter__(self) -> C:
        connections, translation = self._connections, self._connections.translation
        try:
            connection = connections.acquire()
            try:
                connection.execute(connections.begin)
            except BaseException:
                give_back(connection, connections.release, translation)
                raise
        except translation.errors as error:
            raise translation.of(self._operation, error) from error
        self._levels.append(Level(connection))
        return connection

    def __exit__(self, _: object, error: BaseException | None, __: TracebackType | None) -> None:
        level = self._levels.pop()
        translation = self._connections.translation
        if error is None and level.failure is None:
            error = self._committed(level)
            if error is None:
                self._publish(level.numbers)
                return
        else:
            give_back(level.connection, self._connections.release, translation)
        if isinstance(error, translation.errors):
            raise translation.of(self._operation, error) from error
        if error is None and level.failure is not None:
            raise level.failure

    def _committed(self, level: Level[C]) -> Exception | None:
        """Commit, and give the connection back; return why it was not committed, as far as is known."""
        release, translation = self._connections.release, self._connections.translation
        try:
            level.connection.commit()
        except translation.errors as error:
            give_back(level.connection, release, translation)
            return error
        except BaseException:
            give_back(level.connection, release, translation)
            raise
        release(level.connection, True)  # noqa: FBT003 - a callback's only argument
        return None


class Savepoint(Generic[C]):
    """A part of a transaction that may be undone alone."""

    __slots__ = ("_levels", "_name", "_translation")

    def __init__(self, levels: list[Level[C]], translation: Translation) -> None:
        self._levels, self._translation = levels, translation
        self._name = f"level{len(levels)}"

    def __enter__(self) -> C:
        outer = self._levels[-1]
        with Joined(outer, self._translation, "begin a unit") as connection:
            connection.execute(f"SAVEPOINT {self._name}")
        self._levels.append(Level(connection))
        return connection

    def __exit__(self, _: object, error: BaseException | None, __: TracebackType | None) -> None:
        level = self._levels.pop()
        outer = self._levels[-1]
        if error is None and level.failure is None:
            with Joined(outer, self._translation, "end a unit") as connection:
                connection.execute(f"RELEASE {self._name}")
            outer.numbers.update(level.numbers)
            return
        with Joined(outer, self._translation, "undo a unit") as connection:
            connection.execute(f"ROLLBACK TO {self._name}")
            connection.execute(f"RELEASE {self._name}")
        if error is None and level.failure is not None:
            raise level.failure


def give_back(connection: C, release: Callable[[C, bool], None], translation: Translation) -> None:
    """Give a connection back after a failure: outside any transaction, or, where that fails too, never to be used."""
    usable = False
    try:
        with suppress(*translation.errors):
            connection.rollback()
            usable = True
    finally:
        release(connection, usable)
