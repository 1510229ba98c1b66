"""Dead letters on every kind of store: kept whole, told once, released once, whatever dies on the way."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import TypeVar, cast

import pytest

from processor.arrivals import Arrival, Place
from processor.deadletters import PIECE, DeadLetters
from processor.engine import Engine
from processor.log import Append, Outcome
from processor.ops import RecordQuarantined, RecordReleased, ops_stream
from processor.registers import Register
from processor.store import Store
from projections import PROJECTIONS
from projections.alerts.queries import AlertQueries
from stock.codec import Fact, decode
from tests.factories import MORNING
from tests.integration.channels.accidents import Killed, Trap
from tests.stores import Eventually, FixedClock

TENANT = "acme"
BYTES = bytes(range(256))
Answer = TypeVar("Answer")
Crash = tuple[str, int]


def a_record(data: bytes = BYTES, number: int = 1, sub: int | None = None) -> Arrival:
    return Arrival(Place("kinesis", "orders", "shardId-000000000000", f"{number:056d}", sub), data, MORNING)


@pytest.fixture
def engine(store: Store, clock: FixedClock) -> Iterator[Engine]:
    engine = Engine(store, PROJECTIONS, decode, watch="inventory", clock=clock)
    yield engine
    engine.close()


@pytest.fixture
def letters(engine: Engine, clock: FixedClock) -> DeadLetters:
    return DeadLetters(engine.store, engine.runner, clock)


def told(engine: Engine) -> list[Fact]:
    return [decode(event) for event in engine.store.log.read(ops_stream(TENANT, "kinesis"))]


def names(letters: DeadLetters, tenant: str = TENANT) -> list[str]:
    return [letter.id for letter in letters.waiting(tenant)]


@pytest.mark.parametrize("size", [0, 1, PIECE, PIECE + 1, 1024 * 1024 + 16])
def test_a_record_is_kept_whole_whatever_its_length(letters: DeadLetters, eventually: Eventually, size: int) -> None:
    record = a_record((BYTES * (size // 256 + 1))[:size])
    letter = letters.keep(TENANT, record, "why")
    eventually(lambda: list(letters.waiting(TENANT)), [letter])
    assert letters.record(letter) == record
    assert (letter.size, letter.tries, letter.error) == (size, 1, "why")


def test_keeping_a_record_again_changes_nothing(letters: DeadLetters, engine: Engine, clock: FixedClock) -> None:
    first = letters.keep(TENANT, a_record(), "why")
    clock.advance(timedelta(minutes=1))
    assert letters.keep(TENANT, a_record(), "another why") == first
    assert told(engine) == [RecordQuarantined("kinesis", first.id, "why")]


def test_a_letter_is_its_tenants_own(letters: DeadLetters, eventually: Eventually) -> None:
    letter = letters.keep(TENANT, a_record(), "why")
    letters.keep("acme-2", a_record(), "why")
    eventually(lambda: (names(letters), names(letters, "acme-2")), ([letter.id], [letter.id]))
    assert letters.find("acme-3", letter.id) is None
    letters.release(letter)
    eventually(lambda: (names(letters), names(letters, "acme-2")), ([], [letter.id]))


def test_a_released_letter_is_gone_and_its_bytes_with_it(
    letters: DeadLetters, engine: Engine, eventually: Eventually
) -> None:
    letter = letters.keep(TENANT, a_record(), "why")
    assert letters.release(letter)
    assert letters.find(TENANT, letter.id) is None
    assert not letters.release(letter), "only one releases it"
    with pytest.raises(LookupError):
        letters.record(letter)
    eventually(lambda: names(letters), [])
    assert BYTES not in b"".join(register.value for _, register in engine.store.registers.scan(""))
    assert told(engine)[1:] == [RecordReleased("kinesis", letter.id)]


def test_one_that_fails_again_says_how_often_and_why(letters: DeadLetters) -> None:
    letter = letters.keep(TENANT, a_record(), "why")
    letters.failed(letter, "why now")
    found = letters.find(TENANT, letter.id)
    assert found is not None
    assert (found.tries, found.error) == (2, "why now")
    letters.release(letter)
    letters.failed(letter, "too late")
    assert letters.find(TENANT, letter.id) is None


def test_a_record_that_comes_again_and_is_wrong_again_waits_again(letters: DeadLetters, engine: Engine) -> None:
    """As an older release would find it, while a deploy rolls."""
    letters.release(letters.keep(TENANT, a_record(), "why"))
    again = letters.keep(TENANT, a_record(), "why")
    assert letters.record(again) == a_record()
    kinds = [type(fact).__name__ for fact in told(engine)]
    assert kinds == ["RecordQuarantined", "RecordReleased", "RecordQuarantined"]


def test_one_that_was_discarded_stays_so(letters: DeadLetters, engine: Engine) -> None:
    letters.release(letters.keep(TENANT, a_record(), "why"), discarded=True)
    letters.keep(TENANT, a_record(), "why")
    assert letters.find(TENANT, str(a_record().place)) is None
    assert told(engine)[1:] == [RecordReleased("kinesis", str(a_record().place), discarded=True)]


def test_alerts_tell_of_the_first_and_of_tenfolds_not_of_each(letters: DeadLetters, engine: Engine) -> None:
    for number in range(1, 13):
        letters.keep(TENANT, a_record(number=number), "why")
    alerts = AlertQueries(engine.store.models, lambda: engine.live("alerts")).all(TENANT)[0]
    assert sorted(alert.message.partition(" from")[0] for alert in alerts) == ["10 records", "a record"]
    assert {(alert.type, alert.severity) for alert in alerts} == {("manual_review", "critical")}


class _Dying:
    """A store's registers and log, in a process that is killed around one of their writes."""

    def __init__(self, store: Store, *, before: Trap | None = None, after: Trap | None = None) -> None:
        self._registers, self._log = store.registers, store.log
        self._before, self._after = before, after

    registers = property(lambda self: self)
    log = property(lambda self: self)

    def write(self, name: str, value: bytes, expected: int) -> bool:
        return self._done(lambda: self._registers.write(name, value, expected))

    def append(self, appends: Sequence[Append]) -> list[Outcome]:
        return self._done(lambda: self._log.append(appends))

    def read(self, name: str) -> Register | None:
        return self._registers.read(name)

    def scan(self, prefix: str) -> Iterator[tuple[str, Register]]:
        return self._registers.scan(prefix)

    def _done(self, call: Callable[[], Answer]) -> Answer:
        if self._before and self._before.springs():
            raise Killed
        answer = call()
        if self._after and self._after.springs():
            raise Killed
        return answer


def dying(engine: Engine, clock: FixedClock, crash: Crash) -> DeadLetters:
    side, step = crash
    trap = Trap(step)
    store = _Dying(engine.store, before=trap) if side == "before" else _Dying(engine.store, after=trap)
    return DeadLetters(cast(Store, store), engine.runner, clock)


@pytest.mark.parametrize("crash", [(side, step) for side in ("before", "after") for step in range(1, 5)])
def test_a_crash_at_any_step_of_keeping_is_healed_by_the_redelivery(
    engine: Engine, letters: DeadLetters, clock: FixedClock, eventually: Eventually, crash: Crash
) -> None:
    """Two pieces, the header, the event."""
    record = a_record(BYTES * 1024 + b"and a second piece")
    with pytest.raises(Killed):
        dying(engine, clock, crash).keep(TENANT, record, "why")
    eventually(lambda: [letters.record(letter) for letter in letters.waiting(TENANT)], [record][: whole_by(crash)])
    letters.keep(TENANT, record, "why")
    eventually(lambda: [letters.record(letter) for letter in letters.waiting(TENANT)], [record])
    assert told(engine) == [RecordQuarantined("kinesis", str(record.place), "why")]


def whole_by(crash: Crash) -> int:
    """Return how many whole letters there are by then."""
    side, step = crash
    return int(step > 3 or (step == 3 and side == "after"))


@pytest.mark.parametrize("crash", [(side, step) for side in ("before", "after") for step in range(1, 4)])
def test_a_crash_at_any_step_of_releasing_leaves_it_waiting_or_gone(
    engine: Engine, letters: DeadLetters, clock: FixedClock, crash: Crash
) -> None:
    """The event, the header, the bytes."""
    letter = letters.keep(TENANT, a_record(), "why")
    with pytest.raises(Killed):
        dying(engine, clock, crash).release(letter)
    waits = letters.find(TENANT, letter.id)
    if waits is not None:
        assert letters.record(waits) == a_record()
        letters.release(waits)
    assert letters.find(TENANT, letter.id) is None
    assert told(engine)[1:] == [RecordReleased("kinesis", letter.id)]


def test_two_that_keep_the_same_record_at_once_keep_one(
    engine: Engine, letters: DeadLetters, clock: FixedClock, eventually: Eventually
) -> None:
    """Whatever one has done when the other does all."""
    for number in range(1, 5):
        record = a_record(number=number)

        class Meanwhile(_Dying):
            def _done(self, call: Callable[[], Answer], record: Arrival = record) -> Answer:
                if self._before and self._before.springs():
                    letters.keep(TENANT, record, "first")
                return call()

        slow = DeadLetters(cast(Store, Meanwhile(engine.store, before=Trap(number))), engine.runner, clock)
        kept = slow.keep(TENANT, record, "second")
        assert letters.record(kept) == record
    eventually(lambda: len(names(letters)), 4)
    assert len(told(engine)) == 4
