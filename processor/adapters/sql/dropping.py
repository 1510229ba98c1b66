"""How a model is deleted: a stretch of keys at a time, so that each transaction is short."""

from typing import Any

from sqlalchemy import BigInteger, Delete, Dialect, Select, Text, bindparam, delete, func, select, tuple_

from processor.adapters.sql.compiled import Compiled
from processor.adapters.sql.connections import Connection
from processor.adapters.sql.schema import documents, first_row, positions, rows

AT_ONCE = 5000
"""How many rows, and how many documents, a step deletes."""

_first, _last = bindparam("first", type_=BigInteger), bindparam("last", type_=BigInteger)
_model = bindparam("model", type_=BigInteger)
_limit = bindparam("limit", AT_ONCE, type_=BigInteger)


def _last_row() -> Select[Any]:
    stretch = select(rows.c.id).where(rows.c.id.between(_first, _last)).order_by(rows.c.id).limit(_limit).subquery()
    return select(func.max(stretch.c.id))


def _last_document() -> Select[Any]:
    found = select(documents.c.tenant, documents.c.id).where(documents.c.model_id == _model)
    return found.order_by(documents.c.tenant, documents.c.id).limit(1).offset(_limit)


def _documents_before() -> Delete:
    last = tuple_(bindparam("tenant", type_=Text), bindparam("id", type_=Text))
    return delete(documents).where(documents.c.model_id == _model, tuple_(documents.c.tenant, documents.c.id) < last)


class Dropper:
    """Deletes the rows and documents of a model in steps."""

    def __init__(self, dialect: Dialect) -> None:
        self._last_row = Compiled(_last_row(), dialect)
        self._rows = Compiled(delete(rows).where(rows.c.id.between(_first, _last)), dialect)
        self._positions = Compiled(delete(positions).where(positions.c.row_id.between(_first, _last)), dialect)
        self._next_document = Compiled(_last_document(), dialect)
        self._documents_before = Compiled(_documents_before(), dialect)
        self._documents = Compiled(delete(documents).where(documents.c.model_id == _model), dialect)

    def step(self, connection: Connection, model: int) -> bool:
        """Delete some of the model numbered `model`; answer whether there may be more."""
        return any([self._drop_rows(connection, model), self._drop_documents(connection, model)])

    def _drop_rows(self, connection: Connection, model: int) -> bool:
        first = first_row(model)
        [last] = self._last_row(connection, first=first, last=first_row(model + 1) - 1).fetchall()[0]
        if last is None:
            return False
        self._positions(connection, first=first, last=last)
        self._rows(connection, first=first, last=last)
        return True

    def _drop_documents(self, connection: Connection, model: int) -> bool:
        following = self._next_document(connection, model=model).fetchall()
        if not following:
            self._documents(connection, model=model)
            return False
        [(tenant, id_)] = following
        self._documents_before(connection, model=model, tenant=tenant, id=id_)
        return True
