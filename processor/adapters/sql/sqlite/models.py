"""Rows, positions and documents in and out."""

from collections.abc import Iterable, Iterator, Sequence
from operator import length_hint
from sqlite3 import Connection, IntegrityError

import msgspec

from processor.adapters.sql.statements import (
    FullRow,
    LightRow,
    Position,
    PutDocument,
    StoredDocument,
    StoredRow,
)

_LOAD = """
    SELECT r.id, r.extras, r.revision, r.version, r.state, r.held, r.k1, r.k2, r.k3, r.k4,
        CASE WHEN r.extras THEN (
            SELECT json_group_object(s.name, p.version)
            FROM positions p JOIN streams s ON s.id = p.stream_id WHERE p.row_id = r.id
        ) END
    FROM json_each(?) j CROSS JOIN rows r ON r.id = j.value
"""
# A row that may not be replaced breaks its constraint (no revision is NULL), which stops `executemany` right there.
# Columns that are indexed are not named: their indexes would be written, equal value or not.
_REPLACE_LIGHT = """
    UPDATE rows SET revision = CASE WHEN revision = ?2 THEN revision + 1 END, version = ?3, state = ?4 WHERE id = ?1
"""
_PRESENT = "SELECT r.id FROM json_each(?) j CROSS JOIN rows r ON r.id = j.value"
_REPLACE = """
    UPDATE rows SET revision = revision + 1, version = ?3, extras = ?4, state = ?5, held = nullif(?6, 0),
        k1 = nullif(?7, 0), k2 = nullif(?8, 0), k3 = nullif(?9, 0), k4 = nullif(?10, 0)
    WHERE id = ?1 AND revision = ?2
"""
_INSERT = """
    INSERT INTO rows (id, revision, version, extras, state, held, k1, k2, k3, k4)
    VALUES (?1, ?2 + 1, ?3, ?4, ?5, nullif(?6, 0), nullif(?7, 0), nullif(?8, 0), nullif(?9, 0), nullif(?10, 0))
    ON CONFLICT DO NOTHING
"""
_POSITIONS = """
    SELECT p.row_id, p.stream_id, p.version FROM json_each(?) j CROSS JOIN positions p ON p.row_id = j.value
"""
_PUT_POSITION = """
    INSERT INTO positions (row_id, stream_id, version) VALUES (?, ?, ?)
    ON CONFLICT DO UPDATE SET version = excluded.version
"""
_DELETE_POSITION = "DELETE FROM positions WHERE row_id = ? AND stream_id = ?"
_DOCUMENTS = """
    SELECT d.id, d.body, d.k1, d.k2, d.k3, d.k4 FROM json_each(?) j
    CROSS JOIN documents d ON d.model_id = ? AND d.tenant = ? AND d.id = j.value
"""
_PUT_DOCUMENT = """
    INSERT INTO documents (model_id, tenant, id, body, k1, k2, k3, k4)
    VALUES (?, ?, ?, ?, nullif(?, 0), nullif(?, 0), nullif(?, 0), nullif(?, 0))
    ON CONFLICT DO UPDATE SET
        body = excluded.body, k1 = excluded.k1, k2 = excluded.k2, k3 = excluded.k3, k4 = excluded.k4
"""
_DELETE_DOCUMENT = "DELETE FROM documents WHERE model_id = ? AND tenant = ? AND id = ?"

_encode = msgspec.json.Encoder().encode


class SqliteModels:
    """See `ModelStatements`."""

    def load(self, connection: Connection, ids: Sequence[int]) -> list[StoredRow]:
        """See `ModelStatements.load`."""
        return connection.execute(_LOAD, (str(ids),)).fetchall()

    def lock(self, connection: Connection, rows: Sequence[int]) -> None:
        """See `ModelStatements.lock`. The transaction's write lock is the lock on every row."""

    def replace_light(self, connection: Connection, rows: Sequence[LightRow]) -> list[int]:
        """See `ModelStatements.replace_light`. The hot path: no Python runs between one row and the next."""
        bound = iter([(id_, revision, version, bytearray(state)) for id_, revision, version, state in rows])
        before = connection.total_changes
        refused: list[int] = []
        while True:
            try:
                connection.executemany(_REPLACE_LIGHT, bound)
            except IntegrityError:
                refused.append(len(rows) - length_hint(bound) - 1)
            else:
                break
        if connection.total_changes - before + len(refused) < len(rows):
            present = {id_ for (id_,) in connection.execute(_PRESENT, (str([id_ for id_, *_ in rows]),))}
            refused += (place for place, (id_, *_) in enumerate(rows) if id_ not in present)
        return refused

    def replace(self, connection: Connection, rows: Sequence[FullRow]) -> list[int]:
        """See `ModelStatements.replace`."""
        return _refused(connection, _REPLACE, map(_bound, rows))

    def insert(self, connection: Connection, rows: Sequence[FullRow]) -> list[int]:
        """See `ModelStatements.insert`."""
        return _refused(connection, _INSERT, map(_bound, rows))

    def positions(self, connection: Connection, rows: Sequence[int]) -> list[Position]:
        """See `ModelStatements.positions`."""
        return connection.execute(_POSITIONS, (str(rows),)).fetchall()

    def put_positions(self, connection: Connection, positions: Sequence[Position]) -> None:
        """See `ModelStatements.put_positions`."""
        connection.executemany(_PUT_POSITION, positions)

    def delete_positions(self, connection: Connection, places: Sequence[tuple[int, int]]) -> None:
        """See `ModelStatements.delete_positions`."""
        connection.executemany(_DELETE_POSITION, places)

    def documents(self, connection: Connection, model: int, tenant: str, ids: Sequence[str]) -> list[StoredDocument]:
        """See `ModelStatements.documents`."""
        return connection.execute(_DOCUMENTS, (_encode(ids).decode(), model, tenant)).fetchall()

    def put_documents(self, connection: Connection, documents: Sequence[PutDocument]) -> None:
        """See `ModelStatements.put_documents`."""
        connection.executemany(
            _PUT_DOCUMENT,
            (
                (model, tenant, id_, bytearray(body), k1 or 0, k2 or 0, k3 or 0, k4 or 0)
                for model, tenant, id_, body, k1, k2, k3, k4 in documents
            ),
        )

    def delete_documents(self, connection: Connection, documents: Sequence[tuple[int, str, str]]) -> None:
        """See `ModelStatements.delete_documents`."""
        connection.executemany(_DELETE_DOCUMENT, documents)


def _refused(connection: Connection, statement: str, rows: Iterable[tuple[object, ...]]) -> list[int]:
    """Run `statement` once per row; return the places of the rows for which it changed nothing."""
    refused: list[int] = []

    def bound() -> Iterator[tuple[object, ...]]:
        before = connection.total_changes
        for place, row in enumerate(rows):
            yield row
            after = connection.total_changes
            if after == before:
                refused.append(place)
            before = after

    connection.executemany(statement, bound())
    return refused


def _bound(row: FullRow) -> tuple[object, ...]:
    id_, revision, version, extras, state, held, k1, k2, k3, k4 = row
    return (id_, revision, version, extras, bytearray(state), held or 0, k1 or 0, k2 or 0, k3 or 0, k4 or 0)
