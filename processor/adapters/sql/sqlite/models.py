"""Rows, positions and documents in and out."""

from collections.abc import Sequence
from sqlite3 import Connection, IntegrityError

import msgspec

from processor.adapters.sql.sqlite.many import Many, Rows, parts
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
_PRESENT = "SELECT r.id FROM json_each(?) j CROSS JOIN rows r ON r.id = j.value"
# A row that may not be replaced breaks its constraint (no revision is NULL), which undoes the statement.
# Columns that are indexed are not named: their indexes would be written, equal value or not.
_REPLACE_LIGHT = Many(
    """
    UPDATE rows SET revision = CASE WHEN revision = given.column2 THEN revision + 1 END, version = given.column3,
        state = given.column4
    FROM (VALUES {rows}) AS given WHERE id = given.column1
    """,
    "(?, ?, ?, ?)",
)
_REPLACE = Many(
    """
    UPDATE rows SET revision = CASE WHEN revision = given.column2 THEN revision + 1 END, version = given.column3,
        extras = given.column4, state = given.column5, held = nullif(given.column6, 0),
        k1 = nullif(given.column7, 0), k2 = nullif(given.column8, 0),
        k3 = nullif(given.column9, 0), k4 = nullif(given.column10, 0)
    FROM (VALUES {rows}) AS given WHERE id = given.column1
    """,
    "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
)
_INSERT = Many(
    "INSERT INTO rows (id, revision, version, extras, state, held, k1, k2, k3, k4) VALUES {rows}",
    "(?, ? + 1, ?, ?, ?, nullif(?, 0), nullif(?, 0), nullif(?, 0), nullif(?, 0), nullif(?, 0))",
)
_POSITIONS = """
    SELECT p.row_id, p.stream_id, p.version FROM json_each(?) j CROSS JOIN positions p ON p.row_id = j.value
"""
_PUT_POSITION = Many(
    """
    INSERT INTO positions (row_id, stream_id, version) VALUES {rows}
    ON CONFLICT DO UPDATE SET version = excluded.version
    """,
    "(?, ?, ?)",
)
_DELETE_POSITION = "DELETE FROM positions WHERE row_id = ? AND stream_id = ?"
_DOCUMENTS = """
    SELECT d.id, d.body, d.k1, d.k2, d.k3, d.k4 FROM json_each(?) j
    CROSS JOIN documents d ON d.model_id = ? AND d.tenant = ? AND d.id = j.value
"""
_PUT_DOCUMENT = Many(
    """
    INSERT INTO documents (model_id, tenant, id, body, k1, k2, k3, k4) VALUES {rows}
    ON CONFLICT DO UPDATE SET
        body = excluded.body, k1 = excluded.k1, k2 = excluded.k2, k3 = excluded.k3, k4 = excluded.k4
    """,
    "(?, ?, ?, ?, nullif(?, 0), nullif(?, 0), nullif(?, 0), nullif(?, 0))",
)
_DELETE_DOCUMENT = "DELETE FROM documents WHERE model_id = ? AND tenant = ? AND id = ?"

_REFUSALS = {f"SQLITE_CONSTRAINT_{kind}" for kind in ("NOTNULL", "PRIMARYKEY", "ROWID")}
"""How SQLite tells of a row that is at another revision, or there already."""

_encode = msgspec.json.Encoder().encode


class SqliteModels:
    """See `ModelStatements`."""

    def load(self, connection: Connection, ids: Sequence[int]) -> list[StoredRow]:
        """See `ModelStatements.load`."""
        return connection.execute(_LOAD, (str(ids),)).fetchall()

    def lock(self, connection: Connection, rows: Sequence[int]) -> None:
        """See `ModelStatements.lock`. The transaction's write lock is the lock on every row."""

    def replace_light(self, connection: Connection, rows: Sequence[LightRow]) -> list[int]:
        """See `ModelStatements.replace_light`."""
        bound = [(id_, revision, version, bytearray(state)) for id_, revision, version, state in rows]
        return _refused(connection, _REPLACE_LIGHT, bound)

    def replace(self, connection: Connection, rows: Sequence[FullRow]) -> list[int]:
        """See `ModelStatements.replace`."""
        return _refused(connection, _REPLACE, list(map(_bound, rows)))

    def insert(self, connection: Connection, rows: Sequence[FullRow]) -> list[int]:
        """See `ModelStatements.insert`."""
        return _refused(connection, _INSERT, list(map(_bound, rows)))

    def positions(self, connection: Connection, rows: Sequence[int]) -> list[Position]:
        """See `ModelStatements.positions`."""
        return connection.execute(_POSITIONS, (str(rows),)).fetchall()

    def put_positions(self, connection: Connection, positions: Sequence[Position]) -> None:
        """See `ModelStatements.put_positions`."""
        _PUT_POSITION(connection, positions)

    def delete_positions(self, connection: Connection, places: Sequence[tuple[int, int]]) -> None:
        """See `ModelStatements.delete_positions`."""
        connection.executemany(_DELETE_POSITION, places)

    def documents(self, connection: Connection, model: int, tenant: str, ids: Sequence[str]) -> list[StoredDocument]:
        """See `ModelStatements.documents`."""
        return connection.execute(_DOCUMENTS, (_encode(ids).decode(), model, tenant)).fetchall()

    def put_documents(self, connection: Connection, documents: Sequence[PutDocument]) -> None:
        """See `ModelStatements.put_documents`."""
        bound = [
            (model, tenant, id_, bytearray(body), k1 or 0, k2 or 0, k3 or 0, k4 or 0)
            for model, tenant, id_, body, k1, k2, k3, k4 in documents
        ]
        _PUT_DOCUMENT(connection, bound)

    def delete_documents(self, connection: Connection, documents: Sequence[tuple[int, str, str]]) -> None:
        """See `ModelStatements.delete_documents`."""
        connection.executemany(_DELETE_DOCUMENT, documents)


def _refused(connection: Connection, statement: Many, rows: Rows) -> list[int]:
    """Run `statement` for all rows; return the places of those that it may not change, or that are not there."""
    refused: list[int] = []
    begin = 0
    for part in parts(rows):
        refused += (begin + place for place in _refused_of(connection, statement, part))
        begin += len(part)
    return refused


def _refused_of(connection: Connection, statement: Many, part: Rows) -> list[int]:
    """Do so for one part. Where one of its rows is refused nothing was done: each then stands alone."""
    try:
        changed = statement.one(connection, part)
    except IntegrityError as error:
        if error.sqlite_errorname not in _REFUSALS:
            raise
        if len(part) == 1:
            return [0]
        return [place for place, row in enumerate(part) if _refused_of(connection, statement, [row])]
    if changed == len(part):
        return []
    present = {id_ for (id_,) in connection.execute(_PRESENT, (str([id_ for id_, *_ in part]),))}
    return [place for place, (id_, *_) in enumerate(part) if id_ not in present]


def _bound(row: FullRow) -> tuple[object, ...]:
    id_, revision, version, extras, state, held, k1, k2, k3, k4 = row
    return (id_, revision, version, extras, bytearray(state), held or 0, k1 or 0, k2 or 0, k3 or 0, k4 or 0)
