"""What a channel should show, and whether it is due to be told."""

from itertools import permutations

import pytest

from processor.streams import StreamId
from projections.broadcasts.fold import BroadcastsProjection
from stock.events import (
    BroadcastAccepted,
    BroadcastRejected,
    BufferSet,
    ChannelQuantityObserved,
    ListingMapped,
    ListingUnmapped,
    SaleRecorded,
    StockAdjusted,
    StockEvent,
)
from stock.identities import channel_stream, sku
from tests.factories import MORNING, NOON
from tests.unit.projections.story import ON_AMAZON, SHIRT, Story

OPENED, MAPPED = StockAdjusted(10, "opening"), ListingMapped("amazon", "SHIRT")


def due(story: Story) -> bool:
    return bool(story.state.due("amazon"))


def opened() -> Story:
    return Story(BroadcastsProjection()).given(OPENED, MAPPED)


def told(quantity: int, attempt: int = 1, listing: str = "SHIRT") -> BroadcastAccepted:
    return BroadcastAccepted(attempt, quantity, 1, listing)


def test_a_counted_mapped_sku_is_due_until_the_channel_took_its_quantity() -> None:
    story = opened()
    assert due(story)
    story.when(told(10), ON_AMAZON)
    assert not due(story)


@pytest.mark.parametrize(
    "facts", [(OPENED,), (MAPPED,), (MAPPED, SaleRecorded(1)), (OPENED, MAPPED, ListingUnmapped("amazon"))]
)
def test_what_is_uncounted_or_unmapped_is_never_due(facts: tuple[StockEvent, ...]) -> None:
    assert not due(Story(BroadcastsProjection()).given(*facts))


def test_a_version_that_moves_no_quantity_makes_nothing_due() -> None:
    story = opened().given(BufferSet(4))
    story.when(told(6), ON_AMAZON)
    assert not due(story.given(BufferSet(4)))
    assert due(story.given(BufferSet(3)))


def test_the_desired_quantity_and_its_cause() -> None:
    story = opened().given(SaleRecorded(3), BufferSet(2), BufferSet(2))
    assert (story.state.desired, story.state.cause_version) == (5, 4)


def test_a_listing_that_replaces_another_is_due_at_once() -> None:
    story = opened()
    story.when(told(10), ON_AMAZON)
    assert due(story.given(ListingMapped("amazon", "SHIRT-2")))
    story.when(told(10, 2, "SHIRT-2"), ON_AMAZON)
    assert not due(story)


def test_a_refusal_that_can_be_retried_stays_due() -> None:
    story = opened()
    story.when(BroadcastRejected(1, 10, 1, "INTERNAL"), ON_AMAZON)
    assert due(story)


def test_a_refusal_for_good_is_due_again_when_the_quantity_changes() -> None:
    story = opened()
    story.when(BroadcastRejected(1, 10, 1, "INVALID", retry=False), ON_AMAZON)
    assert not due(story)
    assert due(story.given(SaleRecorded(1)))


def test_an_observation_changes_no_quantity_and_an_older_one_nothing_at_all() -> None:
    story = opened()
    story.when(ChannelQuantityObserved("n2", 4, NOON), ON_AMAZON)
    story.when(ChannelQuantityObserved("n1", 9, MORNING), ON_AMAZON)
    assert story.state.desired == 10
    assert story.state.channels["amazon"].observed == 4


def test_much_lower_quantities_come_first() -> None:
    keys = [
        Story(BroadcastsProjection()).given(StockAdjusted(n, "opening"), MAPPED).state.keys()[0] for n in (9, 10, 100)
    ]
    sorts = [key.sort for key in keys]
    assert sorts == sorted(sorts)


def test_how_streams_interleave_cannot_matter() -> None:
    on_shopify = channel_stream("acme", "shopify", sku("SHIRT"))
    parts: tuple[tuple[StreamId, tuple[StockEvent, ...]], ...] = (
        (SHIRT, (OPENED, MAPPED, SaleRecorded(1))),
        (ON_AMAZON, (told(10), BroadcastRejected(2, 9, 3, "INVALID"))),
        (on_shopify, (ChannelQuantityObserved("n", 3, NOON),)),
    )
    projection = BroadcastsProjection()
    states = set()
    for order in permutations(parts):
        story = Story(projection)
        for stream, facts in order:
            story.given(*facts, stream=stream)
        states.add(projection.encode(story.state))
    assert len(states) == 1
