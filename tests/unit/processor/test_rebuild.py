"""P9 in the engine: a new model grows beside the live one, and goes live whole or not at all."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from processor.models import Model
from processor.rebuild import Rebuild, RebuildStopped
from processor.source import Doorbell
from tests.factories import a_sale, a_stream, an_append
from tests.unit.processor.mending import ON_AMAZON, SHIRT, Workshop

ATTEMPTS = 3
LEASES = timedelta(seconds=7)
NAME = "scribbles"


@pytest.fixture
def shop() -> Iterator[Workshop]:
    """A shop with some events, folded."""
    shop = Workshop()
    shop.append(SHIRT, ON_AMAZON, number=4)
    shop.sweep()
    yield shop
    shop.engine.close()


@pytest.fixture
def rebuild(shop: Workshop) -> Rebuild:
    return shop.engine.rebuild


def register(shop: Workshop) -> Model:
    """Begin a rebuild, and let every worker learn of it."""
    model = shop.engine.rebuild.register(NAME)
    shop.clock.advance(LEASES)
    return model


def fill(rebuild: Rebuild, model: Model, *, carry: bool = False) -> int:
    return sum(progress.events for progress in rebuild.fill(model, carry_quarantine=carry))


def test_a_rebuilt_model_equals_the_live_one_row_for_row_and_document_for_document(
    shop: Workshop, rebuild: Rebuild
) -> None:
    live, model = shop.engine.live(NAME), register(shop)
    fill(rebuild, model)
    old, new = (shop.store.models.load(one, [SHIRT])[SHIRT] for one in (live, model))
    assert (old.state, old.positions, old.keys) == (new.state, new.positions, new.keys)
    ids = [f"{stream.category}/{stream.key}.{number}" for stream in (SHIRT, ON_AMAZON) for number in range(4)]
    documents = shop.store.models.get(model, "acme", ids)
    assert documents
    assert documents == shop.store.models.get(live, "acme", ids)


def test_readers_see_the_old_model_until_the_flip_and_traffic_goes_to_both(shop: Workshop, rebuild: Rebuild) -> None:
    model = register(shop)
    shop.append(SHIRT)
    shop.engine.runner.ring([Doorbell(SHIRT)])
    assert shop.engine.live(NAME) == Model(NAME, 1)
    assert (shop.at(NAME), shop.at(NAME, generation=2)) == (5, 5)
    fill(rebuild, model)
    assert shop.engine.live(NAME) == Model(NAME, 1)
    assert rebuild.flip(model)
    assert shop.engine.live(NAME) == model


def test_no_flip_before_every_worker_folds_the_new_model(shop: Workshop, rebuild: Rebuild) -> None:
    model = rebuild.register(NAME)
    fill(rebuild, model)
    assert not rebuild.flip(model)
    shop.clock.advance(LEASES)
    assert rebuild.flip(model)


def test_no_flip_before_the_new_model_has_all_that_the_live_one_has(shop: Workshop, rebuild: Rebuild) -> None:
    model = register(shop)
    assert not rebuild.flip(model)
    assert shop.engine.live(NAME) == Model(NAME, 1)


def test_a_flip_is_answered_the_same_when_it_is_repeated(shop: Workshop, rebuild: Rebuild) -> None:
    model = register(shop)
    fill(rebuild, model)
    assert [rebuild.flip(model) for _ in range(2)] == [True, True]


def test_a_registration_that_is_repeated_goes_on_with_what_is_being_built(shop: Workshop, rebuild: Rebuild) -> None:
    assert rebuild.register(NAME) == register(shop) == Model(NAME, 2)


def test_a_fill_that_was_cut_short_is_resumed(shop: Workshop, rebuild: Rebuild) -> None:
    streams = [a_stream() for _ in range(450)]
    shop.append(*streams)
    shop.sweep()
    model = register(shop)
    first = next(rebuild.fill(model))
    assert first.streams < 450
    assert not rebuild.flip(model)
    again = list(rebuild.fill(model))
    assert again[-1].streams == 452
    assert again[-1].events == 450 + 8 - first.events
    assert rebuild.flip(model)


def test_a_stream_that_begins_during_the_fill_is_not_missed(shop: Workshop, rebuild: Rebuild) -> None:
    model, young = register(shop), a_stream()
    fill(rebuild, model)
    shop.append(young)
    shop.engine.runner.ring([Doorbell(young)], only=shop.engine.live(NAME))
    assert not rebuild.flip(model), "an older worker folded it into the live model alone"
    shop.sweep()
    assert rebuild.flip(model)


def test_the_old_model_is_folded_until_nobody_can_read_it_and_then_deleted(shop: Workshop, rebuild: Rebuild) -> None:
    model = register(shop)
    fill(rebuild, model)
    rebuild.flip(model)
    shop.append(SHIRT)
    shop.engine.runner.ring([Doorbell(SHIRT)])
    assert (shop.at(NAME, generation=1), shop.at(NAME)) == (5, 5)
    assert rebuild.retire(NAME) == []
    shop.clock.advance(LEASES)
    assert rebuild.retire(NAME) == [Model(NAME, 1)]
    shop.append(SHIRT)
    shop.sweep()
    assert (shop.at(NAME, generation=1), shop.at(NAME)) == (0, 6)
    assert rebuild.retire(NAME) == []


def test_poison_stops_a_rebuild_with_a_report_and_leaves_the_live_model_alone(shop: Workshop, rebuild: Rebuild) -> None:
    """The fold was changed: it trips over what the live model has folded."""
    shop.bugs.introduce(NAME, SHIRT, 2, "raises")
    model = register(shop)
    with pytest.raises(RebuildStopped) as stopped:
        fill(rebuild, model)
    assert stopped.value.behind == {SHIRT: "poison"}
    assert not rebuild.flip(model)
    assert (shop.at(NAME), shop.at(NAME, ON_AMAZON)) == (4, 4)
    assert shop.told(NAME) == [], "a model that nobody reads alerts nobody"


def test_a_rebuild_that_poison_stopped_goes_on_after_the_fix_even_if_the_sweeper_held_the_pair(
    shop: Workshop, rebuild: Rebuild
) -> None:
    shop.bugs.introduce(NAME, SHIRT, 2, "raises")
    model = register(shop)
    shop.sweep(ATTEMPTS)
    assert shop.row(NAME, generation=2).held
    with pytest.raises(RebuildStopped):
        fill(rebuild, model)
    shop.bugs.fix()
    fill(rebuild, model)
    assert rebuild.flip(model)
    assert not shop.row(NAME).held


def test_known_poison_can_be_carried_into_the_new_model_and_redriven_there(shop: Workshop, rebuild: Rebuild) -> None:
    shop.bugs.introduce(NAME, SHIRT, 5, "raises")
    shop.append(SHIRT, number=2)
    shop.sweep(ATTEMPTS)
    model = register(shop)
    with pytest.raises(RebuildStopped):
        fill(rebuild, model)
    fill(rebuild, model, carry=True)
    assert rebuild.flip(model)
    assert (shop.at(NAME), set(shop.row(NAME).held)) == (4, {SHIRT})
    shop.bugs.fix()
    shop.engine.quarantine.redrive(NAME, SHIRT)
    assert shop.at(NAME) == 6


def test_carrying_poison_is_no_leave_to_step_back(shop: Workshop, rebuild: Rebuild) -> None:
    """The live model is held before event 6; the new fold trips over event 2 already."""
    shop.bugs.introduce(NAME, SHIRT, 6, "raises")
    shop.append(SHIRT, number=3)
    shop.sweep(ATTEMPTS)
    assert shop.at(NAME) == 5
    shop.bugs.introduce(NAME, SHIRT, 2, "raises")
    model = register(shop)
    fill(rebuild, model, carry=True)
    assert not rebuild.flip(model)
    assert shop.at(NAME) == 5


def test_a_rebuild_mends_a_pair_that_is_held(shop: Workshop, rebuild: Rebuild) -> None:
    shop.bugs.introduce(NAME, SHIRT, 5, "raises")
    shop.store.log.append([an_append(SHIRT, a_sale(), a_sale())])
    shop.sweep(ATTEMPTS)
    shop.bugs.fix()
    model = register(shop)
    fill(rebuild, model)
    assert rebuild.flip(model)
    assert (shop.at(NAME), dict(shop.row(NAME).held)) == (6, {})


def test_a_pair_that_was_held_while_its_model_was_built_is_told_when_the_model_goes_live(
    shop: Workshop, rebuild: Rebuild
) -> None:
    """The live model is held before event 5; that was mended, and now event 6 is poison."""
    shop.bugs.introduce(NAME, SHIRT, 5, "raises")
    shop.append(SHIRT, number=2)
    shop.sweep(ATTEMPTS)
    shop.bugs.fix()
    shop.bugs.introduce(NAME, SHIRT, 6, "raises")
    model = register(shop)
    shop.sweep(ATTEMPTS)
    assert shop.told(NAME) == [("stopped", 5)]
    assert [rebuild.flip(model) for _ in range(2)] == [True, True]
    assert shop.told(NAME) == [("stopped", 5), ("stopped", 6)]


def test_poison_that_is_carried_is_not_told_again(shop: Workshop, rebuild: Rebuild) -> None:
    shop.bugs.introduce(NAME, SHIRT, 5, "raises")
    shop.append(SHIRT)
    shop.sweep(ATTEMPTS)
    model = register(shop)
    fill(rebuild, model, carry=True)
    assert rebuild.flip(model)
    assert shop.told(NAME) == [("stopped", 5)]
