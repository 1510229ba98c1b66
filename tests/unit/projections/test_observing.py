"""What an observation means, by its time: the newest quantity, one of ours that is late, a sale, somebody's edit."""

from datetime import timedelta
from itertools import combinations

import pytest

from processor.clock import Instant, instant, moment
from processor.events import recorded
from projections.broadcasts.documents import AWAITED, DUE, Listing
from projections.broadcasts.fold import BroadcastsProjection
from projections.broadcasts.observing import EARLY, PROCESSING, REMEMBERED
from stock.events import (
    BroadcastAccepted,
    ChannelOrdersRead,
    ChannelQuantityObserved,
    DriftFound,
    ListingMapped,
    SaleRecorded,
    StockAdjusted,
    StockEvent,
)
from tests.factories import NOON, stated
from tests.unit.projections.story import ON_AMAZON, SHIRT, Story

OPENED, MAPPED = StockAdjusted(10, "opening"), ListingMapped("amazon", "L")
SOON, LATE = timedelta(minutes=1), PROCESSING + timedelta(minutes=1)
"""After the story's events, which are all recorded at noon."""


def at(after: timedelta) -> Instant:
    return instant(moment(NOON) + after)


def told(quantity: int, attempt: int = 1, cause: int = 1) -> BroadcastAccepted:
    return BroadcastAccepted(attempt, quantity, cause, "L")


def notified(quantity: int, after: timedelta = SOON) -> ChannelQuantityObserved:
    return ChannelQuantityObserved("n", quantity, at(after))


def looked(quantity: int, after: timedelta = SOON) -> ChannelQuantityObserved:
    return ChannelQuantityObserved("look", quantity, at(after), "L", looked=True)


def mapped(*there: StockEvent) -> Story:
    return Story(BroadcastsProjection()).given(OPENED, MAPPED).given(*there, stream=ON_AMAZON)


def listing(story: Story) -> Listing:
    found = story.state.channels["amazon"]
    assert isinstance(found, Listing)
    return found


def place(story: Story) -> str | None:
    key = story.state.keys()[0]
    return key.partition if key is not None else None


@pytest.mark.parametrize("seen", [notified, looked])
def test_the_newest_quantity_is_confirmed_by_whoever_saw_it(seen: object) -> None:
    story = mapped(told(10))
    assert (listing(story).flying, place(story)) == (True, AWAITED)
    assert callable(seen)
    story.given(seen(10), stream=ON_AMAZON)
    assert (listing(story).flying, listing(story).known, place(story)) == (False, True, None)


def test_a_superseded_quantity_that_is_notified_asks_for_a_look() -> None:
    story = mapped(told(12), told(10, 2), notified(12))
    assert (listing(story).ask, place(story)) == (True, DUE)
    story.given(looked(12), stream=ON_AMAZON)
    assert (listing(story).ask, listing(story).known, place(story)) == (False, False, AWAITED)


def test_a_superseded_quantity_that_stays_is_what_the_channel_shows() -> None:
    story = mapped(told(12), told(10, 2), looked(12, LATE))
    assert (listing(story).known, listing(story).shows, place(story)) == (True, 12, DUE)


def test_a_quantity_that_was_never_told_needs_a_look_and_then_stands() -> None:
    story = mapped(told(10), notified(15))
    assert (listing(story).ask, listing(story).shows) == (True, 10)
    story.given(looked(15), stream=ON_AMAZON)
    assert (listing(story).ask, listing(story).shows, place(story)) == (False, 15, DUE)


def test_less_than_was_told_bounds_what_is_offered_until_orders_are_read() -> None:
    story = mapped(told(10), looked(10), notified(8, 2 * SOON))
    assert (story.state.desired, story.state.wanted("amazon"), place(story)) == (10, 8, AWAITED)
    story.given(SaleRecorded(1))
    assert (story.state.wanted("amazon"), place(story)) == (8, AWAITED)
    story.given(ChannelOrdersRead(at(SOON)), stream=ON_AMAZON)
    assert story.state.wanted("amazon") == 8, "orders of a time before tell nothing"
    story.given(ChannelOrdersRead(at(2 * SOON)), stream=ON_AMAZON)
    assert (story.state.wanted("amazon"), place(story)) == (9, DUE)


def test_what_is_seen_again_once_orders_are_read_waits_for_no_others() -> None:
    story = mapped(told(10), looked(10), notified(8, 2 * SOON), looked(8, 3 * SOON))
    assert listing(story).limit_at == at(2 * SOON), "it was shown since then"
    story.given(ChannelOrdersRead(at(2 * SOON)), looked(8, 4 * SOON), stream=ON_AMAZON)
    assert (listing(story).limit, listing(story).shows, place(story)) == (None, 8, DUE)
    story.given(looked(7, 5 * SOON), stream=ON_AMAZON)
    assert (listing(story).limit, listing(story).limit_at) == (7, at(5 * SOON))


def test_a_channels_clock_that_is_ahead_does_not_outlast_what_comes_later() -> None:
    story = mapped(told(10))
    event = recorded(ON_AMAZON, 2, stated(notified(4, timedelta(days=9))), at(SOON))
    story.projection.apply(story.state, event, notified(4, timedelta(days=9)))
    assert listing(story).observed_at == at(SOON)


def test_a_sale_of_the_channels_own_needs_no_update_once_its_order_is_known() -> None:
    story = mapped(told(10), looked(10), notified(9, 2 * SOON)).given(SaleRecorded(1))
    story.given(ChannelOrdersRead(at(2 * SOON)), stream=ON_AMAZON)
    assert (story.state.wanted("amazon"), listing(story).shows, place(story)) == (9, 9, None)


def test_a_sale_while_an_update_flies_is_not_what_the_channel_will_show() -> None:
    story = mapped(told(10), looked(10)).given(StockAdjusted(5, "found"))
    story.given(told(15, 2), notified(9), stream=ON_AMAZON)
    assert (listing(story).shows, story.state.wanted("amazon"), place(story)) == (15, 9, DUE)


@pytest.mark.parametrize("seen", [notified, looked])
def test_what_is_older_than_what_is_known_changes_nothing(seen: object) -> None:
    story = mapped(told(10), looked(10, 2 * SOON))
    before = story.projection.encode(story.state)
    assert callable(seen)
    story.given(seen(4, SOON), stream=ON_AMAZON)
    assert story.projection.encode(story.state) == before


def test_what_was_seen_before_the_newest_was_told_changes_nothing() -> None:
    story = mapped(told(10))
    before = story.projection.encode(story.state)
    story.given(notified(4, -EARLY - timedelta(seconds=1)), stream=ON_AMAZON)
    assert story.projection.encode(story.state) == before
    story.given(notified(4, -EARLY), stream=ON_AMAZON)
    assert story.projection.encode(story.state) != before


def test_an_observation_never_changes_stock() -> None:
    story = mapped(told(10), notified(3), looked(3), ChannelOrdersRead(at(SOON)), DriftFound(10, 3, at(SOON)))
    assert (story.state.balance.on_hand, story.state.desired) == (10, 10)
    assert listing(story).drifted
    story.given(told(10, 2), stream=ON_AMAZON)
    assert not listing(story).drifted


def test_a_listing_that_shows_the_right_quantity_by_itself_is_not_due() -> None:
    assert place(mapped()) == DUE
    assert place(mapped(looked(10))) is None
    assert place(mapped(notified(10))) == DUE, "nobody has looked who fulfils it"
    assert place(mapped(looked(10)).given(ListingMapped("amazon", "OTHER"))) == DUE


def test_few_superseded_quantities_are_kept() -> None:
    story = mapped(*(told(quantity, quantity) for quantity in range(1, 30)))
    assert listing(story).superseded == tuple(range(28, 28 - REMEMBERED, -1))
    story.given(looked(29), stream=ON_AMAZON)
    assert listing(story).superseded == ()


def test_the_same_told_again_is_counted_until_its_cause_moves() -> None:
    story = mapped(*(told(10, attempt) for attempt in range(1, 5)))
    assert listing(story).repeats == 3
    story.given(told(10, 5, cause=7), stream=ON_AMAZON)
    assert listing(story).repeats == 0


def test_how_the_two_streams_interleave_cannot_matter() -> None:
    stock = (OPENED, MAPPED, SaleRecorded(1), StockAdjusted(3, "found"))
    there = (told(10), looked(10), notified(9, 2 * SOON), told(9, 2, 3), ChannelOrdersRead(at(LATE)), looked(30, LATE))
    total = len(stock) + len(there)
    states = set()
    for places in combinations(range(total), len(stock)):
        story, ours, theirs = Story(BroadcastsProjection()), iter(stock), iter(there)
        for number in range(total):
            if number in places:
                story.given(next(ours), stream=SHIRT)
            else:
                story.given(next(theirs), stream=ON_AMAZON)
        states.add(story.projection.encode(story.state))
    assert len(states) == 1
