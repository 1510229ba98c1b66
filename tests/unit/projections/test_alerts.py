"""What a person is told, and when: on the crossing, and only then."""

from collections.abc import Sequence
from typing import get_args

import msgspec
import pytest

from processor.clock import Instant
from processor.ops import ProjectionQuarantined, ops_stream
from processor.projection import Amend, Change, Put
from projections.alerts.documents import UNREAD, AlertType, alert_id
from projections.alerts.fold import AlertsProjection
from stock.dispositions import RULES, Disposition
from stock.events import (
    AlertAcknowledged,
    BroadcastAccepted,
    BroadcastRejected,
    BroadcastsResumed,
    BroadcastsStopped,
    ChannelOrdersRead,
    ChannelPaused,
    ChannelQuantityObserved,
    ChannelResumed,
    DriftFound,
    LowStockThresholdSet,
    ReturnReceived,
    ReviewReason,
    ReviewRequested,
    ReviewSettled,
    SaleCancelled,
    SaleRecorded,
    StockAdjusted,
    StockCounted,
)
from stock.identities import review_stream, sku, sku_stream, switch_stream
from tests.factories import MORNING, NOON
from tests.unit.projections.story import ON_AMAZON, SHIRT, Story, alerts

OPENED = StockAdjusted(10, "opening")
EVENING = Instant("2026-11-20T20:00:00.000000Z")
THRESHOLD = LowStockThresholdSet(5)


def test_stock_that_falls_to_its_threshold_is_low_once() -> None:
    story = Story(AlertsProjection()).given(OPENED, THRESHOLD, SaleRecorded(4))
    assert alerts(story.when(SaleRecorded(1))) == [("stock_low", "warning", 5)]
    assert alerts(story.when(SaleRecorded(1))) == []


def test_stock_that_rose_and_falls_again_is_low_again() -> None:
    story = Story(AlertsProjection()).given(OPENED, THRESHOLD, SaleRecorded(5), SaleCancelled(3))
    assert alerts(story.when(SaleRecorded(3))) == [("stock_low", "warning", 5)]


def test_a_threshold_set_above_what_is_left_says_so() -> None:
    assert alerts(Story(AlertsProjection()).given(OPENED).when(LowStockThresholdSet(10))) == [
        ("stock_low", "warning", 10)
    ]


def test_sales_beyond_stock_are_critical_once() -> None:
    story = Story(AlertsProjection()).given(OPENED, SaleRecorded(10))
    assert alerts(story.when(SaleRecorded(2))) == [("oversold", "critical", 2)]
    assert alerts(story.when(SaleRecorded(2))) == []


def test_one_event_can_cross_two_lines() -> None:
    story = Story(AlertsProjection()).given(OPENED, THRESHOLD)
    assert alerts(story.when(SaleRecorded(11))) == [("stock_low", "warning", 0), ("oversold", "critical", 1)]


def test_an_uncounted_sku_raises_no_stock_alert() -> None:
    story = Story(AlertsProjection()).given(THRESHOLD)
    assert alerts(story.when(SaleRecorded(3))) == []
    assert alerts(story.when(StockCounted(4))) == [("stock_low", "warning", 4)]


@pytest.mark.parametrize("disposition", Disposition)
def test_a_return_raises_the_alert_of_its_disposition(disposition: Disposition) -> None:
    raised = alerts(Story(AlertsProjection()).when(ReturnReceived(2, "merchant", disposition)))
    rule = RULES[disposition].alert
    assert raised == ([] if rule is None else [(*rule, 2)])


def test_a_refusing_channel_is_told_at_the_first_and_the_third_refusal() -> None:
    story = Story(AlertsProjection())
    refusals = [alerts(story.when(BroadcastRejected(n, 7, 1, "INVALID"), ON_AMAZON)) for n in range(1, 5)]
    assert refusals == [[("sync_failed", "warning", 7)], [], [("sync_failed", "critical", 7)], []]


def test_an_acceptance_ends_the_count_of_refusals() -> None:
    story = Story(AlertsProjection()).given(BroadcastRejected(1, 7, 1, "INVALID"), stream=ON_AMAZON)
    story.when(BroadcastAccepted(2, 7, 1), ON_AMAZON)
    assert alerts(story.when(BroadcastRejected(3, 6, 2, "INVALID"), ON_AMAZON)) == [("sync_failed", "warning", 6)]


def test_a_refused_listing_alerts_about_its_sku() -> None:
    (change,) = Story(AlertsProjection()).when(BroadcastRejected(1, 7, 1, "INVALID"), ON_AMAZON)
    assert isinstance(change, Put)
    assert msgspec.json.decode(change.document.body)["sku"] == "SHIRT"


def read(changes: Sequence[Change], type_: AlertType, *versions: int) -> bool:
    wanted = [Amend(alert_id(ON_AMAZON, version, type_), {"read": True}, leaves=(UNREAD,)) for version in versions]
    return list(changes) == wanted


def test_what_told_of_refusals_is_read_once_the_channel_takes_a_quantity() -> None:
    refusals = [BroadcastRejected(n, 7, 1, "INVALID") for n in range(1, 5)]
    story = Story(AlertsProjection()).given(*refusals, stream=ON_AMAZON)
    assert read(story.when(BroadcastAccepted(5, 7, 1), ON_AMAZON), "sync_failed", 1, 3)
    assert read(story.when(BroadcastAccepted(6, 6, 2), ON_AMAZON), "sync_failed")


def test_drift_is_told_once_until_the_channel_shows_what_it_was_told() -> None:
    story = Story(AlertsProjection()).given(BroadcastAccepted(1, 7, 1), stream=ON_AMAZON)
    assert alerts(story.when(DriftFound(7, 9, NOON), ON_AMAZON)) == [("drift", "warning", 9)]
    assert alerts(story.when(DriftFound(7, 8, NOON), ON_AMAZON)) == []
    assert not story.when(ChannelQuantityObserved("n", 8, EVENING), ON_AMAZON)
    assert not story.when(ChannelQuantityObserved("n", 7, MORNING), ON_AMAZON), "it was so before"
    assert read(story.when(ChannelQuantityObserved("n", 7, EVENING), ON_AMAZON), "drift", 2)
    assert alerts(story.when(DriftFound(7, 9, EVENING), ON_AMAZON)) == [("drift", "warning", 9)]


def test_orders_that_are_read_at_last_explain_what_was_told_of_them() -> None:
    story = Story(AlertsProjection()).given(BroadcastAccepted(1, 7, 1), stream=ON_AMAZON)
    assert alerts(story.when(DriftFound(7, 5, NOON, "orders_unread"), ON_AMAZON)) == [("drift", "warning", 5)]
    assert not story.when(ChannelOrdersRead(MORNING), ON_AMAZON)
    assert read(story.when(ChannelOrdersRead(NOON), ON_AMAZON), "drift", 2)


def test_a_stopped_projection_is_critical() -> None:
    stopped = ProjectionQuarantined("inventory", 1, str(SHIRT), 3, "ValueError: no")
    changes = Story(AlertsProjection()).when(stopped, ops_stream("acme", "inventory"))
    assert alerts(changes) == [("projection_quarantined", "critical", 0)]


@pytest.mark.parametrize("reason", get_args(ReviewReason))
def test_what_needs_a_person_is_told(reason: ReviewReason) -> None:
    asked = ReviewRequested(reason, "shopify:4501", "line 1")
    changes = Story(AlertsProjection()).when(asked, review_stream("acme", "shopify:4501"))
    assert alerts(changes) == [("manual_review", "warning", 0)]


def test_an_acknowledged_alert_is_read_and_leaves_the_unread() -> None:
    story = Story(AlertsProjection()).given(OPENED, THRESHOLD, SaleRecorded(5))
    name = alert_id(SHIRT, 3, "stock_low")
    (change,) = story.when(AlertAcknowledged(name))
    assert change == Amend(name, {"read": True}, leaves=(UNREAD,))


def test_the_id_of_an_alert_is_safe_in_an_address_and_tells_streams_apart() -> None:
    names = {alert_id(sku_stream("acme", sku(key)), 1, "oversold") for key in ("a/b", "a b", "ä", "ß" * 200, "ß" * 199)}
    assert len(names) == 5
    assert all(name.replace(".", "").replace("-", "").replace("_", "").replace("~", "").isalnum() for name in names)
    assert all(len(name) < 900 and name.isascii() for name in names)


def test_a_question_that_was_settled_is_read() -> None:
    review = review_stream("acme", "shopify:4501")
    asked = ReviewRequested("unmapped_line", "shopify:4501", "line 1")
    story = Story(AlertsProjection()).given(ReviewRequested("conflict", "shopify:4501"), asked, asked, stream=review)
    (change,) = story.when(ReviewSettled("t2"), review)
    assert change == Amend(alert_id(review, 2, "manual_review"), {"read": True}, leaves=(UNREAD,))
    assert not story.when(ReviewSettled("t2"), review)
    assert not story.when(ReviewSettled("t1"), review)
    (change,) = story.when(ReviewSettled("t3"), review)
    assert change == Amend(alert_id(review, 3, "manual_review"), {"read": True}, leaves=(UNREAD,))


def test_a_channel_that_paused_itself_is_critical_until_it_is_resumed() -> None:
    channel = switch_stream("acme", "amazon")
    story = Story(AlertsProjection())
    assert not story.when(ChannelPaused("operator"), channel)
    assert alerts(story.when(ChannelPaused("zeroing", 12, 40), channel)) == [("sync_failed", "critical", 12)]
    (change,) = story.when(ChannelResumed(), channel)
    assert change == Amend(alert_id(channel, 2, "sync_failed"), {"read": True}, leaves=(UNREAD,))
    assert not story.when(ChannelResumed(), channel)


def test_a_listing_that_was_given_up_is_critical_until_somebody_sees_to_it() -> None:
    story = Story(AlertsProjection()).given(BroadcastAccepted(1, 7, 1), stream=ON_AMAZON)
    assert alerts(story.when(BroadcastsStopped(6, 7, 1, 5), ON_AMAZON)) == [("sync_failed", "critical", 7)]
    assert read(story.when(BroadcastsResumed(), ON_AMAZON), "sync_failed", 2)
