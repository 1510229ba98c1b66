"""What a database's connections offer: the two technologies under one shape."""

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

from processor.adapters.sql.errors import Translation

Params = Sequence[Any] | dict[str, Any]


class Cursor(Protocol):
    """What a statement answered."""

    @property
    def rowcount(self) -> int:
        """How many rows it changed."""
        ...

    def fetchone(self) -> Any:  # noqa: ANN401 - a row of whatever was selected
        """Return the next row or None."""
        ...

    def fetchall(self) -> list[Any]:
        """Return the rows."""
        ...


class Connection(Protocol):
    """The part of a driver's connection that both drivers have."""

    def execute(self, statement: str, params: Any = ..., /) -> Cursor:  # noqa: ANN401 - by the driver's own style
        """Run a statement."""
        ...

    def commit(self) -> None:
        """End the transaction, if there is one, and make it durable."""
        ...

    def rollback(self) -> None:
        """End the transaction, if there is one, and undo it."""
        ...


C = TypeVar("C", bound=Connection)


class Connections(Protocol[C]):
    """A database's connections, given out for a transaction or for reading. Safe for several threads."""

    translation: Translation
    begin: str
    """The statement that begins a transaction which writes."""

    def acquire(self) -> C:
        """Return a connection that may write, outside any transaction, for this caller alone until `release`."""
        ...

    def release(self, connection: C, usable: bool, /) -> None:  # noqa: FBT001 - told by position wherever it is called
        """Take a connection back; one that is not `usable` is never given out again."""
        ...

    def lend(self) -> C:
        """Return a connection for reading, which sees what is committed, for this caller alone until `take_back`."""
        ...

    def take_back(self, connection: C, usable: bool, /) -> None:  # noqa: FBT001 - as above
        """Take a lent connection back."""
        ...

    def close(self) -> None:
        """Close every connection. May be called twice."""
        ...
