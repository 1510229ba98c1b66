"""What the ports ask of a database, a method per statement or two. Streams and models go by their numbers.

Whatever the order in which a method is given its keys, it locks them in one order: callers at once never deadlock.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from sqlalchemy import Dialect

from processor.adapters.sql.connections import C, Connection, Connections
from processor.events import Recorded
from processor.models import Model
from processor.streams import StreamId

C_contra = TypeVar("C_contra", bound=Connection, contravariant=True)

StoredEvent = tuple[Any, ...]
"""An event's columns from `version` on, in the order of `Recorded`."""

NumberedEvent = tuple[int, Recorded]
"""The number of the event's stream, and the event."""

LightRow = tuple[int, int, int | None, bytes]
"""id, the revision to replace, version, state: of a commit that is light."""

FullRow = tuple[Any, ...]
"""id, the revision to replace, version, extras, state, held, k1 to k4."""

StoredRow = tuple[Any, ...]
"""id, extras, revision, version, state, held, k1 to k4, positions besides its own as JSON by stream or None."""

Position = tuple[int, int, int | None]
"""A row's id, the number of a stream that is not its own, and the version there."""

StoredDocument = tuple[Any, ...]
"""id, body, k1 to k4."""

PutDocument = tuple[Any, ...]
"""model, tenant, id, body, k1 to k4."""


class NameStatements(Protocol[C_contra]):
    """How a database finds numbers and gives them out."""

    def find_streams(self, connection: C_contra, names: Collection[str]) -> list[tuple[str, int]]:
        """Return the numbers of those names that have one."""
        ...

    def number_streams(self, connection: C_contra, streams: Sequence[StreamId]) -> list[tuple[str, int]]:
        """Give each stream a number and a head of 0, where it has none; return the numbers of all, by name.

        One that somebody else is giving its number right now may be left out.
        """
        ...

    def find_model(self, connection: C_contra, model: Model) -> int | None:
        """Return a model's number, if it has one."""
        ...

    def create_model(self, connection: C_contra, model: Model) -> None:
        """Give a model a number, where it has none."""
        ...


class AppendInOne(Protocol[C_contra]):
    """An append that is one statement, outside a transaction."""

    def __call__(self, connection: C_contra, events: Sequence[NumberedEvent], /) -> dict[int, int] | None:
        """Write events whose versions are counted from the heads of their streams; return those heads.

        Writes nothing and returns None where one of the events is claimed.
        """
        ...


class LogStatements(Protocol[C_contra]):
    """What the log asks of a database. Streams go by their numbers."""

    @property
    def append_in_one(self) -> AppendInOne[C_contra] | None:
        """How to append in one statement, where that pays: where each statement is a journey."""
        ...

    def lock(self, connection: C_contra, streams: Sequence[int]) -> dict[int, int]:
        """Let nobody else append to `streams` before the transaction ends; return their heads."""
        ...

    def write(self, connection: C_contra, events: Sequence[NumberedEvent]) -> bool:
        """Write events to locked streams, and move their heads; or write nothing and answer False: one is claimed."""
        ...

    def claims(self, connection: C_contra, claims: Sequence[tuple[int, str]]) -> Sequence[tuple[int, str, int, str]]:
        """Return stream, tx_id, version and digest of those claims, each a stream and a tx_id, that were made."""
        ...

    def heads(self, connection: C_contra, streams: Sequence[int]) -> dict[int, int]:
        """Return where streams end."""
        ...

    def page(self, connection: C_contra, stream: int, after: int, limit: int) -> list[StoredEvent]:
        """Return the next events of a stream, in order."""
        ...

    def pages(self, connection: C_contra, after: Sequence[tuple[int, int]], limit: int) -> list[StoredEvent]:
        """Return the next events of several streams, each preceded by its stream's number, in order of both."""
        ...

    def find(self, connection: C_contra, claims: Sequence[tuple[int, str]]) -> list[StoredEvent]:
        """Return the events of those claims, each a stream and a tx_id, that were made; its stream before each."""
        ...

    def named(
        self, connection: C_contra, tx_ids: Sequence[str], after: str, end: str, limit: int
    ) -> list[tuple[str, str]]:
        """Return the streams' names between `after` and `end`, exclusive, that hold one of `tx_ids`, and which."""
        ...


class ModelStatements(Protocol[C_contra]):
    """What the models ask of a database."""

    def load(self, connection: C_contra, ids: Sequence[int]) -> list[StoredRow]:
        """Return the rows, in one statement, so that each is whole."""
        ...

    def lock(self, connection: C_contra, rows: Sequence[int]) -> None:
        """Let nobody else change `rows` before the transaction ends: for what takes more than one statement."""
        ...

    def replace_light(self, connection: C_contra, rows: Sequence[LightRow]) -> list[int]:
        """Move on rows that are still at their revision; return the places of those that are not."""
        ...

    def replace(self, connection: C_contra, rows: Sequence[FullRow]) -> list[int]:
        """Replace rows that are still at their revision; return the places of those that are not."""
        ...

    def insert(self, connection: C_contra, rows: Sequence[FullRow]) -> list[int]:
        """Insert rows that are not there; return the places of those that are."""
        ...

    def positions(self, connection: C_contra, rows: Sequence[int]) -> list[Position]:
        """Return the positions of the rows besides their own."""
        ...

    def put_positions(self, connection: C_contra, positions: Sequence[Position]) -> None:
        """Insert or replace positions."""
        ...

    def delete_positions(self, connection: C_contra, places: Sequence[tuple[int, int]]) -> None:
        """Delete positions by row and stream."""
        ...

    def documents(self, connection: C_contra, model: int, tenant: str, ids: Sequence[str]) -> list[StoredDocument]:
        """Return the documents among `ids`."""
        ...

    def put_documents(self, connection: C_contra, documents: Sequence[PutDocument]) -> None:
        """Insert or replace documents."""
        ...

    def delete_documents(self, connection: C_contra, documents: Sequence[tuple[int, str, str]]) -> None:
        """Delete documents by model, tenant, id."""
        ...


@dataclass(frozen=True)
class Technology(Generic[C]):
    """A database: its connections, its dialect, and how it does what must be fast.

    `place` says where it is and `tables` finds the names of the tables there. `preparing` keeps others out meanwhile,
    `creating` goes before the tables.
    """

    connections: Connections[C]
    dialect: Dialect
    names: NameStatements[C]
    log: LogStatements[C]
    models: ModelStatements[C]
    place: str
    tables: str
    preparing: Sequence[str] = ()
    creating: Sequence[str] = ()
