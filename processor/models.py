"""The port of the read models: rows of fold state, documents, and the indexes over both.

A **row** is a projection's state for one primary stream, at known positions; it is its own main document. Further
**documents** (one per alert, one per return) belong to a row and change only in a commit of it. All is kept by
(projection, generation), so that a rebuilt model grows beside the live one.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

import msgspec

from processor.clock import Instant
from processor.streams import StreamId

MAX_INDEXES = 4
MAX_COMMIT_ITEMS = 90
MAX_COMMIT_BYTES = 3_000_000


class Model(msgspec.Struct, frozen=True, gc=False, order=True):
    """One generation of one projection."""

    projection: str
    generation: int

    def __str__(self) -> str:
        return f"{self.projection}@{self.generation}"


class IndexKey(msgspec.Struct, frozen=True, gc=False):
    """Where a document stands in an index: within `partition`, ordered by `sort`, then by its id.

    `partition` is unique to a tenant only together with the tenant, which every query names. Texts without control
    characters, at most 1,000 bytes in all. No two entries of a partition may share both sort and id: a page that ends
    between them would skip one.
    """

    partition: str
    sort: str


Keys = tuple[IndexKey | None, ...]
"""One place per index of the projection, at most MAX_INDEXES; None (or beyond the end): not in that index."""


class Held(msgspec.Struct, frozen=True, gc=False):
    """A poison mark: the pair (projection, stream) stands before event `version` until a redrive."""

    version: int
    error: str
    at: Instant


class Row(msgspec.Struct, frozen=True, gc=False):
    """Fold state at `positions`: per stream, the version of the last event folded in.

    `revision` counts the commits of this row and is what a commit compares; 0 for a row not yet stored. `held` is
    empty but for streams stopped by poison.
    """

    state: bytes
    positions: Mapping[StreamId, int]
    revision: int = 0
    held: Mapping[StreamId, Held] = {}
    keys: Keys = ()


class Document(msgspec.Struct, frozen=True, gc=False):
    """A document beside a row: `id` is unique within (model, tenant), printable, at most 900 bytes."""

    id: str
    body: bytes
    keys: Keys = ()


class Commit(msgspec.Struct, frozen=True, gc=False):
    """A row's next value with the documents that change along, taken or refused as one.

    `row.revision` is the revision that was loaded (0: no row). At most MAX_COMMIT_ITEMS items and MAX_COMMIT_BYTES
    bytes, the row included. An id is never both put and deleted.

    `light` promises of a stored row that it changes in nothing but its state and its position on its own stream: its
    other positions, its marks and its keys, given all the same, are the stored ones and need not be written.
    """

    model: Model
    key: StreamId
    row: Row
    puts: tuple[Document, ...] = ()
    deletes: tuple[str, ...] = ()
    light: bool = False


class Entry(msgspec.Struct, frozen=True, gc=False):
    """What stands in a listing: a document, or a row by its stream's key and its state."""

    id: str
    body: bytes


class Page(msgspec.Struct, frozen=True, gc=False):
    """Entries in the listing's order; `after` continues it, None at its end."""

    items: tuple[Entry, ...]
    after: str | None


def before(sort: str) -> str:
    """Return the `after` of a place in an index right before all that sorts as `sort`, whether or not anything does.

    Ascending, a query goes on with `sort` itself; newest first, with what sorts before it. `sort` is not empty.
    """
    return f"{sort}\x1d0"


class ModelStore(Protocol):
    """Compare-and-set storage of rows and documents. Any method may raise `StoreUnavailable`.

    A commit either takes effect whole, durably, and moves the row to `revision` + 1, or not at all.
    """

    def load(self, model: Model, keys: Sequence[StreamId]) -> dict[StreamId, Row]:
        """Return the stored rows among `keys`; unknown ones are absent. Strongly consistent."""
        ...

    def commit(self, commits: Sequence[Commit]) -> list[bool]:
        """Take each commit whose `row.revision` is still the stored one; answer per commit whether it was taken.

        Commits stand each alone: one that is refused (False: stale, load again) spoils no other, though a store may
        take many in one transaction. No two commits of a call name the same (model, key).
        """
        ...

    def get(self, model: Model, tenant: str, ids: Sequence[str]) -> dict[str, Document]:
        """Return the stored documents among `ids`, keys included. Strongly consistent."""
        ...

    def drop(self, model: Model) -> None:
        """Delete every row and document of the model. May be repeated after a failure."""
        ...


class ModelQueries(Protocol):
    """What readers ask of a model. Indexes may trail a commit by moments where the store says so."""

    def load(self, model: Model, keys: Sequence[StreamId]) -> dict[StreamId, Row]:
        """As `ModelStore.load`."""
        ...

    def get(self, model: Model, tenant: str, ids: Sequence[str]) -> dict[str, Document]:
        """As `ModelStore.get`."""
        ...

    def rows(self, model: Model, tenant: str, category: str, after: str | None = None, limit: int = 100) -> Page:
        """Return a tenant's rows of one stream category in the order of their keys (by code point).

        `after` is a `Page.after`, exclusive.
        """
        ...

    def query(  # noqa: PLR0913 - the coordinates of an index range
        self,
        model: Model,
        tenant: str,
        index: int,
        partition: str,
        *,
        after: str | None = None,
        limit: int = 100,
        newest_first: bool = False,
    ) -> Page:
        """Return rows and documents that stand in `index` (0 to MAX_INDEXES - 1) under `partition`.

        In order of `sort`, then id, ascending by code point, or descending with `newest_first`. `after` is a
        `Page.after` of the same query, exclusive, or `before`.
        """
        ...


class Lag(Protocol):
    """What the sweeper asks: which pairs are behind the log, which are stopped."""

    def lagging(self, model: Model, feeds: Mapping[str, str], shard: int = 0, shards: int = 1) -> Iterator[StreamId]:
        """Yield streams whose head is past the model's position, pairs that are held left out.

        `feeds` tells which row a stream feeds, as `streams.fed_row` reads it. Sharded by the stream, as the
        catalogue. Eventually consistent where the catalogue is.
        """
        ...

    def held(self, model: Model, tenant: str | None = None) -> Iterator[tuple[StreamId, StreamId, Held]]:
        """Yield (row key, stopped stream, mark) of every held pair (of `tenant`)."""
        ...
