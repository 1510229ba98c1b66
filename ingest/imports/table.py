"""CSV as spreadsheets write it, after RFC 4180: a byte order mark, CRLF, quotes, `;` or a tab for `,` are all fine."""

import csv
import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator, Sequence
from io import BytesIO, TextIOWrapper

import msgspec

from ingest.imports.rows import Unreadable

_SEPARATORS = ",;\t"
_SEPARATOR_LINE = re.compile(f'"?sep=([{_SEPARATORS}])"?', re.IGNORECASE)
_LINE_END = re.compile(rb"\r\n?|\n")


class Line(msgspec.Struct, frozen=True):
    """One record: the line it begins on, and its cells, trimmed."""

    number: int
    cells: tuple[str, ...]

    @property
    def blank(self) -> bool:
        """Whether nothing stands in it."""
        return not any(self.cells)


class Table:
    """Text with a header line. It is read from its bytes each time, so a long file takes no more than they do."""

    def __init__(self, content: bytes, wanted: Sequence[str]) -> None:
        """Find the header; its names are told apart by neither case nor spaces.

        Raises Unreadable for text that is not UTF-8, and for a header that lacks a name of `wanted` or repeats one.
        """
        _check_encoding(content)
        self._content = content
        self._separator, self._begins = _header_place(content)
        found = next(self._records(), None)
        if found is None:
            raise Unreadable("the file is empty: its first line must name the columns")
        self.header = tuple("_".join(cell.lower().split()) for cell in found.cells)
        missing = [name for name in wanted if name not in self.header]
        if missing:
            named = ", ".join(cell for cell in found.cells if cell)[:200]
            raise Unreadable(f"the header must name {' and '.join(missing)}; it names: {named}", found.number)
        twice = next((name for name in self.header if name and self.header.count(name) > 1), None)
        if twice is not None:
            raise Unreadable(f"the header names {twice!r} twice: remove one of the columns", found.number)

    def lines(self) -> Iterator[Line]:
        """Yield what comes after the header. Raises Unreadable where quotes are broken: all after them is doubtful."""
        records = self._records()
        next(records)
        yield from records

    def _records(self) -> Iterator[Line]:
        text = TextIOWrapper(BytesIO(self._content), encoding="utf-8-sig", newline="")
        for _ in range(self._begins):
            text.readline()
        reader = csv.reader(text, delimiter=self._separator, strict=True)
        begins = 1
        try:
            for cells in reader:
                yield Line(self._begins + begins, tuple(cell.strip() for cell in cells))
                begins = reader.line_num + 1
        except csv.Error as error:
            if "field limit" in str(error):
                most = f"{csv.field_size_limit():,}"
                reason = f"a cell of the row that begins here has more than {most} characters: is a quote left open?"
                raise Unreadable(reason, self._begins + begins) from error
            reason = f"the quotes of the row that begins here are broken ({error}): write a quote within quotes twice"
            raise Unreadable(reason, self._begins + begins) from error


def _check_encoding(content: bytes) -> None:
    if content.startswith((BOM_UTF16_BE, BOM_UTF16_LE)):
        raise Unreadable("the file is UTF-16: save it as CSV in UTF-8", 1)
    try:
        content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Unreadable("the text is not UTF-8: save the file as CSV in UTF-8", line) from error


def _header_place(content: bytes) -> tuple[str, int]:
    """Return the separator, and how many lines to leave out: spreadsheets may write `sep=;` first."""
    first = _LINE_END.split(content.removeprefix(BOM_UTF8), maxsplit=1)[0].decode()
    named = _SEPARATOR_LINE.fullmatch(first)
    return (named[1], 1) if named else (max(_SEPARATORS, key=first.count), 0)
