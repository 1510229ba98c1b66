"""The audit trail of returns, and the inventory document."""

import msgspec
import pytest

from processor.projection import Put
from projections.inventory.documents import Numbers
from projections.inventory.fold import InventoryProjection
from projections.returns.documents import ReturnEntry
from projections.returns.fold import ReturnsProjection
from stock.dispositions import RULES, Disposition
from stock.events import BufferSet, ReturnReceived, SaleRecorded, StockAdjusted
from tests.factories import MORNING, NOON
from tests.unit.projections.story import Story


@pytest.mark.parametrize("disposition", Disposition)
def test_every_return_is_kept_with_what_was_decided(disposition: Disposition) -> None:
    story = Story(ReturnsProjection()).given(SaleRecorded(1))
    (change,) = story.when(ReturnReceived(2, "fba", disposition, "order-1", "too small"))
    assert isinstance(change, Put)
    assert msgspec.json.decode(change.document.body, type=ReturnEntry) == ReturnEntry(
        "SHIRT", 2, 2, "fba", disposition, RULES[disposition].decision, "order-1", "too small", MORNING, NOON
    )


def test_what_is_no_return_leaves_no_trail() -> None:
    assert Story(ReturnsProjection()).when(SaleRecorded(1)) == ()


def test_inventory_tells_its_version_and_when_its_last_event_was_recorded() -> None:
    story = Story(InventoryProjection()).given(StockAdjusted(10, "opening"), BufferSet(3), SaleRecorded(4))
    assert (story.state.version, story.state.updated_at) == (3, NOON)
    assert InventoryProjection.glimpse(story.state) == Numbers(6, 3, 3, 0, counted=True, version=3)
