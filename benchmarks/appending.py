"""Durable appends from one thread: one event per call, and groups of a hundred."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from typing import TypeVar

from benchmarks.kinds import Kind
from benchmarks.peer import Datastore, Numbering, recorder
from benchmarks.peer_app import Shop
from benchmarks.report import Row, Section
from benchmarks.rounds import Side, interleave, rate
from benchmarks.traffic import Fact, Traffic, appends, envelope
from processor.store import Store

GROUP = 100
TARGETS = {"SQLite": {1: 1.5, GROUP: 2.0}, "PostgreSQL": {1: 2.5, GROUP: 2.0}}

T = TypeVar("T")


def measure(kind: Kind, rounds: int, *, quick: bool) -> Section:
    """Measure appends of events that are bytes already, and of facts that are values still."""
    rows: list[Row] = []
    for size in (1, GROUP):
        number = size * (5 if quick else 500 if size == 1 else 40)
        with ExitStack() as stack:
            sides = _sides(kind, stack, number, size)
            found = interleave(rounds, sides)
        name = "one event" if size == 1 else f"groups of {size}"
        target = TARGETS[kind.name][size]
        rows.append(Row(f"{name}, stored bytes", found["ours"], found["peer "], target))
        rows += (
            Row(f"{name}, stored bytes; the peer with {way}", found["ours"], found[f"peer {way}"], target)
            for way in kind.peers
            if way
        )
        rows.append(Row(f"{name}, from the fact", found["ours from facts"], found["peer from facts"], target))
    return Section(f"{kind.name}: durable append", "events/s", tuple(rows), (_NOTE,))


_NOTE = """\
*Stored bytes*: the events are encoded before the clock starts. Ours is `EventLog.append`, which also looks every
`tx_id` up, assigns versions and answers an outcome per event; the peer's is `ApplicationRecorder.insert_events`, which
is told the versions and knows no `tx_id`. *From the fact*: encoding included; ours `stock.facts.fact` and `append`, the
peer's `Aggregate.trigger_event` and `Application.save`, its aggregates at hand."""


def _sides(kind: Kind, stack: ExitStack, number: int, size: int) -> dict[str, Side]:
    ours = stack.enter_context(closing(kind.ours())).store
    facts = stack.enter_context(closing(kind.ours())).store
    sides = {"ours": _ours(ours, number, size)}
    for way, make in kind.peers.items():
        sides[f"peer {way}"] = _peer(stack.enter_context(closing(make())), number, size)
    sides["ours from facts"] = _ours_from_facts(facts, number, size)
    sides["peer from facts"] = _peer_from_facts(stack.enter_context(closing(Shop(kind.environment()))), number, size)
    return sides


def _ours(store: Store, number: int, size: int) -> Side:
    traffic = Traffic()

    def work() -> float:
        calls = [appends(group) for group in _groups(traffic.arrivals(number), size)]
        return rate(number, lambda: _each(store.log.append, calls))

    return work


def _peer(datastore: Datastore, number: int, size: int) -> Side:
    traffic, numbering, log = Traffic(), Numbering(), recorder(datastore)

    def work() -> float:
        calls = list(_groups(numbering.stored(traffic.arrivals(number)), size))
        return rate(number, lambda: _each(log.insert_events, calls))

    return work


def _ours_from_facts(store: Store, number: int, size: int) -> Side:
    traffic = Traffic()

    def tell(facts: Sequence[Fact]) -> None:
        store.log.append(appends([(told.stream, envelope(told)) for told in facts]))

    def work() -> float:
        calls = list(_groups(list(traffic.facts(number)), size))
        return rate(number, lambda: _each(tell, calls))

    return work


def _peer_from_facts(shop: Shop, number: int, size: int) -> Side:
    traffic = Traffic()

    def work() -> float:
        facts = list(traffic.facts(number))
        shop.know([told.stream for told in facts])
        calls = list(_groups(facts, size))
        return rate(number, lambda: _each(shop.save, calls))

    return work


def _groups(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def _each(call: Callable[[Sequence[T]], object], groups: Sequence[Sequence[T]]) -> None:
    for group in groups:
        call(group)
