"""The engine in one value: what a server, a command or a test builds over a store."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from processor.clock import Clock, system_clock
from processor.generations import Generations
from processor.leases import Leases
from processor.log import Append
from processor.models import Model
from processor.projection import Codec, Projection
from processor.quarantine import Quarantine
from processor.rebuild import Rebuild
from processor.receipts import Settled
from processor.recorder import Recorder
from processor.rung import Rung
from processor.runner import Runner
from processor.store import Store
from processor.streams import StreamId
from processor.sweeper import Sweeper


class Engine:
    """The parts over one store, wired. Nothing runs in the background until `sweeper.start` is called."""

    def __init__(  # noqa: PLR0913 - the engine's parts
        self,
        store: Store,
        projections: Sequence[Projection[Any]],
        codec: Codec,
        *,
        watch: str,
        clock: Clock = system_clock,
        on_rung: Callable[[Rung], None] = lambda _: None,
        append: Callable[[Sequence[Append]], Sequence[Settled]] | None = None,
    ) -> None:
        """Wire the parts: `watch` names the projection that receipts glimpse, `on_rung` hears of every ring.

        `append` is the recorder's.
        """
        self.store = store
        self.leases = Leases(store.registers, clock)
        self.generations = Generations(store.registers, clock)
        self.runner = Runner(store.log, store.models, self.generations, projections, codec)
        self.quarantine = Quarantine(store, self.runner, clock)
        self.rebuild = Rebuild(store, self.runner, self.quarantine, clock)
        self.sweeper = Sweeper(store, self.runner, self.quarantine, on_rung=on_rung)
        self.recorder = Recorder(store, self.runner, watch=watch, on_rung=on_rung, append=append)

    def live(self, projection: str) -> Model:
        """Return the model of `projection` that readers read now."""
        return self.generations.live(projection, self.runner.projections[projection].schema)

    def behind(self, model: Model) -> Iterator[StreamId]:
        """Yield the streams in which `model` lags: those left out whose row is merely kept here to be stored later."""
        found = self.store.models.lagging(model, self.runner.projections[model.projection].feeds)
        return (stream for stream in found if not self.runner.defers(model, stream))

    def close(self) -> None:
        """Finish what was accepted and stop; the store stays open."""
        self.sweeper.stop()
        self.recorder.close()
