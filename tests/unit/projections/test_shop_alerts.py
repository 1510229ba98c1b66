"""What a person is told of a shop that keeps its own count."""

from projections.alerts.documents import alert_id
from projections.alerts.fold import AlertsProjection
from stock.events import (
    STALE,
    DeltaApplied,
    DeltaDecided,
    DeltaInDoubt,
    DeltaRefused,
    LevelDecided,
    LevelUnexplained,
)
from stock.identities import channel_stream, sku
from tests.unit.projections.story import Story, alerts, amended

ON_SHOPIFY = channel_stream("acme", "shopify", sku("SHIRT"))


def test_a_shop_that_refuses_changes_is_told_of_at_first_and_when_it_repeats_that() -> None:
    story = Story(AlertsProjection())
    assert alerts(story.when(DeltaRefused(1, "INVALID"), ON_SHOPIFY)) == [("sync_failed", "warning", 0)]
    assert alerts(story.when(DeltaRefused(2, "INVALID"), ON_SHOPIFY)) == []
    assert alerts(story.when(DeltaRefused(3, "INVALID"), ON_SHOPIFY)) == [("sync_failed", "critical", 0)]
    assert len(amended(story.when(DeltaApplied(4), ON_SHOPIFY))) == 2


def test_a_change_that_came_too_late_is_not_told_of() -> None:
    assert not Story(AlertsProjection()).when(DeltaRefused(1, STALE), ON_SHOPIFY)


def test_each_change_in_doubt_is_told_of_until_it_is_decided() -> None:
    story = Story(AlertsProjection())
    for number in (1, 2):
        assert alerts(story.when(DeltaInDoubt(number, -2), ON_SHOPIFY)) == [("sync_failed", "critical", -2)]
    [read] = amended(story.when(DeltaDecided(2, applied=True), ON_SHOPIFY))
    assert read == alert_id(ON_SHOPIFY, 2, "sync_failed")
    assert amended(story.when(DeltaDecided(2, applied=True), ON_SHOPIFY)) == []


def test_units_that_nothing_explains_are_told_of_in_place_of_what_was_asked_before() -> None:
    story = Story(AlertsProjection())
    assert alerts(story.when(LevelUnexplained(1, 3, 33), ON_SHOPIFY)) == [("drift", "warning", 3)]
    changes = story.when(LevelUnexplained(2, -2, 28), ON_SHOPIFY)
    assert (alerts(changes), len(amended(changes))) == ([("drift", "warning", -2)], 1)
    assert len(amended(story.when(LevelDecided(2, adopted=True), ON_SHOPIFY))) == 1
    story.when(LevelUnexplained(3, 4, 34), ON_SHOPIFY)
    changes = story.when(LevelUnexplained(4, 0, 30), ON_SHOPIFY)
    assert (alerts(changes), len(amended(changes))) == ([], 1)
