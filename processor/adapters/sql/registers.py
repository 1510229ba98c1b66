"""Registers in a table: `Registers` as its port documents it."""

from collections.abc import Iterator
from typing import Generic

from sqlalchemy import BigInteger, Dialect, LargeBinary, Text, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from processor.adapters.sql.compiled import Compiled
from processor.adapters.sql.connections import C
from processor.adapters.sql.schema import registers
from processor.adapters.sql.transactions import Transactions
from processor.registers import Register

PAGE = 100

_name, _value = bindparam("key", type_=Text), bindparam("new_value", type_=LargeBinary)
_expected = bindparam("expected", type_=BigInteger)
_read = select(registers.c.value, registers.c.revision).where(registers.c.name == _name)
_replace = (
    update(registers)
    .where(registers.c.name == _name, registers.c.revision == _expected)
    .values(value=_value, revision=registers.c.revision + 1)
)
_scan = (
    select(registers.c.name, registers.c.value, registers.c.revision)
    .where(registers.c.name >= bindparam("first"), registers.c.name > bindparam("after"))
    .order_by(registers.c.name)
    .limit(bindparam("limit", PAGE))
)
_created = {"name": _name, "value": _value, "revision": 1}
_create = {
    "sqlite": sqlite.insert(registers).values(_created).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(registers).values(_created).on_conflict_do_nothing(),
}


class SqlRegisters(Generic[C]):
    """A row per register. A write is one statement."""

    def __init__(self, transactions: Transactions[C], dialect: Dialect) -> None:
        self._transactions = transactions
        self._read, self._replace = Compiled(_read, dialect), Compiled(_replace, dialect)
        self._scan, self._create = Compiled(_scan, dialect), Compiled(_create[dialect.name], dialect)

    def read(self, name: str) -> Register | None:
        """See `Registers.read`."""
        with self._transactions.reading("read a register") as connection:
            found = self._read(connection, key=name).fetchone()
        return Register(*found) if found else None

    def write(self, name: str, value: bytes, expected: int) -> bool:
        """See `Registers.write`."""
        with self._transactions.alone("write a register") as connection:
            if expected:
                return self._replace(connection, key=name, new_value=value, expected=expected).rowcount == 1
            return self._create(connection, key=name, new_value=value).rowcount == 1

    def scan(self, prefix: str) -> Iterator[tuple[str, Register]]:
        """See `Registers.scan`. Strongly consistent a page at a time."""
        after = ""
        while True:
            with self._transactions.reading("scan registers") as connection:
                page = self._scan(connection, first=prefix, after=after).fetchall()
            for name, value, revision in page:
                if not name.startswith(prefix):
                    return
                yield name, Register(value, revision)
            if len(page) < PAGE:
                return
            after = page[-1][0]
