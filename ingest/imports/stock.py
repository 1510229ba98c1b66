"""A stock file: `sku, count` and, where the merchant keeps them, `buffer`, `threshold`, `asin`."""

import re
from collections.abc import Iterator
from hashlib import blake2b

import msgspec

from ingest.imports.rows import KEPT, BadRow, FileFact, Findings, Row, Value, Wrong
from ingest.imports.table import Line, Table
from ingest.operators.fields import asin
from ingest.reading import Mistake
from stock.identities import MAX_QUANTITY, Sku, sku

_WANTED = ("sku", "count")
_COLUMNS = (*_WANTED, "buffer", "threshold", "asin")
_NUMBER = re.compile(r"[0-9]{1,20}")
_MARK_BYTES = 16
_MARKS = 1 << 8 * _MARK_BYTES


class StockRow(msgspec.Struct, frozen=True, array_like=True):
    """One SKU's numbers; None where the file says nothing, and so nothing changes."""

    sku: Sku
    count: int
    buffer: int | None = None
    threshold: int | None = None
    asin: str | None = None


class StockFile:
    """A stock file. The same rows always tell the same facts, under the same identities.

    A row's numbers are held back before they are raised: buffer and threshold come before the count.
    """

    def __init__(self, content: bytes, again: str = "") -> None:
        """Take `again`: names this import where the same rows were imported before, on purpose.

        Raises Unreadable where the text or its header cannot be read.
        """
        self._table, self._again = Table(content, _WANTED), again
        self.header = self._table.header
        self._doubled: dict[Sku, int] = {}
        self._digest: str | None = None

    def check(self) -> Findings:
        """See `ImportFile.check`. Raises Unreadable where the quotes are broken."""
        self._doubled = self._repeats()
        good = facts = blank = wrong = 0
        bad: list[BadRow] = []
        content = 0
        for line in self._table.lines():
            if line.blank:
                blank += 1
                continue
            found = self._read(line)
            if isinstance(found, StockRow):
                good += 1
                facts += len(_stated(found))
                content += _mark(found)
            else:
                wrong += 1
                bad += [found] if wrong <= KEPT else []
        self._digest = f"{content % _MARKS:032x}"
        return Findings(good, facts, blank, wrong, tuple(bad), self._notes())

    def rows(self) -> Iterator[Row | BadRow]:
        """See `ImportFile.rows`."""
        if self._digest is None:
            self.check()
        for line in self._table.lines():
            if line.blank:
                continue
            found = self._read(line)
            yield Row(line.number, self._facts(found)) if isinstance(found, StockRow) else found

    def _facts(self, row: StockRow) -> tuple[FileFact, ...]:
        run = f"{self._digest}:{self._again}" if self._again else self._digest
        return tuple(FileFact(kind, row.sku, fields, f"stock:{run}:{kind}") for kind, fields in _stated(row))

    def _read(self, line: Line) -> StockRow | BadRow:
        try:
            row = _row(self._cells(line))
            if row.sku in self._doubled:
                first = self._doubled[row.sku]
                raise Wrong(f"{row.sku} stands in several rows, first in line {first}: leave one of them")
        except ValueError as error:
            return BadRow(line.number, str(error), line.cells)
        return row

    def _cells(self, line: Line) -> dict[str, str]:
        cells, width = line.cells, len(self.header)
        if any(cells[width:]):
            advice = "a value that holds the separator must stand in quotes"
            raise Wrong(f"{len(cells)} values, where the header names {width} columns: {advice}")
        return dict(zip(self.header, cells, strict=False))

    def _repeats(self) -> dict[Sku, int]:
        """Return the SKUs that stand in several rows, with the first line of each: none of those rows is right."""
        seen: dict[bytes, int] = {}
        doubled: dict[Sku, int] = {}
        place = self.header.index("sku")
        for line in self._table.lines():
            try:
                name = sku(line.cells[place])
            except (ValueError, IndexError):
                continue
            mark = blake2b(name.encode(), digest_size=16).digest()
            first = seen.setdefault(mark, line.number)
            if first != line.number:
                doubled[name] = first
        return doubled

    def _notes(self) -> tuple[str, ...]:
        ignored = [name for name in self.header if name and name not in _COLUMNS]
        return (f"columns that are not read: {', '.join(ignored)}",) if ignored else ()


def _mark(row: StockRow) -> int:
    """Return a number for the row's content. Their sum names a file whichever way it is sorted."""
    return int.from_bytes(blake2b(msgspec.json.encode(row), digest_size=_MARK_BYTES).digest())


def _row(cells: dict[str, str]) -> StockRow:
    name = cells.get("sku", "")
    if not name:
        raise Wrong("the SKU is missing")
    if name.startswith("="):
        raise Wrong(f"the SKU {name[:40]!r} is a spreadsheet's formula: write the SKU itself")
    count = _number(cells, "count")
    if count is None:
        raise Wrong("count is empty: write 0 where nothing is left, or take the row out")
    return StockRow(sku(name), count, _number(cells, "buffer"), _number(cells, "threshold"), _asin(cells))


def _asin(cells: dict[str, str]) -> str | None:
    try:
        return asin(text) if (text := cells.get("asin", "")) else None
    except Mistake as mistake:
        raise Wrong(f"asin: {mistake}") from mistake


def _number(cells: dict[str, str], column: str) -> int | None:
    text = cells.get(column, "")
    if not text:
        return None
    if not _NUMBER.fullmatch(text) or int(text) > MAX_QUANTITY:
        raise Wrong(f"{column}: a whole number from 0 to {MAX_QUANTITY:,} in digits alone, not {text[:40]!r}")
    return int(text)


def _stated(row: StockRow) -> list[tuple[str, dict[str, Value]]]:
    """Return the kinds of facts that a row states, with their fields in the API's names."""
    stated: list[tuple[str, dict[str, Value]]] = []
    if row.buffer is not None:
        stated.append(("buffer", {"bufferQty": row.buffer}))
    if row.threshold is not None:
        stated.append(("threshold", {"threshold": row.threshold}))
    stated.append(("count", {"count": row.count}))
    if row.asin is not None:
        stated.append(("mapping", {"asin": row.asin}))
    return stated
