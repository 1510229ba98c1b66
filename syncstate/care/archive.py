"""The archive: the log and the registers in one file that any store can be filled from.

Gzip of JSON lines. The first says what it is, the last how much it holds and the blake2b of every byte before it, so
that an archive that was cut short or changed is told from a whole one:

    {"syncstate":"archive","format":1,"made":"2026-11-20T10:00:00.000000Z","place":"the dynamodb store"}
    ["s","acme/sku/TSHIRT-RED-M"]                 a stream; its events follow, from version 1, without gaps
    ["e",1,"SaleRecorded",1,"{...}","tx","digest","occurred","recorded","source",null,null]
    ["r","delivery/acme/amazon/TSHIRT-RED-M","base64"]     a register, after all events
    ["end",events,streams,registers,"newest",  "blake2b, 32 bytes in hexadecimal"]

Read models are not in it: they are the fold of the log.
"""

import gzip
import os
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple, Self

import msgspec

from processor.clock import Instant
from processor.events import Recorded
from processor.streams import StreamId
from syncstate.care import Refused

FORMAT = 1
DIGEST_BYTES = 32
_MAGIC = b"\x1f\x8b"
_LEVEL = 4
_encode, _decode = msgspec.json.Encoder().encode, msgspec.json.Decoder().decode


class ArchiveDamaged(Refused):
    """The archive is not whole, or not what was written."""

    def __init__(self, file: Path, why: str) -> None:
        super().__init__(f"{file} is damaged ({why}): nothing was changed; take another copy of it, or an older backup")


class ArchiveTooNew(Refused):
    """The archive's format is of a later release."""

    def __init__(self, file: Path, found: object) -> None:
        super().__init__(f"{file} has archive format {found}, this release reads {FORMAT}: restore it with a newer one")


class Head(msgspec.Struct, frozen=True):
    """An archive's first line. `place` tells of which store it was made, `made` when that began."""

    syncstate: str
    format: int
    made: Instant
    place: str


class End(NamedTuple):
    """An archive's last line. `blake2b` is of the lines before it, uncompressed."""

    events: int
    streams: int
    registers: int
    newest: Instant | None
    blake2b: str


class Named(NamedTuple):
    """A register as it was."""

    name: str
    value: bytes


Part = StreamId | Recorded | Named
"""A stream, before its events; an event; a register."""


def is_archive(file: Path) -> bool:
    """Tell an archive from a copy of an embedded store. Raises OSError."""
    with file.open("rb") as content:
        return content.read(len(_MAGIC)) == _MAGIC


class Writer:
    """Writes an archive, part by part, into a file that only its owner may read. `end` makes it whole."""

    def __init__(self, path: Path, made: Instant, place: str) -> None:
        """Create the file at `path`. Raises FileExistsError where there is one."""
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._raw = os.fdopen(opened, "wb")
        self._file = gzip.GzipFile(filename="", mode="wb", compresslevel=_LEVEL, fileobj=self._raw, mtime=0)
        self._hash = blake2b(digest_size=DIGEST_BYTES)
        self.events = self.streams = self.registers = 0
        self.newest: Instant | None = None
        self._line(Head("archive", FORMAT, made, place))

    def stream(self, stream: StreamId) -> None:
        """Begin a stream."""
        self.streams += 1
        self._line(["s", str(stream)])

    def event(self, event: Recorded) -> None:
        """Write the stream's next event."""
        self.events += 1
        self.newest = max(self.newest or event.recorded_at, event.recorded_at)
        about = (event.tx_id, event.digest, event.occurred_at, event.recorded_at, event.source)
        led = (event.causation, event.correlation)
        self._line(["e", event.version, event.type, event.schema, event.data.decode(), *about, *led])

    def register(self, name: str, value: bytes) -> None:
        """Write a register."""
        self.registers += 1
        self._line(["r", name, b64encode(value).decode()])

    def end(self) -> End:
        """Write the last line and return it."""
        end = End(self.events, self.streams, self.registers, self.newest, self._hash.hexdigest())
        self._line(["end", *end])
        self.close()
        return end

    def close(self) -> None:
        """Close the file; without `end` before, it is no archive."""
        self._file.close()
        self._raw.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _line(self, part: object) -> None:
        line = _encode(part) + b"\n"
        self._hash.update(line)
        self._file.write(line)


class Reader:
    """Reads an archive from its beginning, a line at a time; whatever is wrong with it is ArchiveDamaged."""

    def __init__(self, file: Path) -> None:
        """Take the file. Raises ArchiveDamaged, ArchiveTooNew, OSError."""
        self._path = file
        self._end: End | None = None
        with self._lines() as lines:
            first = self._read(lines)
        try:
            found = _decode(first)
            if found["syncstate"] != "archive" or found["format"] > FORMAT:
                raise ArchiveTooNew(file, found.get("format"))
            self.head = msgspec.convert(found, Head)
        except (msgspec.MsgspecError, TypeError, KeyError) as error:
            raise ArchiveDamaged(file, "it does not begin as an archive of SyncState does") from error

    def parts(self) -> Iterator[Part]:
        """Yield every part, in order; at the end, what was read is compared with what the last line tells."""
        try:
            yield from self._parts()
        except (ValueError, TypeError) as error:
            raise ArchiveDamaged(self._path, f"a line of it cannot be read: {error}") from error

    def _parts(self) -> Iterator[Part]:
        hashed, events, streams, registers = blake2b(digest_size=DIGEST_BYTES), 0, 0, 0
        stream, version = StreamId("", "", ""), 0
        with self._lines() as lines:
            hashed.update(self._read(lines))
            while line := self._read(lines):
                match found := _line_of(line):
                    case ["s", str(name)]:
                        streams, version = streams + 1, 0
                        yield (stream := StreamId.parse(name))
                    case ["e", int(number), *_] if number == version + 1:
                        events, version = events + 1, number
                        yield _recorded(stream, found)
                    case ["e", number, *_]:
                        raise ArchiveDamaged(self._path, f"{stream}: event {number} follows event {version}")
                    case ["r", str(name), str(value)]:
                        registers += 1
                        yield Named(name, b64decode(value))
                    case ["end", *told]:
                        end = End(*told)
                        if end != End(events, streams, registers, end.newest, hashed.hexdigest()):
                            raise ArchiveDamaged(self._path, "its content is not what its last line tells")
                        self._end = end
                        return
                    case _:
                        raise ArchiveDamaged(self._path, f"a line of it is unknown: {line[:60]!r}")
                hashed.update(line)
        raise ArchiveDamaged(self._path, f"it ends after {events:,} events, before its end")

    def whole(self) -> End:
        """Read all of it through, once, and return its last line. Raises ArchiveDamaged."""
        if self._end is None:
            for _ in self.parts():
                pass
        assert self._end is not None  # noqa: S101 - `parts` ends with it or raises
        return self._end

    def _lines(self) -> gzip.GzipFile:
        return gzip.GzipFile(self._path, "rb")

    def _read(self, lines: gzip.GzipFile) -> bytes:
        try:
            return lines.readline()
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise ArchiveDamaged(self._path, f"it cannot be unpacked: {error}") from error


def _line_of(line: bytes) -> list[Any]:
    return msgspec.json.decode(line, type=list[Any])


def _recorded(stream: StreamId, line: list[Any]) -> Recorded:
    _, version, type_, schema, data, *about = line
    return Recorded(stream, version, type_, schema, data.encode(), *about)
