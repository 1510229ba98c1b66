"""How a model is deleted: a stretch of keys at a time, so that each transaction is short."""

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Delete, Dialect, Select, Text, bindparam, delete, func, select, tuple_

from processor.adapters.sql.compiled import Compiled
from processor.adapters.sql.connections import Connection
from processor.adapters.sql.schema import documents, is_of, positions, rows

AT_ONCE = 5000
"""How many rows, or documents, a transaction deletes."""

_after, _last = bindparam("after", type_=BigInteger), bindparam("last", type_=BigInteger)
_model: ColumnElement[int] = bindparam("model", type_=BigInteger)
_limit = bindparam("limit", AT_ONCE, type_=BigInteger)


def _last_row() -> Select[Any]:
    found = select(rows.c.id).where(rows.c.id > _after, is_of(rows.c.id, _model)).order_by(rows.c.id)
    return select(func.max(found.limit(_limit).subquery().c.id))


def _within(row: ColumnElement[int]) -> ColumnElement[bool]:
    return (row > _after) & (row <= _last) & is_of(row, _model)


def _next_document() -> Select[Any]:
    found = select(documents.c.tenant, documents.c.id).where(documents.c.model_id == _model)
    return found.order_by(documents.c.tenant, documents.c.id).limit(1).offset(_limit)


def _documents_before() -> Delete:
    next_ = tuple_(bindparam("tenant", type_=Text), bindparam("id", type_=Text))
    before = tuple_(documents.c.tenant, documents.c.id) < next_
    return delete(documents).where(documents.c.model_id == _model, before)


class Dropper:
    """Deletes what belongs to the model of a number."""

    def __init__(self, dialect: Dialect) -> None:
        self._last_row = Compiled(_last_row(), dialect)
        self._rows = Compiled(delete(rows).where(_within(rows.c.id)), dialect)
        self._positions = Compiled(delete(positions).where(_within(positions.c.row_id)), dialect)
        self._next_document = Compiled(_next_document(), dialect)
        self._documents_before = Compiled(_documents_before(), dialect)
        self._documents = Compiled(delete(documents).where(documents.c.model_id == _model), dialect)

    def drop_rows(self, connection: Connection, model: int, after: int) -> int | None:
        """Delete the next rows whose id is above `after`; return the last one's id, None where there was none."""
        last: int | None = self._last_row(connection, model=model, after=after).fetchall()[0][0]
        if last is not None:
            self._positions(connection, model=model, after=after, last=last)
            self._rows(connection, model=model, after=after, last=last)
        return last

    def drop_documents(self, connection: Connection, model: int) -> bool:
        """Delete the next documents; answer whether there are more."""
        following = self._next_document(connection, model=model).fetchall()
        if not following:
            self._documents(connection, model=model)
            return False
        [(tenant, id_)] = following
        self._documents_before(connection, model=model, tenant=tenant, id=id_)
        return True
