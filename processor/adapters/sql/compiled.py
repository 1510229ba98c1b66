"""Statements that are written once in SQLAlchemy Core and compiled to a database's own text when its store opens."""

from typing import Any

from sqlalchemy import ClauseElement, Dialect
from sqlalchemy.sql.compiler import SQLCompiler

from processor.adapters.sql.connections import Connection, Cursor


class Compiled:
    """A statement's text, run on a driver's connection with its parameters by name."""

    def __init__(self, statement: ClauseElement, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        if not isinstance(compiled, SQLCompiler):
            raise TypeError(f"not a statement with parameters: {statement}")
        self.text, self._order = compiled.string, compiled.positiontup
        self._fixed = compiled.params

    def __call__(self, connection: Connection, **params: object) -> Cursor:
        """Run it."""
        given: dict[str, Any] = self._fixed | params
        return connection.execute(self.text, given if self._order is None else [given[name] for name in self._order])
