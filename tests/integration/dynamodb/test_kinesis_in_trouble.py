"""A Kinesis batch into a DynamoDB that throttles and loses answers: delivered until it is taken, counted once."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.kinesis.door import RecordDoor
from processor.adapters.dynamodb import DynamoStore
from processor.arrivals import Arrival
from processor.clock import system_clock
from processor.deadletters import DeadLetters
from processor.engine import Engine
from projections import PROJECTIONS
from stock.codec import decode
from stock.identities import Sku, sku_stream
from syncstate.kinesis import Intake, appending
from syncstate.lambdas.kinesis import answer
from tests.integration.dynamodb.faults import (
    Fault,
    Faults,
    cancelled,
    half_served,
    lost_answer,
    lost_request,
    refused,
    unserved,
)
from tests.kinesis import a_sale_of, aggregate, arrival, event_of, with_a_bad_checksum, with_a_bad_record

WRITES: list[Fault] = [
    lost_answer,
    lost_request,
    refused("ProvisionedThroughputExceededException"),
    refused("ThrottlingException"),
    refused("InternalServerError", 500),
]
TRANSACTIONS: list[Fault] = [*WRITES, cancelled("TransactionConflict"), cancelled("ThrottlingError", "None")]
BATCH_READS: list[Fault] = [half_served, unserved, lost_request]

Troubles = dict[str, list[Fault]]
troubles = st.fixed_dictionaries(
    {
        "transact_write_items": st.lists(st.sampled_from(TRANSACTIONS), max_size=14),
        "put_item": st.lists(st.sampled_from(WRITES), max_size=14),
        "batch_get_item": st.lists(st.sampled_from(BATCH_READS), max_size=6),
        "get_item": st.lists(st.just(lost_request), max_size=6),
    }
)


@pytest.fixture
def engine(store: DynamoStore) -> Iterator[Engine]:
    engine = Engine(store, PROJECTIONS, decode, watch="inventory")
    yield engine
    engine.close()


def a_batch(first: int) -> list[Arrival]:
    """Return seven records: of each SKU S<first> and S<first + 1> five sales, of `first` in an aggregate two more."""
    skus = [f"S{first}", f"S{first + 1}"]
    sales = [a_sale_of(sku) for _ in range(2) for sku in skus]
    return [
        arrival(a_sale_of(skus[0]), first),
        arrival(a_sale_of(skus[1]), first + 1),
        arrival(aggregate(sales), first + 2),
        arrival(with_a_bad_record([*sales, *sales], 4), first + 3),
        arrival(with_a_bad_checksum(sales), first + 4),
        arrival(b"?", first + 5),
        arrival({"facts": [a_sale_of(skus[0]), a_sale_of(skus[1], -1)]}, first + 6),
    ]


_batches = iter(range(1000, 10_000_000, 100))


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(trouble=troubles)
def test_delivered_until_it_is_taken_it_counts_once(
    engine: Engine, faults: Faults, trouble: dict[str, list[Fault]]
) -> None:
    first = next(_batches)
    batch = a_batch(first)
    letters = DeadLetters(engine.store, engine.runner, system_clock)
    intake = Intake(RecordDoor(appending(engine.store.log, None), lambda _: (f"t{first}",)), letters)
    for operation, happens in trouble.items():
        faults.fail(operation, *happens)
    left = batch
    for _ in range(40):
        told = answer(intake, event_of(left), lambda: False)["batchItemFailures"]
        if not told:
            break
        left = [record for record in batch if record.place.sequence >= told[0]["itemIdentifier"]]
    faults.mend()
    assert not told, "there is an end of it"
    assert answer(intake, event_of(batch), lambda: False) == {"batchItemFailures": []}, "a redelivery of it all"

    streams = [sku_stream(f"t{first}", Sku(f"S{first + place}")) for place in range(2)]
    assert list(engine.store.log.heads(streams).values()) == [6, 5]
    kept = list(letters.waiting(f"t{first}"))
    assert [letters.record(letter).data for letter in kept] == [
        batch[3].data,
        batch[4].data,
        batch[5].data,
        batch[6].data,
    ]
