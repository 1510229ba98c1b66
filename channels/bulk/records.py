"""What is kept of a seller's feed: the register `feed/<tenant>/<channel>`, and its lines in pages beside it.

The lines are written first, then the record, and only then the channel is asked for anything:

    prepared    the lines stand; delivery rows are being written; a document may have been made and uploaded
    creating    the feed may have been made
    created     it was made, and is known by its id; the log may not tell yet that its quantities were taken
    carried     the log tells that
    idle        it is over, and all that became of its lines is told

The record is written anew whenever somebody takes the seller over: what an earlier holder would write then fails.
"""

from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from processor.clock import Instant
from processor.registers import Registers
from stock.identities import Channel, Sku

PAGE = 100
"""So many lines in one register, which holds 300 kB."""

State = Literal["idle", "prepared", "creating", "created", "carried"]


class Line(msgspec.Struct, frozen=True):
    """One quantity of a feed, and the attempt it is told under. Message n tells of line n, counted from 1."""

    sku: Sku
    listing: str
    product_type: str
    quantity: int
    cause_version: int
    attempt: int


class Record(msgspec.Struct, frozen=True):
    """A seller's newest feed, number `number`, of so many `lines`.

    `since` is when it was, or was about to be, created; `tries` are all such moments that still count against the rate
    of it, the newest last. `took` is how many seconds feeds took lately, 0 where none ever ended.
    """

    number: int = 0
    state: State = "idle"
    lines: int = 0
    fence: int = 0
    document: str = ""
    feed: str = ""
    since: Instant = Instant("")
    tries: tuple[Instant, ...] = ()
    took: float = 0.0


class LinesMissing(Exception):
    """The lines of a feed are not all there, as its record says they are: somebody wrote to the store beside us."""

    def __init__(self, name: str, number: int) -> None:
        super().__init__(f"the lines of feed {number} are not all there: {name}")
        self.name, self.number = name, number


class _Page(msgspec.Struct, frozen=True):
    number: int
    lines: tuple[Line, ...]


class Feedbook:
    """The record of one seller's feeds. Raises StoreUnavailable as registers do."""

    def __init__(self, registers: Registers, tenant: str, channel: Channel) -> None:
        self._registers, self._name = registers, f"feed/{tenant}/{channel}"

    def read(self) -> tuple[Record, int]:
        """Return the record and its revision. Strongly consistent."""
        register = self._registers.read(self._name)
        if register is None:
            return Record(), 0
        return msgspec.json.decode(register.value, type=Record), register.revision

    def write(self, record: Record, revision: int) -> bool:
        """Replace the record of that revision; False where another has written since."""
        return self._registers.write(self._name, msgspec.json.encode(record), revision)

    def keep(self, number: int, lines: Sequence[Line]) -> bool:
        """Write the lines of a feed; False where those of a later one stand there, or are being written."""
        pages = [tuple(lines[first : first + PAGE]) for first in range(0, len(lines), PAGE)]
        for place, page in enumerate(pages):
            name = self._page(place)
            register = self._registers.read(name)
            if register is not None and msgspec.json.decode(register.value, type=_Page).number > number:
                return False
            value = msgspec.json.encode(_Page(number, page))
            if not self._registers.write(name, value, register.revision if register else 0):
                return False
        return True

    def lines(self, record: Record) -> Iterator[Line]:
        """Yield the lines of the feed, in order. Raises LinesMissing where they are not all there."""
        for place in range(-(-record.lines // PAGE)):
            register = self._registers.read(self._page(place))
            page = msgspec.json.decode(register.value, type=_Page) if register else None
            if page is None or page.number != record.number:
                raise LinesMissing(self._page(place), record.number)
            yield from page.lines

    def _page(self, place: int) -> str:
        return f"{self._name}/{place}"
