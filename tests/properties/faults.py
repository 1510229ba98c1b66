"""A real store that fails on purpose: before a call, after it, half-way, or by the end of the process."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Literal, TypeVar

import msgspec

from processor.errors import StoreUnavailable
from processor.events import Recorded
from processor.log import Append, EventLog, FactId, Outcome
from processor.models import Commit, Document, Held, Model, Page, Row
from processor.registers import Register, Registers
from processor.store import Models, Store
from processor.streams import StreamId

T = TypeVar("T")

Kind = Literal["refused", "answer lost", "half done", "torn", "dies before", "dies after", "dies half-way", "meanwhile"]
"""What befalls a call to a port.

`refused` did nothing, `answer lost` did all, `half done` did the first part of what may be done in parts (appends or
commits that stand each alone): all three raise StoreUnavailable. The three ways to die are the same with Crash.
`torn`: a read shows the beginning of a run only. `meanwhile`: something else happens first.
"""

ENDLESS = 3000
"""So many calls in one step mean that it never ends."""

FAILURES: tuple[Kind, ...] = ("refused", "answer lost", "half done", "torn")
DEATHS: tuple[Kind, ...] = ("dies before", "dies after", "dies half-way")
_BEFORE = ("refused", "dies before")


class Crash(BaseException):
    """The process ends here: nothing that would handle an error runs."""


class Endless(BaseException):
    """The engine goes round and round."""


class Fault(msgspec.Struct, frozen=True):
    """`kind` befalls the call that comes `after` so many others."""

    kind: Kind
    after: int = 0


class Trouble:
    """What is going to go wrong. Each fault strikes once; `calls` tells which ports were asked in this step.

    `struck` tells whether any fault found its call.
    """

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.meanwhile: Callable[[], None] | None = None
        self.struck = False
        self._fault: Fault | None = None
        self._wrong: AssertionError | None = None
        self._units = 0

    @contextmanager
    def coming(self, fault: Fault | None, meanwhile: Callable[[], None] | None = None) -> Iterator[None]:
        """Let `fault` strike within; one that did not find its call is forgotten."""
        self._fault, self.meanwhile = fault, meanwhile
        try:
            yield
        finally:
            self._fault = self.meanwhile = None
        if self._wrong is not None:
            raise self._wrong

    def call(
        self,
        operation: str,
        whole: Callable[[], T],
        half: Callable[[], object] | None = None,
        torn: Callable[[T], T] | None = None,
    ) -> T:
        """Do `whole`, unless a fault strikes."""
        self.calls.append(operation)
        if len(self.calls) > ENDLESS:
            raise Endless(f"the step does not end: {self.calls[-20:]}")
        kind = self._strikes(can_tear=torn is not None)
        if kind in _BEFORE:
            raise _error(kind, operation)
        if kind in ("half done", "dies half-way"):
            (half or whole)()
            raise _error(kind, operation)
        if kind == "meanwhile":
            self._something_else()
        answer = whole()
        if kind in ("answer lost", "dies after"):
            raise _error(kind, operation)
        return torn(answer) if kind == "torn" and torn is not None else answer

    def _strikes(self, *, can_tear: bool) -> Kind | None:
        fault = self._fault
        if fault is None:
            return None
        if fault.after > 0:
            self._fault = Fault(fault.kind, fault.after - 1)
            return None
        if (fault.kind == "torn" and not can_tear) or (fault.kind == "meanwhile" and self._units):
            return None
        self._fault, self.struck = None, True
        return fault.kind

    def _something_else(self) -> None:
        """Do it. What it finds wrong is told at the end of the step, whoever catches errors until then."""
        try:
            if self.meanwhile is not None:
                self.meanwhile()
        except AssertionError as error:
            self._wrong = error

    @contextmanager
    def unit(self, store: Store) -> Iterator[None]:
        """Run a unit of work of `store`; a fault may strike where it would become durable."""
        self._units += store.joins
        outermost = self._units == 1
        kind: Kind | None = None
        try:
            with store.unit():
                yield
                kind = self._strikes(can_tear=False) if outermost else None
                if kind in _BEFORE:
                    raise _error(kind, "commit the unit")
            if kind is not None:
                raise _error(kind, "commit the unit")
        finally:
            self._units -= store.joins


def _error(kind: Kind | None, operation: str) -> BaseException:
    if kind in DEATHS:
        return Crash(f"{kind}: {operation}")
    return StoreUnavailable(operation, str(kind))


class FaultyStore:
    """`store`, troubled."""

    def __init__(self, store: Store, trouble: Trouble) -> None:
        self._store, self._trouble = store, trouble
        self.log = FaultyLog(store.log, trouble)
        self.models = FaultyModels(store.models, trouble)
        self.registers = FaultyRegisters(store.registers, trouble)

    @contextmanager
    def unit(self) -> Iterator[None]:
        with self._trouble.unit(self._store):
            yield

    @property
    def joins(self) -> bool:
        return self._store.joins

    def close(self) -> None:
        """The store itself belongs to the test."""


class FaultyLog:
    """`log`, troubled. `hidden` streams are too young for the catalogue to show."""

    def __init__(self, log: EventLog, trouble: Trouble) -> None:
        self._log, self._trouble = log, trouble
        self.hidden: Callable[[StreamId], bool] = lambda _: False

    def append(self, appends: Sequence[Append]) -> list[Outcome]:
        half = appends[: len(appends) // 2]
        return self._trouble.call(
            "append", lambda: self._log.append(appends), lambda: self._log.append(half) if half else None
        )

    def read(self, stream: StreamId, after: int = 0, limit: int | None = None) -> Iterator[Recorded]:
        def whole() -> list[Recorded]:
            return list(self._log.read(stream, after, limit))

        events = self._trouble.call("read", whole, torn=_torn_run)
        return iter(events)

    def read_many(self, after: Mapping[StreamId, int], limit: int) -> dict[StreamId, list[Recorded]]:
        return self._trouble.call("read_many", lambda: self._log.read_many(after, limit), torn=_torn_runs)

    def heads(self, streams: Sequence[StreamId]) -> dict[StreamId, int]:
        return self._trouble.call("heads", lambda: self._log.heads(streams))

    def find(self, facts: Sequence[FactId]) -> dict[FactId, Recorded]:
        return self._trouble.call("find", lambda: self._log.find(facts))

    def streams(self, tenant: str | None = None, shard: int = 0, shards: int = 1) -> Iterator[StreamId]:
        known = self._trouble.call("streams", lambda: list(self._log.streams(tenant, shard, shards)))
        return iter([stream for stream in known if not self.hidden(stream)])

    def count(self, tenant: str, category: str) -> int:
        return self._trouble.call("count", lambda: self._log.count(tenant, category))

    def named(self, tenant: str, tx_ids: Sequence[str]) -> list[FactId]:
        return self._trouble.call("named", lambda: self._log.named(tenant, tx_ids))


class FaultyModels:
    """`models`, troubled."""

    def __init__(self, models: Models, trouble: Trouble) -> None:
        self._models, self._trouble = models, trouble

    def load(self, model: Model, keys: Sequence[StreamId]) -> dict[StreamId, Row]:
        return self._trouble.call("load", lambda: self._models.load(model, keys))

    def commit(self, commits: Sequence[Commit]) -> list[bool]:
        half = commits[:-1]
        return self._trouble.call(
            "commit", lambda: self._models.commit(commits), lambda: self._models.commit(half) if half else None
        )

    def get(self, model: Model, tenant: str, ids: Sequence[str]) -> dict[str, Document]:
        return self._trouble.call("get", lambda: self._models.get(model, tenant, ids))

    def drop(self, model: Model) -> None:
        self._trouble.call("drop", lambda: self._models.drop(model))

    def rows(self, model: Model, tenant: str, category: str, after: str | None = None, limit: int = 100) -> Page:
        return self._trouble.call("rows", lambda: self._models.rows(model, tenant, category, after, limit))

    def query(
        self,
        model: Model,
        tenant: str,
        index: int,
        partition: str,
        *,
        after: str | None = None,
        limit: int = 100,
        newest_first: bool = False,
    ) -> Page:
        return self._trouble.call(
            "query",
            lambda: self._models.query(
                model, tenant, index, partition, after=after, limit=limit, newest_first=newest_first
            ),
        )

    def lagging(self, model: Model, feeds: Mapping[str, str], shard: int = 0, shards: int = 1) -> Iterator[StreamId]:
        return iter(self._trouble.call("lagging", lambda: list(self._models.lagging(model, feeds, shard, shards))))

    def held(self, model: Model, tenant: str | None = None) -> Iterator[tuple[StreamId, StreamId, Held]]:
        return iter(self._trouble.call("held", lambda: list(self._models.held(model, tenant))))


class FaultyRegisters:
    """`registers`, troubled."""

    def __init__(self, registers: Registers, trouble: Trouble) -> None:
        self._registers, self._trouble = registers, trouble

    def read(self, name: str) -> Register | None:
        return self._trouble.call("read register", lambda: self._registers.read(name))

    def write(self, name: str, value: bytes, expected: int) -> bool:
        return self._trouble.call("write register", lambda: self._registers.write(name, value, expected))

    def scan(self, prefix: str) -> Iterator[tuple[str, Register]]:
        return iter(self._trouble.call("scan registers", lambda: list(self._registers.scan(prefix))))


def _torn_run(run: list[Recorded]) -> list[Recorded]:
    return run[: len(run) // 2]


def _torn_runs(runs: dict[StreamId, list[Recorded]]) -> dict[StreamId, list[Recorded]]:
    return {stream: _torn_run(run) for stream, run in runs.items() if len(run) > 1}
