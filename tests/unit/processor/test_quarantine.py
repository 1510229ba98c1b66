"""P7: poison stops one pair, is told once, and a redrive resumes it with nothing lost."""

from collections.abc import Iterator
from threading import Barrier

import pytest

from processor.errors import Misuse
from processor.models import Model
from processor.run import Failure
from processor.source import Doorbell
from processor.streams import StreamId
from tests.contracts.threads import at_once
from tests.factories import a_stream, an_append
from tests.properties.program import CODEC, a_novelty
from tests.unit.processor.mending import ON_AMAZON, SHIRT, Workshop

ATTEMPTS = 3


@pytest.fixture
def shop() -> Iterator[Workshop]:
    shop = Workshop()
    yield shop
    shop.engine.close()


def test_a_pair_is_held_before_its_poison_and_nothing_else_is(shop: Workshop) -> None:
    other = a_stream()
    shop.bugs.introduce("inventory", SHIRT, 3, "raises")
    shop.append(SHIRT, other, ON_AMAZON, number=5)
    shop.sweep(ATTEMPTS)
    assert shop.at("inventory") == 2
    assert {stream: mark.version for stream, mark in shop.row("inventory").held.items()} == {SHIRT: 3}
    assert (shop.at("inventory", other), shop.at("scribbles"), shop.at("scribbles", ON_AMAZON)) == (5, 5, 5)
    assert [(one.projection, one.stream, one.version) for one in shop.engine.quarantine.stopped()] == [
        ("inventory", SHIRT, 3)
    ]


def test_of_two_streams_of_one_row_only_the_poisoned_one_stops(shop: Workshop) -> None:
    shop.bugs.introduce("scribbles", ON_AMAZON, 1, "raises")
    shop.append(SHIRT, ON_AMAZON, number=3)
    shop.sweep(ATTEMPTS)
    shop.append(SHIRT)
    shop.sweep()
    assert (shop.at("scribbles"), shop.at("scribbles", ON_AMAZON)) == (4, 0)
    assert set(shop.row("scribbles").held) == {ON_AMAZON}


def test_two_who_meet_the_same_poison_at_once_hold_it_once(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.bugs.introduce("inventory", SHIRT, 1, "raises")
    shop.append(SHIRT)
    shop.sweep(ATTEMPTS - 1)
    quarantine, both = shop.engine.quarantine, Barrier(2, timeout=20)
    hold, rung = quarantine.hold, shop.engine.runner.ring([Doorbell(SHIRT)])

    def together(model: Model, failure: Failure) -> None:
        both.wait()
        hold(model, failure)

    monkeypatch.setattr(quarantine, "hold", together)
    at_once(2, lambda _: quarantine.consider(rung))
    assert shop.told("inventory") == [("stopped", 1)]
    assert set(shop.row("inventory").held) == {SHIRT}


def test_what_cannot_be_read_stops_every_projection_of_its_stream(shop: Workshop) -> None:
    shop.bugs.introduce(CODEC, SHIRT, 2, "raises")
    shop.append(SHIRT, number=3)
    shop.sweep(ATTEMPTS)
    assert [shop.at(name) for name in ("inventory", "scribbles", "alerts")] == [1, 1, 1]
    assert [shop.told(name) for name in ("inventory", "scribbles", "alerts")] == [[("stopped", 2)]] * 3


def test_it_is_tried_so_often_before_it_is_held(shop: Workshop) -> None:
    shop.bugs.introduce("inventory", SHIRT, 1, "raises")
    shop.append(SHIRT)
    shop.sweep(ATTEMPTS - 1)
    assert not shop.row("inventory").held
    shop.sweep()
    assert shop.row("inventory").held


def test_an_event_that_fails_at_times_is_folded_in_the_end(shop: Workshop) -> None:
    shop.bugs.introduce("inventory", SHIRT, 1, "raises")
    shop.append(SHIRT)
    shop.sweep(ATTEMPTS - 1)
    shop.bugs.fix()
    shop.sweep()
    assert shop.at("inventory") == 1
    assert shop.told("inventory") == []


def test_a_stop_is_told_once_and_alerted_once_however_long_it_lasts(shop: Workshop) -> None:
    shop.bugs.introduce("inventory", SHIRT, 1, "raises")
    shop.append(SHIRT)
    shop.sweep(3 * ATTEMPTS)
    assert shop.told("inventory") == [("stopped", 1)]
    page = shop.store.models.query(shop.engine.live("alerts"), "acme", 3, "all")
    assert [item.id.partition(".")[0] for item in page.items] == ["projection_quarantined"]


def test_a_redrive_after_the_fix_loses_nothing(shop: Workshop) -> None:
    shop.bugs.introduce("inventory", SHIRT, 2, "raises")
    shop.append(SHIRT, number=4)
    shop.sweep(ATTEMPTS)
    shop.bugs.fix()
    rung = shop.engine.quarantine.redrive("inventory", SHIRT)
    assert rung is not None
    assert (rung.folded, rung.behind) == (3, {})
    assert shop.at("inventory") == 4
    assert shop.told("inventory") == [("stopped", 2), ("redriven", 2)]


def test_a_redrive_before_the_fix_stops_again_and_is_told_again(shop: Workshop) -> None:
    shop.bugs.introduce("inventory", SHIRT, 2, "raises")
    shop.append(SHIRT, number=4)
    shop.sweep(ATTEMPTS)
    for _ in range(2):
        shop.engine.quarantine.redrive("inventory", SHIRT)
        shop.sweep(ATTEMPTS)
    assert shop.at("inventory") == 1
    assert shop.told("inventory") == [("stopped", 2), *[("redriven", 2), ("stopped", 2)] * 2]


def test_a_fix_alone_moves_nothing_until_the_redrive(shop: Workshop) -> None:
    shop.bugs.introduce("inventory", SHIRT, 1, "raises")
    shop.append(SHIRT)
    shop.sweep(ATTEMPTS)
    shop.bugs.fix()
    shop.sweep()
    shop.engine.recorder.record([an_append(SHIRT)])
    assert shop.at("inventory") == 0


def test_only_what_is_held_can_be_redriven(shop: Workshop) -> None:
    shop.append(SHIRT)
    shop.sweep()
    assert shop.engine.quarantine.redrive("inventory", SHIRT) is None
    assert shop.told("inventory") == []
    with pytest.raises(Misuse, match="there are inventory"):
        shop.engine.quarantine.redrive("nothing", SHIRT)
    with pytest.raises(Misuse):
        shop.engine.quarantine.redrive("inventory", StreamId("acme", "order", "1"))


def test_a_pair_that_moved_on_meanwhile_is_not_held(shop: Workshop) -> None:
    shop.append(SHIRT, number=2)
    shop.sweep()
    shop.engine.quarantine.hold(Model("inventory", 1), Failure(SHIRT, 2, ValueError("an old story")))
    assert not shop.row("inventory").held
    assert shop.told("inventory") == []


def test_what_a_newer_release_will_read_waits_and_is_never_held(shop: Workshop) -> None:
    shop.append(SHIRT)
    shop.store.log.append([an_append(SHIRT, a_novelty("new", of_known_type=True))])
    shop.append(SHIRT)
    for _ in range(2 * ATTEMPTS):
        rung = shop.engine.runner.ring([Doorbell(SHIRT)])
        shop.engine.quarantine.consider(rung)
        assert set(rung.behind.values()) == {"too_new"}
    assert shop.at("inventory") == 1
    assert not shop.row("inventory").held
