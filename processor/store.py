"""What one storage technology offers the engine, in one value."""

from contextlib import AbstractContextManager
from typing import Protocol

from processor.log import EventLog
from processor.models import Lag, ModelQueries, ModelStore
from processor.registers import Registers


class Models(ModelStore, ModelQueries, Lag, Protocol):
    """The whole of a model store: what the runner, the readers and the sweeper ask."""


class Store(Protocol):
    """A technology's ports, and how writes to them join."""

    @property
    def log(self) -> EventLog:
        """The event log."""
        ...

    @property
    def models(self) -> Models:
        """The read models."""
        ...

    @property
    def registers(self) -> Registers:
        """The registers."""
        ...

    def unit(self) -> AbstractContextManager[None]:
        """Join what this thread writes inside into one commit, where the technology can; nested: a savepoint.

        Leaving normally makes it durable; leaving by an exception undoes it (the inner unit alone, where nested).
        A technology that cannot join writes does nothing here: each write stands, durable, alone. Callers must be
        right either way. Only where it joins, `joins` is true.
        """
        ...

    @property
    def joins(self) -> bool:
        """Whether `unit` makes one commit of several writes."""
        ...

    def close(self) -> None:
        """Let go of connections and locks. May be called twice."""
        ...
