"""Columns of values as PostgreSQL's arrays: a type each, so that a statement is prepared once, and quick to pack.

The binary format of an array: dimensions, whether NULLs occur, the element's type, length, lower bound; then for each
element its length in bytes (-1 for NULL) and its bytes.
"""

from struct import Struct, pack
from typing import Any

from psycopg import Connection
from psycopg.adapt import Dumper
from psycopg.pq import Format
from psycopg.types.numeric import Int8BinaryDumper

_head = Struct(">iiIii").pack
_length = Struct(">i").pack
_number = Struct(">iq").pack
_NULL = _length(-1)
_NUMBER_BYTES = 8

_INT8, _TEXT, _BYTEA = 20, 25, 17


class Numbers(list[int | None]):
    """An `int8[]`."""


class Texts(list[str | None]):
    """A `text[]`."""


class Blobs(list[bytes]):
    """A `bytea[]`."""


class _NumbersDumper(Dumper):
    format = Format.BINARY
    oid = 1016

    def dump(self, obj: Numbers) -> bytes:
        """Return the array's bytes."""
        count = len(obj)
        head = _head(1, 1, _INT8, count, 1)
        if None in obj:
            return head + b"".join(_NULL if value is None else _number(_NUMBER_BYTES, value) for value in obj)
        flat: list[int | None] = [_NUMBER_BYTES] * (2 * count)
        flat[1::2] = obj
        return head + pack(">" + "iq" * count, *flat)


class _TextsDumper(Dumper):
    format = Format.BINARY
    oid = 1009

    def dump(self, obj: Texts) -> bytes:
        """Return the array's bytes."""
        return _joined(_TEXT, [None if text is None else text.encode() for text in obj])


class _BlobsDumper(Dumper):
    format = Format.BINARY
    oid = 1001

    def dump(self, obj: Blobs) -> bytes:
        """Return the array's bytes."""
        return _joined(_BYTEA, obj)


DUMPERS: dict[type, type[Dumper]] = {Numbers: _NumbersDumper, Texts: _TextsDumper, Blobs: _BlobsDumper}


def _joined(element: int, values: "list[bytes | None] | Blobs") -> bytes:
    parts = [_head(1, 1, element, len(values), 1)]
    for value in values:
        if value is None:
            parts.append(_NULL)
        else:
            parts.append(_length(len(value)))
            parts.append(value)
    return b"".join(parts)


def register(connection: Connection[Any]) -> None:
    """Teach a connection to send these; and every int as `int8`, so that a statement is prepared once."""
    for kind, dumper in DUMPERS.items():
        connection.adapters.register_dumper(kind, dumper)
    connection.adapters.register_dumper(int, Int8BinaryDumper)
