"""The buffer queue's function, called as AWS calls it."""

from collections.abc import Callable, Iterator

import pytest

from processor.adapters.dynamodb import DynamoStore
from processor.letters import fact_letters
from processor.log import Append
from projections.inventory.queries import InventoryQueries
from stock.events import SaleRecorded
from stock.facts import fact
from stock.identities import sku, sku_stream
from syncstate.lambdas import buffer, runtime
from syncstate.lambdas.telemetry import ON_LAMBDA
from tests.factories import MORNING
from tests.gateway import failed_in, sqs_event
from tests.integration.aws.functions import kinds, sold
from tests.metrics import measured


@pytest.fixture(autouse=True)
def cold(surroundings: None) -> Iterator[None]:
    del surroundings
    for kept in (buffer._latecomers, runtime.parts, runtime.settings):  # noqa: SLF001 - a process begins with it empty
        kept.cache_clear()
    yield
    runtime.parts().store.close()
    for kept in (buffer._latecomers, runtime.parts, runtime.settings):  # noqa: SLF001
        kept.cache_clear()


def a_letter(name: str, *orders: int, quantity: int = 1) -> bytes:
    sales = [
        fact(SaleRecorded(quantity), tx=f"simple:o{order}:1", at=MORNING, source="api", correlation=f"o{order}")
        for order in orders
    ]
    [letter] = fact_letters([Append(sku_stream("acme", sku(name)), (sale,)) for sale in sales])
    return letter


def test_a_batch_is_appended_each_stream_at_once_and_nothing_is_folded(stores: Callable[[], DynamoStore]) -> None:
    letters = [a_letter("HOT", *range(n * 10, n * 10 + 10)) for n in range(6)] + [a_letter("B", 1)]
    assert failed_in(buffer.handler(sqs_event(*letters), None)) == []
    store = stores()
    assert (sold(store, "HOT"), sold(store, "B")) == (60, 1)
    assert _folded(store, "HOT") is None


def test_a_batch_that_is_delivered_again_changes_nothing(stores: Callable[[], DynamoStore]) -> None:
    for _ in range(3):
        assert failed_in(buffer.handler(sqs_event(a_letter("A", 1, 2), a_letter("A", 2, 3)), None)) == []
    assert sold(stores(), "A") == 3


def test_a_message_that_cannot_be_read_fails_alone(stores: Callable[[], DynamoStore]) -> None:
    event = sqs_event(b"no JSON", a_letter("A", 1), b'{"facts":[{}]}', b'{"streams":[]}')
    assert failed_in(buffer.handler(event, None)) == ["m0", "m2", "m3"]
    assert sold(stores(), "A") == 1


def test_it_measures_what_became_of_letters_and_facts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(ON_LAMBDA, "buffer")
    buffer.handler(sqs_event(a_letter("A", 1, 2), a_letter("A", 2, quantity=3), a_letter("A", 1), b"no JSON"), None)
    found = measured(capsys.readouterr().out, "buffer")
    wanted = {"BatchSize": 4, "Retries": 1, "Appended": 2, "Duplicates": 1, "Conflicts": 1}
    assert {name: found[name] for name in wanted} == wanted


def test_a_conflict_asks_a_person(stores: Callable[[], DynamoStore]) -> None:
    assert failed_in(buffer.handler(sqs_event(a_letter("A", 1), a_letter("A", 1, quantity=2)), None)) == []
    store = stores()
    assert sold(store, "A") == 1
    [review] = [stream for stream in store.log.streams("acme") if stream.category == "review"]
    assert [entry.type for entry in store.log.read(review)] == ["ReviewRequested"]


def test_where_it_is_asked_to_it_folds(stores: Callable[[], DynamoStore], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNCSTATE_BUFFER_RINGS", "true")
    buffer.handler(sqs_event(a_letter("A", 1, 2)), None)
    store = stores()
    assert kinds(store, "A") == {"SaleRecorded": 2}
    assert _folded(store, "A") == 2


def _folded(store: DynamoStore, name: str) -> int | None:
    """Return up to which version a SKU was folded, None where it was not."""
    from processor.clock import system_clock
    from processor.generations import Generations
    from projections import PROJECTIONS

    [inventory] = [projection for projection in PROJECTIONS if projection.name == "inventory"]
    live = Generations(store.registers, system_clock).live("inventory", inventory.schema)
    found = InventoryQueries(store.models, store.log, lambda: live).one("acme", sku(name))
    return found.version if found else None
