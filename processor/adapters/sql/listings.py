"""Pages of rows and documents, in the order of their keys or of an index."""

from typing import Any, Generic

from sqlalchemy import BigInteger, Dialect, Select, Table, Text, bindparam, select, union_all

from processor.adapters.sql.compiled import Compiled
from processor.adapters.sql.connections import C
from processor.adapters.sql.names import Names
from processor.adapters.sql.places import cursor_of, id_of, partition_of, within
from processor.adapters.sql.schema import PLACES, documents, row_of, rows, streams
from processor.adapters.sql.transactions import Transactions
from processor.models import Entry, Model, Page

_after, _end = bindparam("after", type_=Text), bindparam("end", type_=Text)
_limit = bindparam("limit", type_=BigInteger)


def _rows() -> Select[Any]:
    placed = streams.join(rows, rows.c.id == row_of(bindparam("model", type_=BigInteger), streams.c.id))
    found = select(streams.c.name, rows.c.state).select_from(placed)
    return found.where(streams.c.name > _after, streams.c.name < _end).order_by(streams.c.name).limit(_limit)


def _standing(table: Table, body: str, index: int, *, newest_first: bool) -> Select[Any]:
    """Return what of a table stands in a range of an index."""
    place = table.c[PLACES[index]]
    found = select(place.label("place"), table.c[body].label("body")).where(place > _after, place < _end)
    found = found.order_by(place.desc() if newest_first else place).limit(_limit)
    return select(found.subquery())


def _query(index: int, *, newest_first: bool) -> Any:  # noqa: ANN401 - a compound of selects has no better name
    both = union_all(
        _standing(documents, "body", index, newest_first=newest_first),
        _standing(rows, "state", index, newest_first=newest_first),
    ).subquery()
    return select(both).order_by(both.c.place.desc() if newest_first else both.c.place).limit(_limit)


class Listings(Generic[C]):
    """Each page is one statement: it shows one moment, and a listing that is left holds nothing."""

    def __init__(self, transactions: Transactions[C], names: Names[C], dialect: Dialect) -> None:
        self._transactions, self._names = transactions, names
        self._rows = Compiled(_rows(), dialect)
        self._queries = {
            (index, newest_first): Compiled(_query(index, newest_first=newest_first), dialect)
            for index in range(len(PLACES))
            for newest_first in (False, True)
        }

    def rows(self, model: Model, tenant: str, category: str, after: str | None, limit: int) -> Page:
        """See `ModelQueries.rows`."""
        prefix = f"{tenant}/{category}/"
        with self._transactions.reading("list rows") as connection:
            number = self._names.of_model(connection, model)
            if number is None:
                return Page((), None)
            found = self._rows(
                connection,
                model=number,
                after=prefix + (after or ""),
                end=f"{tenant}/{category}0",
                limit=limit + 1,
            ).fetchall()
        items = tuple(Entry(name.removeprefix(prefix), state) for name, state in found[:limit])
        return Page(items, items[-1].id if len(found) > limit else None)

    def query(  # noqa: PLR0913, PLR0917 - the coordinates of an index range
        self,
        model: Model,
        tenant: str,
        index: int,
        partition: str,
        after: str | None,
        limit: int,
        *,
        newest_first: bool,
    ) -> Page:
        """See `ModelQueries.query`."""
        with self._transactions.reading("query an index") as connection:
            number = self._names.of_model(connection, model)
            if number is None:
                return Page((), None)
            whole = partition_of(number, tenant, partition)
            asked = within(whole, after, newest_first=newest_first)
            found = self._queries[index, newest_first](
                connection, after=asked.first, end=asked.end, limit=limit + 1
            ).fetchall()
        items = tuple(Entry(id_of(place), body) for place, body in found[:limit])
        return Page(items, cursor_of(whole, found[limit - 1][0]) if len(found) > limit else None)
