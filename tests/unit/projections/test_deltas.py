"""What Shopify is owed of a SKU, what it was given, and what is known of its count."""

from itertools import permutations

import pytest

from processor.clock import later
from processor.events import Recorded, recorded
from processor.streams import StreamId
from projections.broadcasts.deltas import MOST_DOUBTS, SETTLING, Deltas
from projections.broadcasts.fold import BroadcastsProjection
from stock.dispositions import Disposition
from stock.events import (
    STALE,
    BufferSet,
    ChannelQuantityObserved,
    DeltaApplied,
    DeltaDecided,
    DeltaInDoubt,
    DeltaIntended,
    DeltaRefused,
    LevelCompared,
    LevelDecided,
    LevelUnexplained,
    ListingMapped,
    ListingUnmapped,
    LowStockThresholdSet,
    ReturnReceived,
    SaleCancelled,
    SaleRecorded,
    StockAdjusted,
    StockCounted,
    StockEvent,
    adoption_tx,
)
from stock.facts import fact
from stock.identities import channel_stream, sku
from tests.factories import MORNING, NOON
from tests.unit.projections.story import SHIRT

ON_SHOPIFY = channel_stream("acme", "shopify", sku("SHIRT"))
MAPPED, OPENED = ListingMapped("shopify", "700"), StockAdjusted(10, "opening")
NOT_YET, SETTLED = later(NOON, SETTLING / 2), later(NOON, SETTLING)


class Books:
    """One SKU's account. Each stream counts its own versions; every state goes through its bytes."""

    def __init__(self) -> None:
        self.projection = BroadcastsProjection()
        self.state = self.projection.initial()
        self.versions: dict[StreamId, int] = {}

    def sku(self, *facts: StockEvent, source: str = "amazon", tx: str | None = None) -> "Books":
        return self._told(SHIRT, facts, source, tx)

    def shop(self, *facts: StockEvent) -> "Books":
        return self._told(ON_SHOPIFY, facts, "dispatcher", None)

    def _told(self, stream: StreamId, facts: tuple[StockEvent, ...], source: str, tx: str | None) -> "Books":
        for happened in facts:
            version = self.versions[stream] = self.versions.get(stream, 0) + 1
            self.projection.apply(self.state, _event(stream, version, happened, source, tx), happened)
            self.state = self.projection.decode(self.projection.encode(self.state))
        return self

    @property
    def deltas(self) -> Deltas:
        return self.state.deltas or Deltas()

    @property
    def due(self) -> bool:
        return self.state.due("shopify")


def _event(stream: StreamId, version: int, happened: StockEvent, source: str, tx: str | None) -> Recorded:
    told = fact(happened, tx=tx or f"t{version}", at=MORNING, source=source)
    return recorded(stream, version, told, NOON)


def books() -> Books:
    """A SKU that is mapped and counted, and a shop that was looked at: it has 30."""
    return Books().sku(MAPPED, OPENED).shop(LevelCompared("700", 30, 0, 1, NOON))


def intended(number: int, delta: int, since: int = 1) -> DeltaIntended:
    return DeltaIntended(number, delta, 30, f"k{number}", "700", "48", 3, since)


@pytest.mark.parametrize(
    ("happened", "owed"),
    [
        (SaleRecorded(3), -3),
        (SaleCancelled(2), 2),
        (ReturnReceived(2, "merchant", Disposition.SELLABLE), 2),
        (ReturnReceived(2, "merchant", Disposition.CUSTOMER_DAMAGED), 0),
        (ReturnReceived(2, "fba", Disposition.SELLABLE), 0),
        (StockAdjusted(-4, "damage"), -4),
        (StockCounted(7), -3),
        (BufferSet(4), -4),
        (LowStockThresholdSet(3), 0),
        (SaleRecorded(25), -25),
    ],
)
def test_the_shop_is_owed_what_others_changed(happened: StockEvent, owed: int) -> None:
    assert books().sku(happened).deltas.outstanding == owed
    assert books().sku(happened, source="shopify").deltas.outstanding == 0


def test_the_first_count_is_owed_to_nobody() -> None:
    for first in (OPENED, StockCounted(4)):
        assert Books().sku(MAPPED, SaleRecorded(1), BufferSet(2), first).deltas.outstanding == 0


def test_what_happened_before_the_sku_was_sold_there_is_not_owed() -> None:
    assert Books().sku(OPENED, SaleRecorded(4), MAPPED, SaleRecorded(1)).deltas.outstanding == -1


def test_what_cancels_out_is_not_due() -> None:
    told = books().sku(SaleRecorded(3))
    assert told.due
    assert not told.sku(SaleCancelled(3)).due


def test_what_is_intended_is_owed_no_more_and_a_refusal_owes_it_again() -> None:
    told = books().sku(SaleRecorded(3), SaleRecorded(2)).shop(intended(1, -3))
    assert told.deltas.outstanding == -2
    assert told.shop(DeltaRefused(1, "402")).deltas.outstanding == -5
    assert told.shop(intended(2, -5), DeltaApplied(2, 25)).deltas.outstanding == 0
    assert told.deltas.expected == 25


def test_an_outcome_told_twice_counts_once() -> None:
    told = books().sku(SaleRecorded(3)).shop(intended(1, -3), DeltaApplied(1), DeltaApplied(1), DeltaRefused(1, "X"))
    assert (told.deltas.outstanding, told.deltas.landed) == (0, -3)


def test_a_refusal_for_good_rests_until_something_else_is_owed() -> None:
    told = books().sku(SaleRecorded(3)).shop(intended(1, -3), DeltaRefused(1, "INVALID", retry=False))
    assert not told.due
    assert told.sku(SaleRecorded(1)).due


def test_a_change_that_came_too_late_is_no_refusal() -> None:
    told = books().sku(SaleRecorded(3)).shop(intended(1, -3), DeltaRefused(1, STALE))
    assert (told.deltas.refusals, told.deltas.outstanding, told.due) == (0, -3, True)


def test_what_is_in_doubt_is_not_owed_until_somebody_says_that_it_was_not_made() -> None:
    told = books().sku(SaleRecorded(3)).shop(intended(1, -3), DeltaInDoubt(1, -3))
    assert (told.deltas.outstanding, told.due, told.deltas.look_at) == (0, False, None)
    assert told.sku(SaleRecorded(1)).due, "what comes after it is given all the same"
    assert told.shop(DeltaDecided(1, applied=False), DeltaDecided(1, applied=False)).deltas.outstanding == -4


def test_what_was_made_after_all_is_expected_to_show() -> None:
    told = books().sku(SaleRecorded(3)).shop(intended(1, -3), DeltaInDoubt(1, -3), DeltaDecided(1, applied=True))
    assert (told.deltas.outstanding, told.deltas.expected) == (0, 27)


def test_with_too_much_in_doubt_nothing_more_is_begun() -> None:
    told = books()
    for number in range(1, MOST_DOUBTS + 1):
        told.sku(SaleRecorded(1)).shop(intended(number, -1), DeltaInDoubt(number, -1))
    assert not told.sku(SaleRecorded(1)).due


def test_another_item_has_a_count_of_its_own() -> None:
    told = books().sku(SaleRecorded(3)).shop(intended(1, -3))
    told.sku(SaleRecorded(2), ListingMapped("shopify", "800"))
    assert (told.deltas.outstanding, told.deltas.expected) == (0, None)
    told.sku(SaleRecorded(1)).shop(LevelCompared("800", 5, 0, 5, NOON), DeltaApplied(1))
    assert (told.deltas.outstanding, told.deltas.expected) == (-1, 5), "what was begun for the other is not this one's"


def test_the_same_item_mapped_again_goes_on() -> None:
    assert books().sku(SaleRecorded(3), MAPPED).deltas.outstanding == -3


def test_nothing_is_owed_while_it_is_sold_there_no_more() -> None:
    told = books().sku(SaleRecorded(3), ListingUnmapped("shopify"), SaleRecorded(1))
    assert (told.deltas.outstanding, told.due) == (0, False)
    assert told.sku(MAPPED, SaleRecorded(2)).deltas.outstanding == -2


def test_the_shops_own_sales_and_our_changes_are_explained() -> None:
    told = books().sku(SaleRecorded(2), source="shopify").sku(SaleRecorded(3)).shop(intended(1, -3), DeltaApplied(1))
    assert told.deltas.expected == 25
    told.shop(LevelCompared("700", 25, -5, 1, SETTLED))
    assert (told.deltas.firm, told.deltas.gap, told.deltas.look_at) == (True, 0, None)


def test_what_the_shop_has_is_learnt_until_it_lasted() -> None:
    told = books().shop(LevelCompared("700", 29, 0, 1, NOT_YET))
    assert (told.deltas.base, told.deltas.firm, told.deltas.gap) == (29, False, 0)
    told.shop(LevelCompared("700", 29, 0, 1, later(NOT_YET, SETTLING)))
    assert told.deltas.firm


def gap() -> Books:
    return books().shop(LevelCompared("700", 30, 0, 1, SETTLED), LevelCompared("700", 33, 0, 1, SETTLED))


def test_a_difference_is_looked_at_again_after_a_while() -> None:
    assert (gap().deltas.gap, gap().deltas.look_at) == (3, later(SETTLED, SETTLING))
    assert gap().shop(LevelUnexplained(1, 3, 33)).deltas.look_at is None


def test_units_that_are_adopted_are_stock_and_not_sent_back() -> None:
    told = gap().shop(LevelUnexplained(1, 3, 33), LevelDecided(1, adopted=True))
    assert told.due
    told.sku(StockAdjusted(3, "correction"), source="shopify", tx=adoption_tx(1))
    assert (told.due, told.deltas.outstanding, told.deltas.expected) == (False, 0, 33)
    assert told.state.balance.on_hand == 13


def test_units_that_are_rejected_are_taken_back_once() -> None:
    told = gap().shop(LevelUnexplained(1, 3, 33), LevelDecided(1, adopted=False), LevelDecided(1, adopted=False))
    assert (told.deltas.outstanding, told.deltas.expected) == (-3, 33)
    told.shop(intended(1, -3), DeltaApplied(1))
    assert (told.deltas.outstanding, told.deltas.expected) == (0, 30)


def test_a_question_is_taken_back_when_the_difference_is_gone() -> None:
    told = gap().shop(LevelUnexplained(1, 3, 33), LevelCompared("700", 30, 0, 1, later(SETTLED, SETTLING)))
    assert told.deltas.look_at == later(SETTLED, 2 * SETTLING)
    assert told.shop(LevelUnexplained(2, 0, 30)).deltas.question is None


def test_an_echo_is_not_looked_at_and_a_difference_is() -> None:
    told = books().shop(LevelCompared("700", 30, 0, 1, SETTLED))
    told.sku(SaleRecorded(3)).shop(intended(1, -3), DeltaApplied(1), ChannelQuantityObserved("n1", 27, NOON))
    assert told.deltas.look_at is None
    assert told.shop(ChannelQuantityObserved("n0", 30, MORNING)).deltas.look_at is None
    assert told.shop(ChannelQuantityObserved("n2", 26, NOON)).deltas.look_at is not None


def test_how_the_streams_interleave_cannot_matter() -> None:
    one = (MAPPED, OPENED, SaleRecorded(3), SaleRecorded(1))
    two = (LevelCompared("700", 30, 0, 1, NOON), intended(1, -3), DeltaApplied(1), intended(2, -1), DeltaInDoubt(2, -1))
    states = set()
    for order in set(permutations("aaaabbbbb")):
        told, left = Books(), {"a": iter(one), "b": iter(two)}
        for which in order:
            (told.sku if which == "a" else told.shop)(next(left[which]))
        states.add(told.projection.encode(told.state))
    assert len(states) == 1
