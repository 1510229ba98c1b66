"""Rows, positions and documents in and out."""

from collections.abc import Iterable, Sequence
from operator import itemgetter

from processor.adapters.sql.postgres.arrays import Blobs, Numbers, Texts
from processor.adapters.sql.postgres.connections import PgConnection
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
        CASE WHEN r.extras <> 0 THEN (
            SELECT json_object_agg(s.name, p.version)::text
            FROM positions p JOIN streams s ON s.id = p.stream_id WHERE p.row_id = r.id
        ) END
    FROM rows r WHERE r.id = ANY (%s)
"""
_LOCK = "SELECT FROM rows WHERE id = ANY (%s) ORDER BY id FOR NO KEY UPDATE"
_REPLACE_LIGHT = """
    UPDATE rows r SET revision = r.revision + 1, version = n.version, state = n.state
    FROM unnest(%s, %s, %s, %s) AS n (id, revision, version, state)
    WHERE r.id = n.id AND r.revision = n.revision RETURNING r.id
"""
_GIVEN = (
    "unnest(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) AS n (id, revision, version, extras, state, held, k1, k2, k3, k4)"
)
_REPLACE = f"""
    UPDATE rows r SET revision = r.revision + 1, version = n.version, extras = n.extras, state = n.state,
        held = n.held, k1 = n.k1, k2 = n.k2, k3 = n.k3, k4 = n.k4
    FROM {_GIVEN} WHERE r.id = n.id AND r.revision = n.revision RETURNING r.id
"""  # noqa: S608 - columns of ours, as below
# A conflict waits for whoever is changing that row, and may be waited for: what is seen to be there is not tried.
_INSERT = f"""
    INSERT INTO rows (id, revision, version, extras, state, held, k1, k2, k3, k4)
    SELECT n.id, n.revision + 1, n.version, n.extras, n.state, n.held, n.k1, n.k2, n.k3, n.k4
    FROM {_GIVEN} WHERE NOT EXISTS (SELECT FROM rows r WHERE r.id = n.id) ORDER BY n.id
    ON CONFLICT DO NOTHING RETURNING id
"""  # noqa: S608
_POSITIONS = "SELECT row_id, stream_id, version FROM positions WHERE row_id = ANY (%s)"
_PUT_POSITIONS = """
    INSERT INTO positions (row_id, stream_id, version) SELECT * FROM unnest(%s, %s, %s) ORDER BY 1, 2
    ON CONFLICT (row_id, stream_id) DO UPDATE SET version = excluded.version
"""
_DELETE_POSITIONS = """
    DELETE FROM positions p USING unnest(%s, %s) AS gone (row_id, stream_id)
    WHERE p.row_id = gone.row_id AND p.stream_id = gone.stream_id
"""
_DOCUMENTS = """
    SELECT id, body, k1, k2, k3, k4 FROM documents WHERE model_id = %s AND tenant = %s AND id = ANY (%s)
"""
_PUT_DOCUMENTS = """
    INSERT INTO documents (model_id, tenant, id, body, k1, k2, k3, k4)
    SELECT * FROM unnest(%s, %s, %s, %s, %s, %s, %s, %s) ORDER BY 1, 2, 3
    ON CONFLICT (model_id, tenant, id) DO UPDATE SET
        body = excluded.body, k1 = excluded.k1, k2 = excluded.k2, k3 = excluded.k3, k4 = excluded.k4
"""
_DELETE_DOCUMENTS = """
    DELETE FROM documents d USING unnest(%s, %s, %s) AS gone (model_id, tenant, id)
    WHERE d.model_id = gone.model_id AND d.tenant = gone.tenant AND d.id = gone.id
"""

_ROW = (Numbers, Numbers, Numbers, Numbers, Blobs, Texts, Texts, Texts, Texts, Texts)
_DOCUMENT = (Numbers, Texts, Texts, Blobs, Texts, Texts, Texts, Texts)


class PostgresModels:
    """See `ModelStatements`. Each statement takes rows in the order of their ids."""

    def load(self, connection: PgConnection, ids: Sequence[int]) -> list[StoredRow]:
        """See `ModelStatements.load`."""
        return connection.execute(_LOAD, (Numbers(ids),)).fetchall()

    def lock(self, connection: PgConnection, rows: Sequence[int]) -> None:
        """See `ModelStatements.lock`."""
        connection.execute(_LOCK, (Numbers(rows),))

    def replace_light(self, connection: PgConnection, rows: Sequence[LightRow]) -> list[int]:
        """See `ModelStatements.replace_light`."""
        return _refused(connection, _REPLACE_LIGHT, (Numbers, Numbers, Numbers, Blobs), rows)

    def replace(self, connection: PgConnection, rows: Sequence[FullRow]) -> list[int]:
        """See `ModelStatements.replace`."""
        return _refused(connection, _REPLACE, _ROW, rows)

    def insert(self, connection: PgConnection, rows: Sequence[FullRow]) -> list[int]:
        """See `ModelStatements.insert`."""
        return _refused(connection, _INSERT, _ROW, rows)

    def positions(self, connection: PgConnection, rows: Sequence[int]) -> list[Position]:
        """See `ModelStatements.positions`."""
        found = connection.execute(_POSITIONS, (Numbers(rows),)).fetchall()
        return [(row, stream, version) for row, stream, version in found]

    def put_positions(self, connection: PgConnection, positions: Sequence[Position]) -> None:
        """See `ModelStatements.put_positions`."""
        connection.execute(_PUT_POSITIONS, _arrays((Numbers, Numbers, Numbers), positions))

    def delete_positions(self, connection: PgConnection, places: Sequence[tuple[int, int]]) -> None:
        """See `ModelStatements.delete_positions`."""
        connection.execute(_DELETE_POSITIONS, _arrays((Numbers, Numbers), places))

    def documents(self, connection: PgConnection, model: int, tenant: str, ids: Sequence[str]) -> list[StoredDocument]:
        """See `ModelStatements.documents`."""
        return connection.execute(_DOCUMENTS, (model, tenant, Texts(ids))).fetchall()

    def put_documents(self, connection: PgConnection, documents: Sequence[PutDocument]) -> None:
        """See `ModelStatements.put_documents`."""
        connection.execute(_PUT_DOCUMENTS, _arrays(_DOCUMENT, documents))

    def delete_documents(self, connection: PgConnection, documents: Sequence[tuple[int, str, str]]) -> None:
        """See `ModelStatements.delete_documents`."""
        connection.execute(_DELETE_DOCUMENTS, _arrays((Numbers, Texts, Texts), documents))


Kind = type[Numbers | Texts | Blobs]


def _arrays(kinds: Iterable[Kind], rows: Iterable[tuple[object, ...]]) -> list[Numbers | Texts | Blobs]:
    """Return the columns of `rows`."""
    return [kind(column) for kind, column in zip(kinds, zip(*rows, strict=True), strict=True)]


def _refused(
    connection: PgConnection, statement: str, kinds: Iterable[Kind], rows: Sequence[tuple[object, ...]]
) -> list[int]:
    """Run `statement` for all rows; return the places of those for which it returns no id."""
    done = connection.execute(statement, _arrays(kinds, sorted(rows, key=itemgetter(0))))
    if done.rowcount == len(rows):
        return []
    taken = {id_ for (id_,) in done.fetchall()}
    return [place for place, row in enumerate(rows) if row[0] not in taken]
