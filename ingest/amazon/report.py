"""Amazon's report of customer returns, GET_FBA_FULFILLMENT_CUSTOMER_RETURNS_DATA: tab-separated text, a row per return.

Customers' comments and products' names are not even decoded: they may be in any encoding, and are nobody's business
here. A return is known by its unit's license plate; rows without one by their content and their place among equals.
Its status is no part of that: it changes from one report to the next.
"""

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections import Counter
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from io import BytesIO

import msgspec

from ingest.imports.rows import KEPT, BadRow, FileFact, Findings, Row, Unreadable, Wrong
from ingest.imports.times import read_time
from processor.clock import Instant
from stock.dispositions import Disposition, Pool, disposition
from stock.identities import MAX_QUANTITY, Sku, sku

REPORT = "GET_FBA_FULFILLMENT_CUSTOMER_RETURNS_DATA"
_WANTED = ("return-date", "order-id", "sku", "quantity", "detailed-disposition")
_READ = frozenset({*_WANTED, "fnsku", "fulfillment-center-id", "reason", "license-plate-number"})
_IDENTITY = ("return-date", "order-id", "sku", "fnsku", "fulfillment-center-id", "detailed-disposition", "reason")
_NUMBER = re.compile(r"[0-9]{1,7}")
_MAX_ID = 100


class _Return(msgspec.Struct, frozen=True):
    sku: Sku
    quantity: int
    disposition: Disposition
    order: str | None
    reason: str | None
    at: Instant
    word: str


class ReturnsReport:
    """One report. Overlapping reports tell their common returns under the same identities."""

    def __init__(self, content: bytes, pool: Pool) -> None:
        """Take `pool`: whose shelf the units came back to.

        Raises Unreadable where the first line is not the header of such a report.
        """
        if content.startswith((BOM_UTF16_BE, BOM_UTF16_LE)):
            raise Unreadable("the file is UTF-16: take the report as Amazon sends it, or save it in UTF-8", 1)
        self._content, self._pool = content.removeprefix(BOM_UTF8), pool
        first = self._content.partition(b"\n")[0].rstrip(b"\r\n")
        self._quoted = first.startswith(b'"')
        names = [self._text(cell).lower().replace("_", "-") for cell in first.split(b"\t")]
        self.header = tuple(names)
        missing = [name for name in _WANTED if name not in names]
        if missing:
            advice = f"is it the tab-separated report {REPORT}?"
            raise Unreadable(f"the header lacks {', '.join(missing)}: {advice}", 1)
        self._places = {name: names.index(name) for name in _READ if name in names}

    def check(self) -> Findings:
        """See `ImportFile.check`."""
        good = blank = wrong = 0
        bad: list[BadRow] = []
        unknown: Counter[str] = Counter()
        for number, raw in self._lines():
            if not raw.strip():
                blank += 1
                continue
            found = self._read(number, raw)
            if isinstance(found, BadRow):
                wrong += 1
                bad += [found] if wrong <= KEPT else []
                continue
            good += 1
            if found[0].disposition is Disposition.UNKNOWN:
                unknown[found[0].word[:40]] += 1
        held = (f"{count} with the disposition {word!r} are held as UNKNOWN" for word, count in unknown.most_common(20))
        return Findings(good, good, blank, wrong, tuple(bad), tuple(held))

    def rows(self) -> Iterator[Row | BadRow]:
        """See `ImportFile.rows`."""
        equals: Counter[bytes] = Counter()
        for number, raw in self._lines():
            if not raw.strip():
                continue
            found = self._read(number, raw)
            if isinstance(found, BadRow):
                yield found
                continue
            told, cells = found
            yield Row(number, (self._fact(told, _tx(cells, told.at, equals)),))

    def _lines(self) -> Iterator[tuple[int, bytes]]:
        lines = enumerate(BytesIO(self._content), start=1)
        next(lines, None)
        return lines

    def _read(self, number: int, raw: bytes) -> tuple[_Return, Mapping[str, str]] | BadRow:
        parts = raw.rstrip(b"\r\n").split(b"\t")
        try:
            if len(parts) <= max(self._places.values()):
                raise Wrong(f"{len(parts)} columns, where the header names {len(self.header)}")
            cells = {name: self._text(parts[place]) for name, place in self._places.items()}
            return _return(cells), cells
        except UnicodeDecodeError:
            return BadRow(number, "a column that is needed is not UTF-8 text")
        except ValueError as error:
            return BadRow(number, str(error))

    def _text(self, cell: bytes) -> str:
        text = cell.decode().strip()
        if self._quoted and len(text) > 1 and text[0] == text[-1] == '"':
            text = text[1:-1].replace('""', '"').strip()
        return text

    def _fact(self, told: _Return, tx: str) -> FileFact:
        fields = {
            "quantity": told.quantity,
            "disposition": told.disposition.value,
            "pool": self._pool,
            "orderId": told.order,
            "reason": told.reason,
        }
        stated = {name: value for name, value in fields.items() if value is not None}
        return FileFact("return", told.sku, stated, tx, told.at)


def _return(cells: Mapping[str, str]) -> _Return:
    quantity, word = cells["quantity"], cells["detailed-disposition"]
    if not _NUMBER.fullmatch(quantity) or not 1 <= int(quantity) <= MAX_QUANTITY:
        raise Wrong(f"quantity: a whole number from 1 to {MAX_QUANTITY:,}, not {quantity[:40]!r}")
    if any(len(cells.get(name, "")) > _MAX_ID for name in ("order-id", "license-plate-number")):
        raise Wrong(f"order-id and license-plate-number have at most {_MAX_ID} characters")
    try:
        state = disposition(word)
    except ValueError:
        state = Disposition.UNKNOWN
    reason = cells.get("reason", "")[:_MAX_ID]
    return _Return(
        sku(cells["sku"]), int(quantity), state, cells["order-id"] or None, reason or None, _moment(cells), word
    )


def _moment(cells: Mapping[str, str]) -> Instant:
    text = cells["return-date"]
    try:
        return read_time(text)
    except ValueError as error:
        raise Wrong(f"return-date: a time such as 2026-11-03T08:15:00+00:00, not {text[:40]!r}") from error


def _tx(cells: Mapping[str, str], at: Instant, equals: Counter[bytes]) -> str:
    """Return the return's identity. A plate without a digit (`N/A`) is none."""
    plate = cells.get("license-plate-number", "")
    if any(character.isdigit() for character in plate):
        return f"amazon-return:{plate}"
    content = [at if name == "return-date" else cells.get(name, "") for name in _IDENTITY]
    key = blake2b(msgspec.json.encode(content), digest_size=16)
    equals[key.digest()] += 1
    return f"amazon-return:{key.hexdigest()}:{equals[key.digest()]}"
