"""Whether a channel is to be told, and what."""

from datetime import timedelta

import msgspec
import pytest

from channels.attempts import Carried, Delivery, Outcome
from channels.decisions import (
    BACKOFF,
    LAG,
    LOOK_AGAIN,
    MAX_BACKOFF,
    Decision,
    Rest,
    Settle,
    Tell,
    Wait,
    backoff,
    decide,
)
from processor.clock import later
from projections.broadcasts.documents import Broadcasts, Listing
from stock.balance import Balance
from tests.factories import MORNING, NOON

NEVER = Delivery()


def a_state(
    desired: int = 5,
    *,
    listing: str | None = "L",
    counted: bool = True,
    attempt: int = 0,
    accepted: int | None = None,
    refused: int | None = None,
    retry: bool = True,
    refusals: int = 1,
) -> Broadcasts:
    told = Listing(listing, attempt=attempt, accepted=accepted, accepted_listing="L", product_type="SHIRT")
    if refused is not None:
        told.refused, told.retry, told.refusals, told.refused_at = refused, retry, refusals, MORNING
    balance = Balance(desired, counted=counted)
    return Broadcasts(balance, desired, cause_version=7, changed_at=MORNING, channels={"amazon": told})


def a_delivery(
    attempt: int = 1, quantity: int = 5, outcome: Outcome = "accepted", *, suspect: bool = False
) -> Delivery:
    return Delivery(attempt, "L", quantity, 7, 1, MORNING, outcome, suspect)


def decided(state: Broadcasts | None, delivery: Delivery = NEVER, after: timedelta = timedelta()) -> Decision:
    return decide(state, "amazon", delivery, later(MORNING, after))


def told(quantity: int, attempt: int) -> Tell:
    return Tell("L", "SHIRT", quantity, 7, attempt)


def test_nothing_is_told_of_an_unknown_sku() -> None:
    assert decided(None) == Rest()


def test_nothing_is_told_without_a_listing_or_without_a_count() -> None:
    assert decided(a_state(listing=None)) == Rest()
    assert decided(a_state(counted=False, desired=0)) == Rest()
    other = a_state()
    other.channels = {"shopify": other.channels["amazon"]}
    assert decided(other) == Rest()


def test_the_first_quantity_is_told_under_the_first_number() -> None:
    assert decided(a_state(5)) == told(5, 1)


def test_zero_is_told_like_any_other() -> None:
    assert decided(a_state(0)) == told(0, 1)


def test_what_the_channel_took_is_not_told_again() -> None:
    assert decided(a_state(5, attempt=1, accepted=5), a_delivery()) == Rest()


def test_another_quantity_is_told_under_the_next_number() -> None:
    assert decided(a_state(4, attempt=1, accepted=5), a_delivery()) == told(4, 2)


def test_a_number_is_new_even_where_the_rows_were_lost() -> None:
    assert decided(a_state(4, attempt=9, accepted=5), NEVER) == told(4, 10)


def test_an_attempt_without_outcome_is_told_again_under_a_new_number() -> None:
    assert decided(a_state(5, attempt=1, accepted=9), a_delivery(2, 5, "unknown")) == told(5, 3)


def test_an_attempt_without_outcome_is_told_again_even_if_the_old_quantity_is_right_again() -> None:
    assert decided(a_state(9, attempt=1, accepted=9), a_delivery(2, 5, "unknown")) == told(9, 3)


def test_doubt_outlives_a_refusal_and_a_throttling() -> None:
    refused = a_state(9, attempt=3, accepted=9)
    assert decided(refused, a_delivery(4, 7, "untaken", suspect=True)) == told(9, 5)


def test_an_outcome_that_the_log_tells_is_settled_without_a_call() -> None:
    assert decided(a_state(5, attempt=2, accepted=5), a_delivery(2, 5, "unknown")) == Settle("accepted")
    assert decided(a_state(5, attempt=2, refused=5), a_delivery(2, 5, "unknown")) == Settle("refused")


def test_another_fact_under_the_same_number_settles_nothing() -> None:
    assert decided(a_state(5, attempt=2, accepted=4), a_delivery(2, 5, "unknown")) == told(5, 3)


def test_a_refused_quantity_waits_out_its_backoff() -> None:
    state, row = a_state(5, attempt=1, refused=5), a_delivery(1, 5, "refused")
    assert decided(state, row) == Wait(later(MORNING, BACKOFF))
    assert decided(state, row, BACKOFF) == told(5, 2)


def test_each_refusal_in_a_row_doubles_the_backoff() -> None:
    state, row = a_state(5, attempt=3, refused=5, refusals=3), a_delivery(3, 5, "refused")
    assert decided(state, row) == Wait(later(MORNING, 4 * BACKOFF))


def test_a_lower_quantity_does_not_wait_and_a_higher_one_does() -> None:
    row = a_delivery(1, 5, "refused")
    assert decided(a_state(4, attempt=1, refused=5), row) == told(4, 2)
    assert decided(a_state(6, attempt=1, refused=5), row) == Wait(later(MORNING, BACKOFF))
    assert decided(a_state(6, attempt=1, refused=5), row, BACKOFF) == told(6, 2)


def test_what_was_refused_for_good_is_not_told_again() -> None:
    state, row = a_state(5, attempt=1, refused=5, retry=False), a_delivery(1, 5, "refused")
    assert decided(state, row, timedelta(days=9)) == Rest()


def test_another_quantity_is_told_after_a_refusal_for_good() -> None:
    state, row = a_state(4, attempt=1, refused=5, retry=False), a_delivery(1, 5, "refused")
    assert decided(state, row) == told(4, 2)


@pytest.mark.parametrize("outcome", ["accepted", "refused"])
def test_while_the_read_model_lags_the_same_is_not_told_twice(outcome: Outcome) -> None:
    state = a_state(5, attempt=1, accepted=9)
    assert decided(state, a_delivery(2, 5, outcome)) == Wait(later(MORNING, LAG))


def test_a_read_model_that_stays_behind_is_not_waited_for_for_ever() -> None:
    assert decided(a_state(5, attempt=1, accepted=9), a_delivery(2, 5), LAG) == told(5, 3)


def test_while_the_read_model_lags_another_quantity_is_told_at_once() -> None:
    assert decided(a_state(4, attempt=1, accepted=9), a_delivery(2, 5)) == told(4, 3)
    assert decided(a_state(9, attempt=1, accepted=9), a_delivery(2, 5)) == told(9, 3)


def test_a_listing_that_was_mapped_anew_is_told_what_the_old_one_was() -> None:
    state = a_state(5, listing="NEW", attempt=1, accepted=5)
    assert decided(state, a_delivery()) == msgspec.structs.replace(told(5, 2), listing="NEW")


def test_doubt_is_remembered_while_there_is_nobody_to_tell() -> None:
    assert decided(a_state(listing=None), a_delivery(1, 5, "unknown")) == Rest(doubtful=True)


def test_backoff_doubles_and_never_passes_its_limit() -> None:
    assert [backoff(n) for n in (1, 2, 3)] == [BACKOFF, 2 * BACKOFF, 4 * BACKOFF]
    assert backoff(10_000) == MAX_BACKOFF


def test_later_counts_from_a_moment() -> None:
    assert later(MORNING, timedelta(hours=2)) == NOON


def carried(delivery: Delivery, attempt: int = 1, quantity: int = 5) -> Delivery:
    return msgspec.structs.replace(delivery, carried=Carried(1, attempt, quantity))


@pytest.mark.parametrize("desired", [5, 6])
def test_no_more_is_told_while_a_feed_is_under_way(desired: int) -> None:
    """Nor the same, whatever the log tells: what the feed carries may come at any moment."""
    for accepted in (None, 9, 5):
        state = a_state(desired, attempt=1 if accepted == 5 else 0, accepted=accepted)
        assert decided(state, carried(a_delivery(outcome="unknown"))) == Wait(later(MORNING, LOOK_AGAIN))


def test_less_is_told_while_a_feed_is_under_way() -> None:
    state = a_state(4, attempt=1, accepted=5)
    assert decided(state, carried(a_delivery(outcome="unknown"))) == told(4, 2)


@pytest.mark.parametrize(("outcome", "again"), [("accepted", False), ("untaken", True), ("unknown", True)])
def test_less_is_told_once_while_a_feed_is_under_way_unless_it_was_not_taken(outcome: Outcome, *, again: bool) -> None:
    state = a_state(4, attempt=1, accepted=5)
    answer = decided(state, carried(a_delivery(2, 4, outcome)))
    assert answer == (told(4, 3) if again else Wait(later(MORNING, LOOK_AGAIN)))


def test_a_listing_that_was_mapped_since_waits_for_the_feed_of_the_one_before() -> None:
    state = a_state(1, listing="NEW")
    assert isinstance(decided(state, carried(a_delivery(outcome="unknown"))), Wait)


def test_what_was_told_during_a_feed_is_told_again_when_it_is_over() -> None:
    state = a_state(4, attempt=2, accepted=4)
    row = carried(a_delivery(2, 4))
    assert isinstance(decided(state, row), Wait)
    assert decided(state, row.let_go()) == told(4, 3)
