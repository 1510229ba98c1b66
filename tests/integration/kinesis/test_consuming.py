"""A stream on kinesis-local, followed into an engine: aggregates, damage, resharding, crashes, several processes."""

import pytest

from processor.adapters.kinesis.stream import KinesisStream, StreamMissing
from processor.clock import system_clock
from processor.deadletters import DeadLetters
from processor.engine import Engine
from stock.identities import Sku, sku_stream
from syncstate.kinesis_consuming import Consumed, Consumer
from syncstate.settings import Settings
from tests.integration.kinesis.conftest import Orders
from tests.kinesis import a_sale_of, aggregate, cut_off, no_protobuf, with_a_bad_checksum, with_a_bad_record

SETTINGS = Settings(store="memory", tenant="acme")


def a_consumer(engine: Engine, orders: Orders, holder: str = "one") -> Consumer:
    return Consumer(engine, orders.opened(), SETTINGS, holder, system_clock)


def consume(engine: Engine, orders: Orders, holder: str = "one") -> Consumed:
    return a_consumer(engine, orders, holder).run(once=True, told=lambda _: None)


def sold(engine: Engine, *skus: str) -> list[int]:
    return [len(list(engine.store.log.read(sku_stream("acme", Sku(sku))))) for sku in skus]


def kept(engine: Engine) -> DeadLetters:
    return DeadLetters(engine.store, engine.runner, system_clock)


def test_a_mixed_stream_is_taken_once(engine: Engine, orders: Orders) -> None:
    orders.put(a_sale_of("A"))
    orders.put(aggregate([a_sale_of("A"), a_sale_of("B"), {"facts": [a_sale_of("B"), a_sale_of("C")]}]))
    orders.put(a_sale_of("C", tx="mine"))
    consumed = consume(engine, orders)
    assert (consumed.records, consumed.recorded, consumed.waits) == (3, 6, None)
    assert sold(engine, "A", "B", "C") == [2, 2, 2]
    assert consume(engine, orders).records == 0, "it goes on where it was left"


def test_damage_is_kept_whole_and_its_neighbours_are_taken(engine: Engine, orders: Orders) -> None:
    five = [a_sale_of(f"S{number}") for number in range(5)]
    damaged = [with_a_bad_checksum(five), cut_off(five, 50), no_protobuf()]
    for record in (a_sale_of("A"), *damaged, with_a_bad_record(five, 2), b"rubbish", a_sale_of("B")):
        orders.put(record)
    consumed = consume(engine, orders)
    assert (consumed.records, consumed.recorded, consumed.quarantined) == (7, 4, 5)
    assert sold(engine, "A", "B", "S0", "S1", "S2", "S3") == [1, 1, 1, 1, 0, 0]
    letters = kept(engine)
    raw = [letters.record(letter).data for letter in letters.waiting("acme")]
    assert raw == [*damaged, with_a_bad_record(five, 2), b"rubbish"]


def test_a_stream_that_is_not_there_is_told(engine: Engine, orders: Orders) -> None:
    missing = KinesisStream(orders.client, "nothing")
    with pytest.raises(StreamMissing, match="there is no Kinesis stream 'nothing'"):
        Consumer(engine, missing, SETTINGS, "one", system_clock)
