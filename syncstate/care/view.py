"""What must be seen of a store to hold its read models against the fold of its log."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Protocol

from processor.events import Recorded
from processor.models import Document, Lag, Model, Row
from processor.registers import Registers
from processor.streams import StreamId


class Readable(Protocol):
    """Of `EventLog` what a fold needs."""

    def read(self, stream: StreamId, after: int = 0, limit: int | None = None) -> Iterator[Recorded]:
        """See `EventLog.read`; a hole is an end, wherever it is."""
        ...


class View(Protocol):
    """A store, seen whole: as it stood at one moment where it can be, else as it stands while it is looked at."""

    @property
    def place(self) -> str:
        """Its name for people."""
        ...

    @property
    def log(self) -> Readable:
        """Its log, for reading."""
        ...

    @property
    def models(self) -> Lag:
        """What waits to be folded, what is stopped."""
        ...

    @property
    def registers(self) -> Registers:
        """Its registers, for reading."""
        ...

    def rows(self) -> Iterator[tuple[Model, StreamId, Row]]:
        """Yield every row of every model: those of one stream come together."""
        ...

    def documents(self, model: Model) -> Iterator[tuple[str, Document]]:
        """Yield (tenant, document) of a model, by tenant and id."""
        ...

    def reading(self) -> AbstractContextManager[object]:
        """Translate what the driver raises inside."""
        ...

    def close(self) -> None:
        """Let it go."""
        ...
