"""Documents on disk while they are folded, so that memory stays flat however many there are."""

import sqlite3
from collections.abc import Iterator

import msgspec

from processor.models import Document, IndexKey, Model
from processor.projection import Amend, Change, Delete, Put

_CREATE = """
    CREATE TABLE folded (model TEXT, tenant TEXT, id TEXT, body BLOB, keys BLOB, PRIMARY KEY (model, tenant, id))
    WITHOUT ROWID
"""
_PUT = "INSERT OR REPLACE INTO folded VALUES (?, ?, ?, ?, ?)"
_GET = "SELECT body, keys FROM folded WHERE model = ? AND tenant = ? AND id = ?"
_DELETE = "DELETE FROM folded WHERE model = ? AND tenant = ? AND id = ?"
_ALL = "SELECT tenant, id, body, keys FROM folded WHERE model = ? ORDER BY tenant, id"

_keys = msgspec.msgpack.Decoder(tuple[IndexKey | None, ...]).decode


class Spill:
    """The documents that folds would have written, in a file that the system deletes with the process."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)
        for statement in ("PRAGMA journal_mode = OFF", "PRAGMA synchronous = OFF", _CREATE):
            self._database.execute(statement)

    def take(self, model: Model, tenant: str, change: Change) -> None:
        """Make one change, as a model store would."""
        match change:
            case Put(document):
                self._put(model, tenant, document)
            case Delete(id_):
                self._database.execute(_DELETE, (str(model), tenant, id_))
            case Amend(id_):
                found = self._database.execute(_GET, (str(model), tenant, id_)).fetchone()
                if found is not None:
                    self._put(model, tenant, change.of(Document(id_, found[0], _keys(found[1]))))

    def all(self, model: Model) -> Iterator[tuple[str, Document]]:
        """Yield (tenant, document) of a model, by tenant and id."""
        for tenant, id_, body, keys in self._database.execute(_ALL, (str(model),)):
            yield tenant, Document(id_, body, _keys(keys))

    def close(self) -> None:
        """Let the file go."""
        self._database.close()

    def _put(self, model: Model, tenant: str, document: Document) -> None:
        keys = msgspec.msgpack.encode(document.keys)
        self._database.execute(_PUT, (str(model), tenant, document.id, document.body, keys))
