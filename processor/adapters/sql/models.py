"""Read models in tables: `ModelStore`, `ModelQueries` and `Lag` as their ports document them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Generic

from sqlalchemy import Dialect

from processor.adapters.sql.catalogue import Catalogue
from processor.adapters.sql.committing import Committer
from processor.adapters.sql.connections import C
from processor.adapters.sql.dropping import Dropper
from processor.adapters.sql.listings import Listings
from processor.adapters.sql.names import Names
from processor.adapters.sql.places import keys_of
from processor.adapters.sql.rows import row_of
from processor.adapters.sql.schema import row_id
from processor.adapters.sql.statements import ModelStatements
from processor.adapters.sql.transactions import Transactions
from processor.models import Commit, Document, Held, Model, Page, Row
from processor.streams import StreamId


class SqlModels(Generic[C]):
    """Rows under packed numbers, documents under their ids, and where both stand in indexes."""

    def __init__(
        self,
        transactions: Transactions[C],
        names: Names[C],
        statements: ModelStatements[C],
        catalogue: Catalogue[C],
        dialect: Dialect,
    ) -> None:
        self._transactions, self._names, self._statements = transactions, names, statements
        self._catalogue, self._committer = catalogue, Committer(names, statements)
        self._listings, self._dropper = Listings(transactions, names, dialect), Dropper(dialect)

    def load(self, model: Model, keys: Sequence[StreamId]) -> dict[StreamId, Row]:
        """See `ModelStore.load`. One statement, so that each row is whole."""
        if not keys:
            return {}
        with self._transactions.reading("load rows") as connection:
            number = self._names.of_model(connection, model)
            if number is None:
                return {}
            streams = zip(self._names.of(connection, keys), keys, strict=True)
            ids = {row_id(number, stream): key for stream, key in streams if stream is not None}
            stored = self._statements.load(connection, list(ids)) if ids else []
        return {(key := ids[row[0]]): row_of(key, row) for row in stored}

    def commit(self, commits: Sequence[Commit]) -> list[bool]:
        """See `ModelStore.commit`. One transaction for all commits."""
        if not commits:
            return []
        with self._transactions.changing("commit rows") as connection:
            return self._committer.take(connection, commits)

    def get(self, model: Model, tenant: str, ids: Sequence[str]) -> dict[str, Document]:
        """See `ModelStore.get`."""
        if not ids:
            return {}
        with self._transactions.reading("get documents") as connection:
            number = self._names.of_model(connection, model)
            found = [] if number is None else self._statements.documents(connection, number, tenant, ids)
        return {id_: Document(id_, body, keys_of(tuple(standing))) for id_, body, *standing in found}

    def drop(self, model: Model) -> None:
        """See `ModelStore.drop`. In several transactions, unless within a unit."""
        after: int | None = 0
        while after is not None:
            with self._transactions.changing("drop a model") as connection:
                number = self._names.of_model(connection, model)
                after = None if number is None else self._dropper.drop_rows(connection, number, after)
        more = True
        while more:
            with self._transactions.changing("drop a model") as connection:
                number = self._names.of_model(connection, model)
                more = number is not None and self._dropper.drop_documents(connection, number)

    def rows(self, model: Model, tenant: str, category: str, after: str | None = None, limit: int = 100) -> Page:
        """See `ModelQueries.rows`. Strongly consistent."""
        return self._listings.rows(model, tenant, category, after, limit)

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
        """See `ModelQueries.query`. Strongly consistent."""
        return self._listings.query(model, tenant, index, partition, after, limit, newest_first=newest_first)

    def lagging(self, model: Model, feeds: Mapping[str, str], shard: int = 0, shards: int = 1) -> Iterator[StreamId]:
        """See `Lag.lagging`."""
        return self._catalogue.lagging(model, feeds, shard, shards)

    def held(self, model: Model, tenant: str | None = None) -> Iterator[tuple[StreamId, StreamId, Held]]:
        """See `Lag.held`."""
        return self._catalogue.held(model, tenant)
