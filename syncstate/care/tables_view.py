"""DynamoDB's read models, seen whole: copied into a file by one walk, so that memory stays flat."""

import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext

import msgspec

from processor.adapters.dynamodb.walks import SeenRow, Walks
from processor.errors import StoreUnavailable
from processor.events import Recorded
from processor.log import EventLog
from processor.models import Document, IndexKey, Model, Row
from processor.store import Store
from processor.streams import StreamId
from syncstate.care.tally import Watch

_CREATE = """
    CREATE TABLE rows (stream TEXT, projection TEXT, generation INT, row BLOB,
        PRIMARY KEY (stream, projection, generation)) WITHOUT ROWID;
    CREATE TABLE documents (projection TEXT, generation INT, tenant TEXT, id TEXT, body BLOB, keys BLOB,
        PRIMARY KEY (projection, generation, tenant, id)) WITHOUT ROWID;
"""
_ROWS = "SELECT stream, projection, generation, row FROM rows ORDER BY stream, projection, generation"
_DOCUMENTS = """
    SELECT tenant, id, body, keys FROM documents WHERE projection = ? AND generation = ? ORDER BY tenant, id
"""
_OFTEN = 1000

_row = msgspec.msgpack.Decoder(tuple[bytes, dict[str, int], tuple[IndexKey | None, ...]]).decode
_keys = msgspec.msgpack.Decoder(tuple[IndexKey | None, ...]).decode


class _Runs:
    """The log, of which a stream without its first event is one without events."""

    def __init__(self, log: EventLog, walks: Walks) -> None:
        self._log, self._walks = log, walks

    def read(self, stream: StreamId, after: int = 0, limit: int | None = None) -> Iterator[Recorded]:
        """See `Readable.read`."""
        reached = after
        try:
            for event in self._log.read(stream, after, limit):
                reached = event.version
                yield event
        except StoreUnavailable:
            if self._walks.event_now(stream, reached + 1) is not None:
                raise


class TablesView:
    """A `View`. Rows and documents are those of the walk that made it; the log is read as it stands.

    A row is one item, and its positions are never ahead of the log, so rows can be held against the fold. Documents
    may be of a later commit than the row that was seen: what differs must be looked at again. Close it.
    """

    def __init__(self, store: Store, walks: Walks, watch: Watch) -> None:
        self.place, self.log = "the dynamodb store", _Runs(store.log, walks)
        self.models, self.registers = store.models, store.registers
        self._database = sqlite3.connect("", isolation_level=None)
        for statement in ("PRAGMA journal_mode = OFF", "PRAGMA synchronous = OFF", *_CREATE.split(";")):
            self._database.execute(statement)
        for number, seen in enumerate(walks.models(), 1):
            if isinstance(seen, SeenRow):
                self._take_row(seen.model, seen.key, seen.row)
            else:
                self._take_document(seen.model, seen.tenant, seen.document)
            if number % _OFTEN == 0:
                watch("rows and documents read", number)

    def rows(self) -> Iterator[tuple[Model, StreamId, Row]]:
        """See `View.rows`."""
        for stream, projection, generation, packed in self._database.execute(_ROWS):
            state, positions, keys = _row(packed)
            at = {StreamId.parse(name): version for name, version in positions.items()}
            yield Model(projection, generation), StreamId.parse(stream), Row(state, at, keys=keys)

    def documents(self, model: Model) -> Iterator[tuple[str, Document]]:
        """See `View.documents`."""
        for tenant, id_, body, keys in self._database.execute(_DOCUMENTS, (model.projection, model.generation)):
            yield tenant, Document(id_, body, _keys(keys))

    def reading(self) -> AbstractContextManager[object]:
        """See `View.reading`. The adapter has translated already."""
        return nullcontext()

    def close(self) -> None:
        """Let the file go."""
        self._database.close()

    def _take_row(self, model: Model, key: StreamId, row: Row) -> None:
        positions = {str(stream): version for stream, version in row.positions.items()}
        packed = msgspec.msgpack.encode((row.state, positions, row.keys))
        place = (str(key), model.projection, model.generation, packed)
        self._database.execute("INSERT OR REPLACE INTO rows VALUES (?, ?, ?, ?)", place)

    def _take_document(self, model: Model, tenant: str, document: Document) -> None:
        place = (model.projection, model.generation, tenant, document.id)
        content = (document.body, msgspec.msgpack.encode(document.keys))
        self._database.execute("INSERT OR REPLACE INTO documents VALUES (?, ?, ?, ?, ?, ?)", (*place, *content))
