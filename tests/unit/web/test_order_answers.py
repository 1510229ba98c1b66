from ingest.outcome import Item, Taken
from processor.clock import system_clock
from processor.engine import Engine
from processor.log import Append
from stock.events import SaleRecorded, StockAdjusted, StockEvent
from stock.facts import fact
from stock.identities import sku, sku_stream
from web.api.order_answers import answer_of
from web.services import Services


def test_a_line_that_led_to_several_facts_shows_what_is_left_after_the_last(engine: Engine, parts: Services) -> None:
    """So it is when a delivery completes two that were cut short."""
    stream, at = sku_stream(parts.tenant, sku("A")), system_clock()
    facts: tuple[StockEvent, ...] = (StockAdjusted(delta=10, reason="opening"), SaleRecorded(2), SaleRecorded(1))
    events = tuple(fact(happened, tx=f"t{n}", at=at, source="test") for n, happened in enumerate(facts))
    _, *receipts = engine.recorder.record([Append(stream, events)])
    taken = Taken(parts.tenant, "shopify:1", (Item(sku("A"), 3, tuple(receipts)),), vendor=True)
    assert answer_of(taken, parts.inventory).inventory_after == {"A": 7}
