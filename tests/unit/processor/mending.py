"""A small program with defects to order: two projections over two streams, on a clock that is set."""

from collections.abc import Sequence

from processor.adapters.memory import MemoryStore
from processor.engine import Engine
from processor.models import Model, Row
from processor.ops import ProjectionQuarantined, ProjectionRedriven, ops_stream
from processor.projection import Projection
from processor.streams import StreamId
from projections import AlertsProjection, InventoryProjection
from stock.codec import decode
from tests.factories import a_sale, an_append
from tests.properties.program import Ailing, Bugs, Release
from tests.properties.scribbles import ScribblesProjection
from tests.stores import FixedClock

SHIRT = StreamId("acme", "sku", "T")
ON_AMAZON = StreamId("acme", "channel", "amazon:T")


class Workshop:
    """An engine over memory whose projections fail where `bugs` says."""

    def __init__(self) -> None:
        self.clock, self.bugs = FixedClock(), Bugs()
        self.store = MemoryStore(self.clock)
        folds: Sequence[Projection[object]] = (InventoryProjection(), ScribblesProjection(), AlertsProjection())  # type: ignore[assignment]
        self.engine = Engine(
            self.store,
            [Ailing(fold, self.bugs) for fold in folds],
            Release(self.bugs).decode,
            watch="inventory",
            clock=self.clock,
        )

    def append(self, *streams: StreamId, number: int = 1) -> None:
        for stream in streams:
            self.store.log.append([an_append(stream, *(a_sale() for _ in range(number)))])

    def sweep(self, times: int = 1) -> None:
        for _ in range(times):
            self.engine.sweeper.sweep()

    def row(self, projection: str, stream: StreamId = SHIRT, generation: int | None = None) -> Row:
        """Return the row that `stream` feeds, of the live model where no generation is named."""
        model = self.engine.live(projection) if generation is None else Model(projection, generation)
        key = SHIRT if stream == ON_AMAZON else stream
        return self.store.models.load(model, [key]).get(key) or Row(b"", {})

    def at(self, projection: str, stream: StreamId = SHIRT, generation: int | None = None) -> int:
        return self.row(projection, stream, generation).positions.get(stream, 0)

    def told(self, projection: str) -> list[tuple[str, int]]:
        """Return what the engine told of a projection: whether it stopped or went on, and at which event."""
        events = map(decode, self.store.log.read(ops_stream("acme", projection)))
        return [
            ("stopped" if isinstance(fact, ProjectionQuarantined) else "redriven", fact.version)
            for fact in events
            if isinstance(fact, ProjectionQuarantined | ProjectionRedriven)
        ]
