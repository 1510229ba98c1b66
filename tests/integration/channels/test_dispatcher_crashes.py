"""Whatever dies between two steps of telling a listing, the next dispatcher brings it to rights."""

from collections.abc import Callable

import pytest

from channels.dispatcher import Dispatcher
from channels.tenure import LENGTH
from processor.errors import StoreUnavailable
from stock.events import BroadcastAccepted
from tests.integration.channels.accidents import (
    DyingClient,
    DyingRegisters,
    FailingLog,
    Killed,
    TrailingRegisters,
    Trap,
)
from tests.integration.channels.shop import Shop

Accident = Callable[[Shop, pytest.MonkeyPatch], Dispatcher]


def rows(shop: Shop, patch: pytest.MonkeyPatch, registers: DyingRegisters, holder: str = "one") -> Dispatcher:
    patch.setattr(shop.store, "registers", registers)
    return shop.dispatcher(holder)


def log(shop: Shop, patch: pytest.MonkeyPatch, failing: FailingLog) -> Dispatcher:
    patch.setattr(shop.store, "log", failing)
    return shop.dispatcher()


def before_the_row(shop: Shop, patch: pytest.MonkeyPatch) -> Dispatcher:
    return rows(shop, patch, DyingRegisters(shop.store.registers, before=Trap()))


def after_the_row(shop: Shop, patch: pytest.MonkeyPatch) -> Dispatcher:
    return rows(shop, patch, DyingRegisters(shop.store.registers, after=Trap()))


def before_the_call(shop: Shop, patch: pytest.MonkeyPatch) -> Dispatcher:
    del patch
    return shop.dispatcher(client=DyingClient(shop.client(), before=Trap()))


def after_the_call(shop: Shop, patch: pytest.MonkeyPatch) -> Dispatcher:
    del patch
    return shop.dispatcher(client=DyingClient(shop.client(), after=Trap()))


def before_the_event(shop: Shop, patch: pytest.MonkeyPatch) -> Dispatcher:
    return log(shop, patch, FailingLog(shop.store.log, before=Trap()))


def after_the_event(shop: Shop, patch: pytest.MonkeyPatch) -> Dispatcher:
    return log(shop, patch, FailingLog(shop.store.log, after=Trap()))


def before_the_rows_outcome(shop: Shop, patch: pytest.MonkeyPatch) -> Dispatcher:
    return rows(shop, patch, DyingRegisters(shop.store.registers, before=Trap(2)))


def after_the_rows_outcome(shop: Shop, patch: pytest.MonkeyPatch) -> Dispatcher:
    return rows(shop, patch, DyingRegisters(shop.store.registers, after=Trap(2)))


ACCIDENTS: dict[Accident, tuple[int, bool]] = {
    before_the_row: (0, False),
    after_the_row: (0, False),
    before_the_call: (0, False),
    after_the_call: (1, False),
    before_the_event: (1, False),
    after_the_event: (1, True),
    before_the_rows_outcome: (1, True),
    after_the_rows_outcome: (1, True),
}
"""Where it happens: how many calls reached Amazon by then, and whether the log tells the outcome."""

every_accident = pytest.mark.parametrize("accident", ACCIDENTS, ids=lambda accident: accident.__name__)


def suffer(shop: Shop, accident: Accident) -> None:
    """Dispatch until the accident happens; afterwards all parts work, and the dead one's lease has run out."""
    with pytest.MonkeyPatch.context() as patch:
        dispatcher = accident(shop, patch)
        with pytest.raises((Killed, StoreUnavailable)):
            shop.settle(dispatcher)
    shop.engine.sweeper.sweep()
    shop.time.pass_(LENGTH)


@every_accident
def test_the_next_dispatcher_shows_the_stock(shop: Shop, accident: Accident) -> None:
    shop.stock("A", 7)
    suffer(shop, accident)
    calls, told = ACCIDENTS[accident]
    assert len(shop.sent()) == calls
    assert bool(shop.told("A")) is told
    shop.settle(shop.dispatcher("two"))
    assert shop.shown("A") == 7
    assert shop.state("A").settled("amazon")
    assert not shop.delivery("A").doubtful
    assert len(shop.sent()) == (1 if told else calls + 1), "what the log tells is not sent again"


@every_accident
def test_no_number_ever_names_two_attempts(shop: Shop, accident: Accident) -> None:
    shop.stock("A", 7)
    suffer(shop, accident)
    shop.sell("A")
    shop.settle(shop.dispatcher("two"))
    shop.sell("A")
    shop.settle(shop.dispatcher("two"))
    outcomes = shop.outcomes("A")
    assert all(isinstance(outcome, BroadcastAccepted) for outcome in outcomes)
    numbers = [int(event.tx_id.removeprefix("attempt:")) for event in shop.told("A")]
    assert numbers == sorted(set(numbers))
    assert shop.delivery("A").attempt == numbers[-1]
    assert shop.shown("A") == 5


@every_accident
def test_the_next_dispatcher_sends_the_quantity_of_its_own_moment(shop: Shop, accident: Accident) -> None:
    shop.stock("A", 7)
    suffer(shop, accident)
    shop.sell("A", 4)
    shop.settle(shop.dispatcher("two"))
    assert shop.shown("A") == 3
    assert shop.sent()[-1] == ("A", 3)


@every_accident
def test_a_stock_that_comes_back_to_what_was_accepted_hides_nothing(shop: Shop, accident: Accident) -> None:
    """The read model says nothing is due, and yet the channel may show the quantity of the attempt that was cut off."""
    shop.stock("A", 7)
    first = shop.dispatcher("zero")
    shop.settle(first)
    first.stop()
    shop.sell("A")
    suffer(shop, accident)
    shop.found("A")
    shop.settle(shop.dispatcher("two"))
    assert shop.shown("A") == 7
    assert not shop.delivery("A").doubtful


@every_accident
def test_the_same_dispatcher_goes_on_if_only_a_part_failed(shop: Shop, accident: Accident) -> None:
    shop.stock("A", 7)
    with pytest.MonkeyPatch.context() as patch:
        dispatcher = accident(shop, patch)
        with pytest.raises((Killed, StoreUnavailable)):
            shop.settle(dispatcher)
        shop.engine.sweeper.sweep()
        shop.settle(dispatcher, 40)
    assert shop.shown("A") == 7
    assert shop.state("A").settled("amazon")
    assert not shop.delivery("A").doubtful


@every_accident
def test_a_restart_under_the_same_name_need_not_wait(shop: Shop, accident: Accident) -> None:
    shop.stock("A", 7)
    with pytest.MonkeyPatch.context() as patch, pytest.raises((Killed, StoreUnavailable)):
        shop.settle(accident(shop, patch))
    shop.engine.sweeper.sweep()
    shop.settle(shop.dispatcher("one"))
    assert shop.shown("A") == 7
    assert shop.state("A").settled("amazon")


def test_rows_that_were_lost_are_no_reason_to_repeat_a_number(shop: Shop) -> None:
    """The log can be restored without the registers: numbers then go on from what the log tells."""
    shop.stock("A", 7)
    shop.settle(shop.dispatcher())
    for name, register in list(shop.store.registers.scan("delivery/")):
        assert shop.store.registers.write(name, b"{}", register.revision)
    shop.sell("A")
    shop.settle(shop.dispatcher())
    assert [event.tx_id for event in shop.told("A")] == ["attempt:1", "attempt:2"]
    assert shop.shown("A") == 6


def test_a_number_that_was_used_for_another_fact_is_left_behind(shop: Shop) -> None:
    shop.stock("A", 7)
    stranger = shop.outcome("A", BroadcastAccepted(2, 50, 1), tx="attempt:1")
    shop.settle(shop.dispatcher(), 8)
    assert stranger.data == shop.told("A")[0].data
    assert shop.shown("A") == 7
    assert shop.state("A").settled("amazon")


def test_an_attempt_in_doubt_is_found_by_a_scan_that_trails(shop: Shop) -> None:
    shop.stock("A", 7)
    first = shop.dispatcher("zero")
    shop.settle(first)
    first.stop()
    shop.sell("A")
    suffer(shop, after_the_call)
    shop.found("A")
    trailing = TrailingRegisters(shop.store.registers)
    with pytest.MonkeyPatch.context() as patch:
        second = rows(shop, patch, trailing, "two")
    shop.settle(second)
    assert shop.shown("A") == 6
    trailing.trails = False
    shop.settle(second, 30)
    assert shop.shown("A") == 7


def test_what_is_in_doubt_waits_its_turn_by_risk(shop: Shop) -> None:
    shop.stock("plenty", 500)
    suffer(shop, after_the_call)
    shop.stock("out", 0)
    shop.stock("most", 900)
    shop.settle(shop.dispatcher("two"))
    assert shop.sent()[1:] == [("out", 0), ("plenty", 500), ("most", 900)]


def test_what_is_in_doubt_though_nothing_is_due_waits_its_turn_by_risk(shop: Shop) -> None:
    shop.stock("plenty", 500)
    first = shop.dispatcher("zero")
    shop.settle(first)
    first.stop()
    shop.sell("plenty")
    suffer(shop, after_the_call)
    shop.found("plenty")
    shop.stock("out", 0)
    shop.stock("most", 900)
    shop.settle(shop.dispatcher("two"))
    assert shop.sent()[2:] == [("out", 0), ("plenty", 500), ("most", 900)]
