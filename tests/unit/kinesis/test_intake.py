"""Raw records through the intake: failing stores, records that break things, dead letters and their redrive."""

from collections.abc import Callable, Iterator, Sequence

import pytest

from ingest.kinesis.door import RecordDoor
from processor.adapters.memory import MemoryStore
from processor.adapters.memory.queues import MemoryQueue
from processor.arrivals import Arrival
from processor.clock import system_clock
from processor.deadletters import DeadLetter, DeadLetters
from processor.engine import Engine
from processor.errors import Contended, StoreUnavailable
from processor.letters import facts_in
from processor.log import Append, Outcome
from projections import PROJECTIONS
from stock.codec import decode
from stock.identities import Sku, sku_stream
from syncstate import kinesis
from syncstate.kinesis import Intake, appending
from syncstate.lambdas.kinesis import answer
from tests.kinesis import (
    a_sale_of,
    aggregate,
    arrival,
    event_of,
    no_protobuf,
    with_a_bad_checksum,
    with_a_bad_record,
)

FIVE = [a_sale_of(f"S{number}") for number in range(5)]
Append_ = Callable[[Sequence[Append]], Sequence[Outcome | None]]


@pytest.fixture
def engine() -> Iterator[Engine]:
    engine = Engine(MemoryStore(), PROJECTIONS, decode, watch="inventory")
    yield engine
    engine.close()


@pytest.fixture
def letters(engine: Engine) -> DeadLetters:
    return DeadLetters(engine.store, engine.runner, system_clock)


def an_intake(engine: Engine, append: Append_ | None = None) -> Intake:
    door = RecordDoor(append or engine.store.log.append, lambda _: ("acme",))
    return Intake(door, DeadLetters(engine.store, engine.runner, system_clock))


def sold(engine: Engine, *skus: str) -> list[int]:
    heads = engine.store.log.heads([sku_stream("acme", Sku(sku)) for sku in skus])
    return list(heads.values())


def waiting(letters: DeadLetters) -> list[DeadLetter]:
    return list(letters.waiting("acme"))


def test_a_batch_is_taken_once_however_often_it_is_delivered(engine: Engine, letters: DeadLetters) -> None:
    bad = with_a_bad_record(FIVE, 2)
    batch = [arrival(a_sale_of("A"), 1), arrival(aggregate(FIVE), 2), arrival(bad, 3), arrival(b"?", 4)]
    first = an_intake(engine).take(batch)
    assert (first.done, first.recorded, first.quarantined, first.failure) == (4, 8, 2, None)
    kept = waiting(letters)
    for _ in range(3):
        again = an_intake(engine).take(batch)
        assert (again.done, again.recorded, again.duplicates) == (4, 0, 8)
    assert waiting(letters) == kept
    assert sold(engine, "A", "S0", "S1", "S2") == [1, 2, 2, 1]


class Failing:
    """An append that fails at one call: before it took effect, or afterwards."""

    def __init__(self, engine: Engine, at: int, *, after: bool = False, error: Exception | None = None) -> None:
        self._append, self._left, self._after = engine.store.log.append, at, after
        self._error = error or StoreUnavailable("append", "on command")

    def __call__(self, appends: Sequence[Append]) -> list[Outcome]:
        self._left -= 1
        if self._left == 0 and not self._after:
            raise self._error
        outcomes = self._append(appends)
        if self._left == 0:
            raise self._error
        return outcomes


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("at", [1, 2, 3])
def test_where_the_store_fails_the_rest_is_left_and_a_redelivery_completes_it(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, at: int, *, after: bool
) -> None:
    monkeypatch.setattr(kinesis, "SLICE", 2)
    batch = [arrival(a_sale_of(f"R{number}"), number) for number in range(1, 7)]
    progress = an_intake(engine, Failing(engine, at, after=after)).take(batch)
    assert progress.done == (at - 1) * 2
    assert isinstance(progress.failure, StoreUnavailable)
    assert an_intake(engine).take(batch[progress.done :]).done == 6 - progress.done
    assert sold(engine, *(f"R{number}" for number in range(1, 7))) == [1] * 6


def test_a_record_that_breaks_the_way_in_is_kept_and_holds_up_nobody(engine: Engine, letters: DeadLetters) -> None:
    def append(appends: Sequence[Append]) -> list[Outcome]:
        if any(found.stream.key == "BAD" for found in appends):
            raise RuntimeError("a defect of ours")
        return engine.store.log.append(appends)

    batch = [arrival(aggregate([a_sale_of("A"), a_sale_of("BAD"), a_sale_of("B")]), 1), arrival(a_sale_of("C"), 2)]
    progress = an_intake(engine, append).take(batch)
    assert (progress.done, progress.recorded, progress.quarantined) == (2, 3, 1)
    [letter] = waiting(letters)
    assert (letter.place.sub, letter.error) == (1, "RuntimeError: a defect of ours")
    assert an_intake(engine).redrive(letter) is None, "once it is mended"
    assert sold(engine, "A", "BAD", "B", "C") == [1, 1, 1, 1]
    assert waiting(letters) == []


def test_a_redrive_of_what_is_broken_still_changes_nothing_but_the_count(engine: Engine, letters: DeadLetters) -> None:
    intake = an_intake(engine)
    for number, data in enumerate((with_a_bad_checksum(FIVE), no_protobuf(), with_a_bad_record(FIVE, 3), b"{}"), 1):
        intake.take([arrival(data, number)])
    for letter in waiting(letters):
        assert intake.redrive(letter) == letter.error
    assert [letter.tries for letter in waiting(letters)] == [2, 2, 2, 2]
    assert sold(engine, "S0", "S2", "S3") == [1, 1, 0]


def test_a_redrive_after_a_fix_appends_what_was_readable_once(
    engine: Engine, letters: DeadLetters, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fix: a release that reads on behind the bad record, of which one is wrong in itself."""
    intake = an_intake(engine)
    records = [*FIVE[:4], a_sale_of("S4", 0)]
    intake.take([arrival(with_a_bad_record(records, 2), 1)])
    assert sold(engine, "S0", "S1", "S2", "S3") == [1, 1, 0, 0]

    def mended(_: Arrival) -> list[Arrival]:
        return [arrival(data, 1, sub=sub) for sub, data in enumerate(records)]

    monkeypatch.setattr(kinesis, "user_records", mended)
    [letter] = waiting(letters)
    assert intake.redrive(letter) is None
    assert sold(engine, "S0", "S1", "S2", "S3") == [1, 1, 1, 1]
    [other] = waiting(letters)
    assert other.place.sub == 4, "the wrong one inside has a letter of its own"
    with pytest.raises(LookupError):
        intake.redrive(letter)


def test_a_redrive_that_dies_before_the_release_is_done_again(
    engine: Engine, letters: DeadLetters, monkeypatch: pytest.MonkeyPatch
) -> None:
    an_intake(engine, Failing(engine, 1, error=RuntimeError("x"))).take([arrival(a_sale_of("A"), 1)])
    [letter] = waiting(letters)
    with monkeypatch.context() as patch:
        patch.setattr(DeadLetters, "release", _die)
        with pytest.raises(StoreUnavailable):
            an_intake(engine).redrive(letter)
    assert waiting(letters) == [letter]
    assert an_intake(engine).redrive(letter) is None
    assert (sold(engine, "A"), waiting(letters)) == ([1], [])


def _die(*_: object) -> None:
    raise StoreUnavailable("write", "on command")


def test_a_busy_sku_goes_to_the_buffer_where_there_is_one(engine: Engine) -> None:
    class Busy:
        append = Failing(engine, 1, error=Contended("acme/sku/A", 20))

    queue = MemoryQueue()
    taken = an_intake(engine, appending(Busy, queue)).take([arrival(a_sale_of("A"), 1)])  # type: ignore[arg-type]
    assert (taken.done, taken.later, taken.recorded) == (1, 1, 0)
    [message] = queue.receive()
    [buffered] = facts_in(message.body)
    assert buffered.events[0].tx_id == f"{arrival(b'', 1, sub=0).place}"


@pytest.mark.parametrize("expected", [None, 0])
def test_without_a_buffer_or_upon_a_version_a_busy_sku_is_left(engine: Engine, expected: int | None) -> None:
    class Busy:
        append = Failing(engine, 1, error=Contended("acme/sku/A", 20))

    queue = None if expected is None else MemoryQueue()
    count = {"type": "count", "sku": "A", "count": 1, "expectedVersion": expected}
    taken = an_intake(engine, appending(Busy, queue)).take([arrival(count, 1)])  # type: ignore[arg-type]
    assert (taken.done, isinstance(taken.failure, Contended)) == (0, True)
    assert queue is None or len(queue) == 0


def failures(answered: dict[str, list[dict[str, str]]]) -> list[str]:
    return [failure["itemIdentifier"] for failure in answered["batchItemFailures"]]


def test_lambda_is_told_the_first_that_was_not_taken_of_each_shard(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kinesis, "SLICE", 2)
    one = [arrival(a_sale_of("A"), number) for number in (3, 1, 2, 4)]
    other = [arrival(a_sale_of("B"), number, shard="shardId-000000000001") for number in (9, 10)]
    event = event_of([*one, *other])
    answered = answer(an_intake(engine, Failing(engine, 2)), event, lambda: False)
    assert failures(answered) == [f"{3:056d}"], "the lowest of the first shard: records come in any order"
    assert sold(engine, "A", "B") == [2, 2]
    assert failures(answer(an_intake(engine), event, lambda: False)) == []
    assert sold(engine, "A", "B") == [4, 2]


def test_a_function_whose_time_runs_out_says_where_to_go_on(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kinesis, "SLICE", 2)
    looks = iter([False, True])
    event = event_of([arrival(a_sale_of("A"), number) for number in range(1, 7)])
    assert failures(answer(an_intake(engine), event, lambda: next(looks))) == [f"{3:056d}"]
    assert sold(engine, "A") == [2]
