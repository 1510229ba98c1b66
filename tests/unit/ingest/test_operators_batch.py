"""Facts recorded: one commit, an answer for each."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from ingest.operators.door import FactDoor, Told
from ingest.outcome import Refused
from processor.clock import system_clock
from processor.engine import Engine
from processor.errors import StoreUnavailable
from projections import PROJECTIONS
from projections.broadcasts.queries import BroadcastQueries
from stock.codec import decode
from stock.events import BufferSet, ListingMapped, ListingUnmapped, SaleRecorded, StockAdjusted, StockCounted
from tests.unit.ingest.conftest import TENANT
from tests.unit.ingest.flaky import FlakyStore
from tests.unit.ingest.stock_of import everything_stored, facts_of

MAPPED = {"type": "mapping", "sku": "A", "asin": "B000000001"}
ELSEWHERE = {"type": "mapping", "sku": "A", "asin": "B000000002"}


def door_of(engine: Engine) -> FactDoor:
    queries = BroadcastQueries(engine.store.models, lambda: engine.live("broadcasts"))
    return FactDoor(engine.recorder, engine.store.log, queries, system_clock)


@pytest.fixture
def door(engine: Engine) -> FactDoor:
    return door_of(engine)


@pytest.fixture
def flaky() -> Iterator[Engine]:
    engine = Engine(FlakyStore(), PROJECTIONS, decode, watch="inventory")
    yield engine
    engine.close()


def told(door: FactDoor, *facts: object) -> list[Told | Refused]:
    answers = door.receive_batch(TENANT, json.dumps({"facts": facts}).encode())
    assert isinstance(answers, list), answers
    return answers


def statuses(answers: Sequence[Told | Refused]) -> list[str]:
    return ["invalid" if isinstance(answer, Refused) else answer.status for answer in answers]


def versions(answers: Sequence[Told | Refused]) -> list[int | None]:
    return [None if isinstance(answer, Refused) else answer.version for answer in answers]


def sale(sku: str = "A", quantity: object = 1, **more: Any) -> dict[str, Any]:
    return {"type": "sale", "sku": sku, "quantity": quantity, **more}


def test_a_batch_records_each_fact_in_order(door: FactDoor, engine: Engine) -> None:
    answers = told(door, {"type": "count", "sku": "A", "count": 10}, sale("A", 3), sale("B", 1), sale("A", 2))
    assert statuses(answers) == ["recorded"] * 4
    assert versions(answers) == [1, 2, 1, 3]
    assert facts_of(engine, "A") == [StockCounted(10), SaleRecorded(3), SaleRecorded(2)]


def test_a_wrong_fact_is_told_in_its_place_and_spoils_no_other(door: FactDoor, engine: Engine) -> None:
    answers = told(door, sale("A", 1), sale("A", 0), 7, {"type": "gift"}, sale(" ", 1), sale("B", 1))
    assert statuses(answers) == ["recorded", "invalid", "invalid", "invalid", "invalid", "recorded"]
    assert (len(facts_of(engine, "A")), len(facts_of(engine, "B"))) == (1, 1)


def test_a_batch_of_wrong_facts_alone_stores_nothing(door: FactDoor, engine: Engine) -> None:
    assert statuses(told(door, sale("A", 0), {})) == ["invalid", "invalid"]
    assert everything_stored(engine) == ""


def test_a_tx_that_comes_twice_is_a_duplicate_or_a_conflict(door: FactDoor, engine: Engine) -> None:
    answers = told(door, sale(tx="t1"), sale(tx="t1"), sale(quantity=2, tx="t1"), sale("B", tx="t1"))
    assert statuses(answers) == ["recorded", "duplicate", "conflict", "recorded"]
    assert versions(answers) == [1, 1, 1, 1]
    assert statuses(told(door, sale(tx="t1"), sale(quantity=2, tx="t1"))) == ["duplicate", "conflict"]
    assert facts_of(engine, "A") == [SaleRecorded(1)]


def test_a_tx_names_one_kind_of_fact(door: FactDoor) -> None:
    answers = told(door, sale(tx="t1"), {"type": "adjustment", "sku": "A", "delta": -1, "reason": "loss", "tx": "t1"})
    assert statuses(answers) == ["recorded", "conflict"]


def test_without_a_tx_each_fact_is_new(door: FactDoor, engine: Engine) -> None:
    adjustment = {"type": "adjustment", "sku": "A", "delta": 1, "reason": "found"}
    assert statuses(told(door, adjustment, adjustment)) == ["recorded"] * 2
    assert facts_of(engine, "A") == [StockAdjusted(1, "found")] * 2


def test_a_return_that_is_sent_again_counts_once(door: FactDoor, engine: Engine) -> None:
    returned = {"type": "return", "sku": "A", "quantity": 1, "disposition": "SELLABLE", "order": "o1"}
    assert statuses(told(door, returned, returned)) == ["recorded", "duplicate"]
    assert statuses(told(door, {**returned, "pool": "fba"})) == ["conflict"]
    unnamed = {**returned, "order": None}
    assert statuses(told(door, unnamed, unnamed)) == ["recorded"] * 2
    assert len(facts_of(engine, "A")) == 3


def test_a_count_holds_only_at_the_version_it_was_made_at(door: FactDoor, engine: Engine) -> None:
    count = {"type": "count", "sku": "A", "count": 5}
    answers = told(door, {**count, "expectedVersion": 0, "tx": "c"}, sale(), {**count, "expectedVersion": 1})
    assert statuses(answers) == ["recorded", "recorded", "stale"]
    assert versions(answers)[2] == 2
    assert statuses(told(door, {**count, "expectedVersion": 0, "tx": "c"})) == ["duplicate"]
    assert facts_of(engine, "A") == [StockCounted(5), SaleRecorded(1)]


def test_an_adjustment_may_say_its_version_too(door: FactDoor) -> None:
    adjustment = {"type": "adjustment", "sku": "A", "delta": 1, "reason": "found", "expectedVersion": 3}
    assert statuses(told(door, adjustment)) == ["stale"]


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        (b"", "invalid_json", None),
        (b'{"facts": [', "invalid_json", None),
        (b'{"facts": [{"type": "sale", "sku": "\\ud800"}]}', "invalid_json", None),
        (b"[]", "invalid", None),
        (b"{}", "invalid", "facts"),
        (b'{"facts": {}}', "invalid", "facts"),
        (b'{"facts": []}', "invalid", "facts"),
        (b'{"facts": "sale"}', "invalid", "facts"),
        (b'{"facts": [' + b",".join([b"{}"] * 1001) + b"]}", "invalid", "facts"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused_whole(
    door: FactDoor, engine: Engine, body: bytes, code: str, field: str | None
) -> None:
    refused = door.receive_batch(TENANT, body)
    assert isinstance(refused, Refused)
    assert (refused.code, refused.field) == (code, field)
    assert everything_stored(engine) == ""


def test_a_batch_holds_a_thousand_facts(door: FactDoor, engine: Engine) -> None:
    answers = told(door, *(sale(tx=f"t{n}") for n in range(1000)))
    assert versions(answers) == list(range(1, 1001))
    assert len(facts_of(engine, "A")) == 1000


def test_mapping_the_same_again_tells_nothing_new(door: FactDoor, engine: Engine) -> None:
    assert statuses(told(door, MAPPED)) == ["recorded"]
    answers = told(door, MAPPED, {**MAPPED, "asin": "b000000001", "listing": "A"})
    assert statuses(answers) == ["duplicate", "duplicate"]
    assert versions(answers) == [1, 1]
    assert len(facts_of(engine, "A")) == 1


def test_a_mapping_back_is_news(door: FactDoor, engine: Engine) -> None:
    first = ListingMapped("amazon", "A", "B000000001")
    second = ListingMapped("amazon", "A", "B000000002")
    for fact in (MAPPED, ELSEWHERE, MAPPED):
        assert statuses(told(door, fact)) == ["recorded"]
    assert facts_of(engine, "A") == [first, second, first]


def test_unmapping_again_tells_nothing_new(door: FactDoor, engine: Engine) -> None:
    unmapped = {"type": "unmapping", "sku": "A"}
    answers = [*told(door, MAPPED), *told(door, unmapped), *told(door, unmapped)]
    assert statuses(answers) == ["recorded", "recorded", "duplicate"]
    assert versions(answers) == [1, 2, 2]
    assert len(facts_of(engine, "A")) == 2


def test_within_a_batch_too(door: FactDoor, engine: Engine) -> None:
    unmapped = {"type": "unmapping", "sku": "A"}
    answers = told(door, unmapped, MAPPED, MAPPED, ELSEWHERE, MAPPED, unmapped, unmapped, MAPPED)
    assert statuses(answers) == [
        "duplicate",
        "recorded",
        "duplicate",
        "recorded",
        "recorded",
        "recorded",
        "duplicate",
        "recorded",
    ]
    assert facts_of(engine, "A")[3] == ListingUnmapped("amazon")


def test_another_channel_and_another_sku_are_other_mappings(door: FactDoor) -> None:
    on_shopify = {"type": "mapping", "sku": "A", "channel": "shopify", "listing": 1}
    assert statuses(told(door, MAPPED, on_shopify, {**MAPPED, "sku": "B"})) == ["recorded"] * 3
    assert statuses(told(door, MAPPED, on_shopify, {**MAPPED, "sku": "B"})) == ["duplicate"] * 3


def test_a_mapping_under_a_tx_is_settled_by_that(door: FactDoor, engine: Engine) -> None:
    told(door, {**MAPPED, "tx": "m1"})
    assert statuses(told(door, {**MAPPED, "tx": "m1"}, MAPPED, {**MAPPED, "tx": "m2"})) == [
        "duplicate",
        "recorded",
        "recorded",
    ]
    assert len(facts_of(engine, "A")) == 3


def test_what_a_mapping_under_a_tx_leaves_is_not_known_before_it_is_recorded(door: FactDoor, engine: Engine) -> None:
    """It may be an old one that comes again, so the next mapping of its batch is recorded in any case."""
    told(door, {**MAPPED, "tx": "m1"}, ELSEWHERE)
    assert statuses(told(door, {**MAPPED, "tx": "m1"}, MAPPED)) == ["duplicate", "recorded"]
    assert facts_of(engine, "A")[-1] == ListingMapped("amazon", "A", "B000000001")


def test_a_read_model_that_trails_decides_nothing(door: FactDoor, engine: Engine) -> None:
    """A mapping was recorded that the model does not show yet: going back to the old one is no repetition."""
    told(door, MAPPED)
    commit = engine.store.models.commit

    def unavailable(*_: object) -> list[bool]:
        raise RuntimeError("the models are away")

    engine.store.models.commit = unavailable  # type: ignore[method-assign, assignment]
    told(door, ELSEWHERE)
    assert statuses(told(door, MAPPED)) == ["recorded"]
    engine.store.models.commit = commit  # type: ignore[method-assign]
    engine.sweeper.sweep()
    assert statuses(told(door, MAPPED)) == ["duplicate"]


def test_a_batch_whose_answer_was_lost_may_be_sent_again(flaky: Engine) -> None:
    door = door_of(flaky)
    assert isinstance(flaky.store, FlakyStore)
    facts = [sale(tx="t1"), {"type": "buffer", "sku": "A", "buffer": 2, "tx": "t2"}]
    for fate in ("unanswered", "lost"):
        flaky.store.log.meet([fate])
        with pytest.raises(StoreUnavailable):
            told(door, *facts)
    assert statuses(told(door, *facts)) == ["duplicate", "duplicate"]
    assert facts_of(flaky, "A") == [SaleRecorded(1), BufferSet(2)]
