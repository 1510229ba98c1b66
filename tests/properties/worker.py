"""A process: the engine's parts over a shared store, with trouble of its own."""

from collections.abc import Callable, Sequence

from processor.clock import Clock
from processor.errors import Retryable
from processor.generations import Generations
from processor.log import Append
from processor.quarantine import Quarantine
from processor.rebuild import Rebuild
from processor.receipts import Receipt
from processor.recorder import Recorder
from processor.rung import Rung
from processor.runner import Runner
from processor.source import Doorbell
from processor.store import Store
from processor.streams import StreamId
from processor.sweeper import Sweeper
from tests.properties.faults import Crash, Fault, FaultyStore, Trouble
from tests.properties.program import Bugs, Release, projections

ATTEMPTS = 3
"""How often poison must fail in one process before its pair is held."""

PAGE = 4
"""Events read at once: few, so that reads are cut."""


class Worker:
    """One process of one release. After a crash it starts anew over the same store."""

    def __init__(self, store: Store, clock: Clock, bugs: Bugs) -> None:
        self._shared, self._clock, self._bugs = store, clock, bugs
        self.release = Release(bugs)
        self.hidden: Callable[[StreamId], bool] = lambda _: False
        self.start()

    def start(self) -> None:
        """Begin with empty caches and nothing counted."""
        self.trouble = Trouble()
        self.store = FaultyStore(self._shared, self.trouble)
        self.store.log.hidden = lambda stream: self.hidden(stream)  # noqa: PLW0108 - set anew by machines
        self.log = self.store.log
        self.generations = Generations(self.store.registers, self._clock)
        self.runner = Runner(
            self.store.log,
            self.store.models,
            self.generations,
            projections(self._bugs),
            self.release.decode,
            races=ATTEMPTS,
            page=PAGE,
            cached_keys=3,
        )
        self.quarantine = Quarantine(self.store, self.runner, self._clock, attempts=ATTEMPTS)
        self.rebuild = Rebuild(self.store, self.runner, self.quarantine, self._clock)
        self.sweep_anew()

    def sweep_anew(self) -> None:
        """Let so much time pass that the sweeper tries again what it had put aside."""
        self.sweeper = Sweeper(self.store, self.runner, self.quarantine)

    def attempt(
        self, act: Callable[[], object], fault: Fault | None = None, meanwhile: Callable[[], None] | None = None
    ) -> bool:
        """Do `act` while `fault` may strike; answer whether it ended well. A crash starts the process anew."""
        try:
            with self.trouble.coming(fault, meanwhile):
                act()
        except Crash:
            self.start()
            return False
        except Retryable:
            return False
        return True

    def ring(self, bells: Sequence[Doorbell], *, settle: bool = True) -> Rung:
        """Ring as the sweeper does, or as a writer does: storing later what nobody can see."""
        if settle:
            return self.runner.ring(bells)
        rung = self.runner.fold(bells)
        self.runner.keep(rung)
        return rung

    def record(self, appends: Sequence[Append], watch: str) -> list[Receipt]:
        """Record through a recorder, and wait until its folds have ended."""
        recorder = Recorder(self.store, self.runner, watch=watch, on_rung=lambda _: None, lanes=1)
        try:
            return recorder.record(appends)
        finally:
            recorder.close()
