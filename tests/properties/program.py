"""The program under test: the projections and codec of one release, and the defects they have for the time being."""

from collections.abc import Sequence
from typing import Any, Literal

from processor.errors import TooNew
from processor.events import Event, Recorded
from processor.projection import Change, Delete, Projection
from processor.streams import StreamId
from projections import PROJECTIONS
from stock import codec
from stock.events import SaleRecorded
from tests.factories import an_event
from tests.properties.scribbles import ScribblesProjection

NOVELTY = "StockMarvelled"
CODEC = "codec"

Ailment = Literal["raises", "writes too much"]


class Bugs:
    """Which event makes whom fail: a projection by its name, or the codec, and with it every projection."""

    def __init__(self) -> None:
        self.active: dict[tuple[str, StreamId, int], Ailment] = {}
        self.ever: set[tuple[str, StreamId, int]] = set()

    def introduce(self, culprit: str, stream: StreamId, version: int, ailment: Ailment) -> None:
        self.active[culprit, stream, version] = ailment
        self.ever.add((culprit, stream, version))

    def fix(self) -> None:
        self.active.clear()

    def of(self, culprit: str, event: Recorded) -> Ailment | None:
        return self.active.get((culprit, event.stream, event.version)) if self.active else None


class Ailing:
    """A projection with bugs: it fails with its state half changed."""

    def __init__(self, projection: Projection[Any], bugs: Bugs) -> None:
        self._projection, self._bugs = projection, bugs
        self.name, self.schema = projection.name, projection.schema
        self.feeds, self.indexes = projection.feeds, projection.indexes
        self.initial, self.decode, self.encode = projection.initial, projection.decode, projection.encode
        self.keys, self.readable, self.glimpse = projection.keys, projection.readable, projection.glimpse

    def apply(self, state: Any, event: Recorded, fact: object) -> Sequence[Change]:
        changes = self._projection.apply(state, event, fact)
        match self._bugs.of(self.name, event):
            case None:
                return changes
            case "raises":
                raise LookupError(f"{self.name} trips over event {event.version}")
            case "writes too much":
                return [Delete(f"none.{place}") for place in range(21)]


class Release:
    """What one process runs. An old release cannot read novelties yet."""

    def __init__(self, bugs: Bugs, *, newest: bool = False) -> None:
        self.newest, self._bugs = newest, bugs

    def decode(self, event: Recorded) -> object:
        if self._bugs.of(CODEC, event) is not None:
            raise ValueError(f"the codec trips over event {event.version}")
        try:
            return codec.decode(event)
        except TooNew:
            if self.newest:
                return SaleRecorded(7)
            raise


PURE: tuple[Projection[Any], ...] = (*PROJECTIONS, ScribblesProjection())
"""Every projection, without bugs."""


def projections(bugs: Bugs) -> list[Projection[Any]]:
    return [Ailing(projection, bugs) for projection in PURE]


def a_novelty(tx: str, *, of_known_type: bool) -> Event:
    """Return an event that only the newest release can read, by its type or by its schema."""
    return an_event(type_="SaleRecorded" if of_known_type else NOVELTY, schema=9, data=b'{"units":7}', tx=tx)


def reads(event: Recorded, *, newest: bool) -> bool:
    """Whether a release can read the event."""
    return newest or event.schema != 9
