"""Numbers of streams and models."""

from collections.abc import Collection, Sequence

from processor.adapters.sql.postgres.arrays import Numbers, Texts
from processor.adapters.sql.postgres.connections import PgConnection
from processor.models import Model
from processor.streams import StreamId

_FIND = "SELECT name, id FROM streams WHERE name = ANY (%s)"
# Only what is new is inserted: a conflict would cost a number.
_NUMBER = """
    WITH known AS MATERIALIZED (SELECT name, id FROM streams WHERE name = ANY (%s)),
    created AS (
        INSERT INTO streams (name) SELECT name FROM unnest(%s) AS new (name)
        WHERE NOT EXISTS (SELECT FROM known WHERE known.name = new.name) ORDER BY name
        ON CONFLICT DO NOTHING RETURNING id, name
    ),
    begun AS (
        INSERT INTO heads (stream_id, category, shard, version) SELECT created.id, new.category, new.shard, 0
        FROM unnest(%s, %s, %s) AS new (name, category, shard) JOIN created USING (name)
    )
    SELECT name, id FROM known UNION ALL SELECT name, id FROM created
"""
_FIND_MODEL = "SELECT id FROM models WHERE projection = %s AND generation = %s"
_CREATE_MODEL = "INSERT INTO models (projection, generation) VALUES (%s, %s) ON CONFLICT DO NOTHING"


class PostgresNames:
    """See `NameStatements`."""

    def find_streams(self, connection: PgConnection, names: Collection[str]) -> list[tuple[str, int]]:
        """See `NameStatements.find_streams`."""
        return [(name, number) for name, number in connection.execute(_FIND, (Texts(names),)).fetchall()]

    def number_streams(self, connection: PgConnection, streams: Sequence[StreamId]) -> list[tuple[str, int]]:
        """See `NameStatements.number_streams`. One journey."""
        names = Texts(str(stream) for stream in streams)
        categories = Texts(stream.category for stream in streams)
        shards = Numbers(stream.shard for stream in streams)
        numbered = connection.execute(_NUMBER, (names, names, names, categories, shards)).fetchall()
        return [(name, number) for name, number in numbered]

    def find_model(self, connection: PgConnection, model: Model) -> int | None:
        """See `NameStatements.find_model`."""
        found = connection.execute(_FIND_MODEL, (model.projection, model.generation)).fetchone()
        return None if found is None else int(found[0])

    def create_model(self, connection: PgConnection, model: Model) -> None:
        """See `NameStatements.create_model`."""
        connection.execute(_CREATE_MODEL, (model.projection, model.generation))
