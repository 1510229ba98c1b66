"""What user records state, and what becomes of it in the log."""

import json
from collections.abc import Sequence

import pytest

from ingest.kinesis.door import Intaken, RecordDoor
from ingest.kinesis.reading import read_record
from ingest.operators.mappings import Mapped
from processor.adapters.memory import MemoryStore
from processor.clock import Instant
from processor.store import Store
from stock.codec import decode
from stock.events import ReturnReceived, SaleRecorded, StockCounted
from stock.identities import Sku, sku_stream
from tests.factories import MORNING
from tests.kinesis import SHARD, STREAM, a_sale_of, arrival

TENANTS = ("acme", "zen")


@pytest.fixture
def store() -> Store:
    return MemoryStore()


@pytest.fixture
def door(store: Store) -> RecordDoor:
    return RecordDoor(store.log.append, lambda _: TENANTS)


def take(door: RecordDoor, *records: object) -> Intaken:
    return door.take([arrival(record, number, sub=0) for number, record in enumerate(records, 1)])


def why(told: Intaken) -> list[str]:
    return [unfit.why for unfit in told.unfit]


def test_a_fact_keeps_its_fields_its_time_and_its_own_identity(door: RecordDoor, store: Store) -> None:
    take(door, a_sale_of("A", 3, tx="t-1", order="o-1", occurredAt="2026-01-02T03:04:05Z"))
    [event] = store.log.read(sku_stream("acme", Sku("A")))
    assert decode(event) == SaleRecorded(3, order="o-1")
    assert (event.tx_id, event.occurred_at, event.source) == ("tx:t-1", "2026-01-02T03:04:05.000000Z", "kinesis")


def test_a_fact_without_identity_has_its_place_for_one_and_the_stream_s_time(door: RecordDoor, store: Store) -> None:
    take(door, a_sale_of("A"))
    [event] = store.log.read(sku_stream("acme", Sku("A")))
    assert (event.tx_id, event.occurred_at) == (f"kinesis:{STREAM}:{SHARD}:{1:056d}:0", MORNING)


def test_a_place_is_no_tx_that_a_client_could_have_chosen(door: RecordDoor, store: Store) -> None:
    """Or a client could make a record a duplicate before it comes."""
    take(door, a_sale_of("A"))
    [event] = store.log.read(sku_stream("acme", Sku("A")))
    told = take(door, a_sale_of("B"), a_sale_of("A", 7, tx=event.tx_id))
    assert (told.recorded, why(told)) == (2, [])


def test_facts_of_one_record_are_told_apart_by_their_number(door: RecordDoor, store: Store) -> None:
    told = take(
        door, {"tenant": "zen", "facts": [a_sale_of("A"), a_sale_of("A"), {"type": "count", "sku": "B", "count": 4}]}
    )
    assert told.recorded == 3
    sales = list(store.log.read(sku_stream("zen", Sku("A"))))
    assert [event.tx_id.removeprefix(str(arrival(b"", 1, sub=0).place)) for event in sales] == [":0", ":1"]
    assert decode(next(iter(store.log.read(sku_stream("zen", Sku("B")))))) == StockCounted(4)


def test_a_redelivery_appends_nothing(door: RecordDoor) -> None:
    records = [a_sale_of("A"), {"facts": [a_sale_of("A"), a_sale_of("B")]}, a_sale_of("C", tx="t")]
    assert take(door, *records).recorded == 4
    again = take(door, *records)
    assert (again.recorded, again.duplicates, again.unfit) == (0, 4, [])


def test_a_return_is_known_by_its_order_wherever_it_stands(door: RecordDoor, store: Store) -> None:
    returned = {"type": "return", "sku": "A", "quantity": 1, "disposition": "SELLABLE", "returnOrderId": "r"}
    told = take(door, returned, returned)
    assert (told.recorded, told.duplicates) == (1, 1)
    assert isinstance(decode(next(iter(store.log.read(sku_stream("acme", Sku("A")))))), ReturnReceived)


@pytest.mark.parametrize(
    ("record", "told"),
    [
        (b"", "not JSON"),
        (b"\xf3\x89\x9a\xc2", "not JSON"),
        (b'{"type": "sale"', "not JSON"),
        (b"[1]", "record"),
        (b"3", "record"),
        ({"sku": "A", "quantity": 1}, "type: must be one of"),
        (a_sale_of("A", 0), "quantity"),
        (a_sale_of("A", tenant="other"), "may not speak for 'other'"),
        (a_sale_of("A", tenant=None), "may not speak for"),
        (a_sale_of("A", tenant=["acme"]), "may not speak for"),
        ({"facts": []}, "facts: must be a list"),
        ({"facts": {"type": "sale"}}, "facts: must be a list"),
        ({"facts": [a_sale_of("A"), a_sale_of("A", -1), 7]}, "facts[1]: quantity"),
    ],
)
def test_what_is_wrong_is_handed_back_whole_with_its_reason(door: RecordDoor, record: object, told: str) -> None:
    found = take(door, a_sale_of("B"), record, a_sale_of("C"))
    [unfit] = found.unfit
    assert told in unfit.why
    assert unfit.record == arrival(record, 2, sub=0)
    assert found.recorded == (3 if "facts[1]" in told else 2), "its neighbours are taken"


def test_of_several_wrong_facts_the_first_is_told_and_how_many_there_are() -> None:
    stated = read_record(json.dumps({"facts": [1, a_sale_of("A"), 2]}).encode(), TENANTS)
    assert stated.wrong is not None
    assert stated.wrong.startswith("facts[0]: a fact must be an object")
    assert stated.wrong.endswith("(and 1 more of its 3 facts)")


def test_what_a_tenant_may_not_say_is_the_stream_s_owner_s_to_see(door: RecordDoor, store: Store) -> None:
    found = take(door, a_sale_of("A", tenant="other"), a_sale_of("A", 0, tenant="zen"))
    assert [unfit.tenant for unfit in found.unfit] == ["acme", "zen"]
    assert list(store.log.streams()) == []


def test_a_fact_told_before_with_other_content_is_told(door: RecordDoor) -> None:
    found = take(door, a_sale_of("A", 1, tx="t"), a_sale_of("A", 2, tx="t"), a_sale_of("A", 3))
    assert (found.recorded, why(found)) == (2, ["t was recorded before with other content, as event 1 of acme/sku/A"])


def test_a_count_upon_a_version_that_has_passed_is_told_and_the_others_are_in_order(
    door: RecordDoor, store: Store
) -> None:
    count = {"type": "count", "sku": "A", "count": 9}
    found = take(
        door, a_sale_of("A", 1), {**count, "expectedVersion": 1}, a_sale_of("A", 2), {**count, "expectedVersion": 1}
    )
    assert found.recorded == 3
    assert why(found) == ["acme/sku/A had moved past expectedVersion, to 3: state it anew, or discard it"]
    facts = [decode(event) for event in store.log.read(sku_stream("acme", Sku("A")))]
    assert facts == [SaleRecorded(1), StockCounted(9), SaleRecorded(2)]
    assert take(door, a_sale_of("A", 1), count).duplicates == 2


def test_more_facts_of_one_sku_than_an_append_holds_are_all_appended(door: RecordDoor, store: Store) -> None:
    assert take(door, {"facts": [a_sale_of("A")] * 2500}).recorded == 2500
    assert store.log.heads([sku_stream("acme", Sku("A"))]) == {sku_stream("acme", Sku("A")): 2500}


def test_mappings_to_amazon_are_heard_of_once_they_are_durable(store: Store) -> None:
    heard: list[tuple[str, Mapped]] = []

    class Hearer:
        def mapped(self, tenant: str, told: Sequence[Mapped], at: Instant) -> None:
            assert at == MORNING
            assert all(store.log.heads([sku_stream(tenant, one.sku)]).popitem()[1] for one in told)
            heard.extend((tenant, one) for one in told)

    door = RecordDoor(store.log.append, lambda _: TENANTS, Hearer())
    mapping = {"type": "mapping", "sku": "A", "listing": "A-AMZ", "tx": "m"}
    elsewhere = {"type": "mapping", "sku": "A", "channel": "shopify", "listing": "7700"}
    for _ in range(2):
        take(door, mapping, {**mapping, "tenant": "zen"}, elsewhere, a_sale_of("A"))
    told = Mapped(Sku("A"), "A-AMZ", "m")
    assert heard == [("acme", told), ("zen", told)] * 2
    take(door, {**mapping, "listing": "B-AMZ"})
    assert len(heard) == 4, "what contradicts an earlier mapping is none"
