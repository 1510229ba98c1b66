"""The dispatcher as a function: woken, given back, killed, woken twice or not at all, it shows what stock there is."""

from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest

from channels.decisions import CONFIRM_AFTER
from channels.limits import Rate
from channels.modes import Mode
from channels.requests import RequestBook
from channels.sellers import Rates
from channels.simulators.amazon import SimulatedAmazon, Simulator, simulator_app
from channels.switchboard import Switchboard
from channels.tenure import LENGTH
from channels.visits import TAKEN
from channels.wakes import Wake, wake_in, wake_letter
from processor.errors import StoreUnavailable
from projections.broadcasts.queries import BroadcastQueries
from stock.events import BroadcastAccepted, ChannelPaused
from stock.identities import Sku, sku
from tests.factories import an_opening
from tests.integration.channels.accidents import DyingClient, Killed, Trap
from tests.integration.channels.conftest import Stage
from tests.integration.channels.function import SELLER, Stream, event_of
from tests.integration.channels.shop import SECOND, TENANT, Shop
from tests.integration.channels.test_dispatcher_crashes import ACCIDENTS, Accident
from tests.stores import Eventually, Place

SLOW = Rates(Rate(1, 2), Rate(1000, 1000))


@pytest.fixture
def stream(shop: Shop) -> Stream:
    return Stream(shop)


def stocked(stream: Stream, *names: str, quantity: int = 7) -> None:
    """Open SKUs and let the first wake bring Amazon up to date."""
    for name in names:
        stream.shop.stock(name, quantity)
    stream.ring(*names)


def test_a_sale_wakes_the_seller_and_amazon_is_told(shop: Shop, stream: Stream) -> None:
    process = stream.process()
    stocked(stream, "A")
    stream.run(process)
    stream.shop.time.pass_(SECOND)
    stream.sell("A")
    assert [wake_in(message.body) for message in stream.invoke(process)] == [Wake(TENANT, "amazon", (Sku("A"),))]
    assert shop.sent() == [("A", 7), ("A", 6)]
    assert len(stream.queue) == 0, "nothing is left to do"


def test_nobody_is_woken_where_nothing_is_to_be_told(shop: Shop, stream: Stream) -> None:
    stocked(stream, "A")
    stream.run(stream.process())
    shop.map("A")
    shop.record("UNMAPPED", an_opening(3))
    stream.ring("A", "UNMAPPED")
    assert len(stream.queue) == 0


def test_a_row_that_another_folded_wakes_too(shop: Shop, stream: Stream) -> None:
    """Whoever appended it folded it at once and died: the batch of changes finds nothing to fold, and a due row."""
    stocked(stream, "A")
    stream.run(stream.process())
    shop.sell("A")
    assert shop.state("A").due("amazon"), "it is folded"
    stream.ring("A")
    stream.run(stream.process())
    assert shop.shown("A") == 6


def test_many_sales_are_few_wakes_and_none_is_lost(shop: Shop, stream: Stream) -> None:
    process = stream.process()
    stocked(stream, "A", quantity=1000)
    stream.run(process)
    wakes = 0
    for _ in range(100):
        stream.sell("A")
        wakes += len(stream.invoke(process))
        shop.time.pass_(timedelta(milliseconds=50))
    wakes += stream.run(process)
    assert shop.shown("A") == 900
    assert wakes <= 8, "in five seconds"


def test_a_sale_right_after_the_look_is_told_by_a_wake_of_its_own(shop: Shop, stream: Stream) -> None:
    process = stream.process()
    stocked(stream, "A")
    stream.run(process)
    stream.sell("A")
    stream.invoke(process)
    stream.sell("A")
    assert stream.invoke(process) == [], "a second later"
    shop.time.pass_(SECOND)
    stream.invoke(process)
    assert shop.shown("A") == 5


def test_duplicate_wakes_are_one_visit(shop: Shop, stream: Stream) -> None:
    stocked(stream, "A")
    stream.queue.send([wake_letter(SELLER)] * 9)
    process = stream.process()
    assert len(stream.invoke(process)) == 10
    stream.queue.send([wake_letter(SELLER)] * 3)
    stream.run(process)
    assert shop.sent() == [("A", 7)]


def test_who_finds_another_at_it_comes_again_when_he_may_have_gone(shop: Shop, stream: Stream) -> None:
    """The other may have looked at what is due before this was."""
    other = shop.dispatcher("other")
    other.round()
    stocked(stream, "A")
    process = stream.process()
    stream.invoke(process)
    assert (shop.sent(), len(stream.queue)) == ([], 1)
    assert stream.queue.receive() == [], "not at once"
    other.stop()
    shop.time.pass_(TAKEN)
    stream.run(process)
    assert shop.sent() == [("A", 7)]


def test_the_lease_is_given_back_and_another_goes_on_at_once(shop: Shop, stream: Stream) -> None:
    stocked(stream, "A")
    stream.run(stream.process("one"))
    stream.sell("A")
    stream.invoke(stream.process("two"))
    assert [quantity for _, quantity in shop.sent()] == [7, 6]
    assert shop.delivery("A").fence > 1


def test_what_time_does_not_allow_is_done_by_the_next_one(shop: Shop, stream: Stream) -> None:
    names = [f"S{number:02d}" for number in range(40)]
    stocked(stream, *names)
    process = stream.process(rates=SLOW)
    began = shop.time.monotonic()
    stream.invoke(process, seconds=30)
    assert 10 <= len(shop.sent()) < 40
    assert shop.time.monotonic() - began <= 16, "what a call may take is kept back"
    assert stream.run(process) >= 1
    assert sorted(shop.sent()) == [(name, 7) for name in names], "each once"


def test_without_time_for_a_call_none_is_begun(shop: Shop, stream: Stream) -> None:
    stocked(stream, "A")
    stream.invoke(stream.process(), seconds=10)
    assert (shop.sent(), len(stream.queue)) == ([], 1)
    stream.run(stream.process())
    assert shop.sent() == [("A", 7)]


@pytest.mark.parametrize("accident", ACCIDENTS, ids=lambda accident: accident.__name__)
def test_whatever_dies_the_redelivered_wake_brings_it_to_rights(
    shop: Shop, stream: Stream, monkeypatch: pytest.MonkeyPatch, accident: Accident
) -> None:
    stocked(stream, "A")
    with monkeypatch.context() as patch:
        dispatcher = accident(shop, patch)
        doomed = stream.process()
        doomed._desks = {(TENANT, "amazon"): dispatcher._posts[TENANT].desk}  # noqa: SLF001 - the desk that is to die
        with pytest.raises((Killed, StoreUnavailable)):
            _answered_or_raised(stream, doomed)
    shop.time.pass_(LENGTH)
    stream.run(stream.process("another"))
    assert shop.shown("A") == 7
    calls, _ = ACCIDENTS[accident]
    assert len(shop.sent()) <= 2
    assert len(shop.sent()) >= max(1, calls)
    assert not shop.delivery("A").doubtful
    assert stream.look() == []


def _answered_or_raised(stream: Stream, process: object) -> None:
    """Deliver the wakes to a process that dies, or says that the store failed: they are delivered again."""
    waiting = len(stream.queue)
    stream.invoke(process)  # type: ignore[arg-type]
    assert len(stream.queue) == waiting
    raise StoreUnavailable("append", "told as a failure")


def test_a_crash_between_the_visit_and_its_next_wake_loses_neither(shop: Shop, stream: Stream) -> None:
    names = [f"S{number:02d}" for number in range(30)]
    stocked(stream, *names)
    process = stream.process(rates=SLOW)
    send = stream.queue.send

    def die(*_: object) -> None:
        raise Killed

    stream.queue.send = die  # type: ignore[method-assign, assignment]
    with pytest.raises(Killed):
        stream.invoke(process, seconds=20)
    stream.queue.send = send  # type: ignore[method-assign]
    assert len(stream.queue) == 1, "the wake that was not deleted"
    stream.run(stream.process("another", rates=SLOW))
    assert sorted(shop.sent()) == [(name, 7) for name in names]


def test_a_lost_wake_is_found_by_the_next_look(shop: Shop, stream: Stream) -> None:
    process = stream.process()
    stocked(stream, "A")
    stream.run(process)
    assert stream.look() == []
    stream.sell("A", wakes=False)
    assert stream.look(doubts=False) == [SELLER]
    stream.run(process)
    assert shop.shown("A") == 6


def test_an_attempt_that_nobody_knows_the_end_of_is_found_though_nothing_is_due(shop: Shop, stream: Stream) -> None:
    """Amazon was told 6 and we died; meanwhile the unit came back, so what we know Amazon to show is right again."""
    stocked(stream, "A")
    stream.run(stream.process())
    stream.sell("A")
    with pytest.raises(Killed):
        stream.invoke(stream.process("doomed", DyingClient(shop.client(), after=Trap())))
    shop.found("A")
    stream.ring("A", wakes=False)
    stream.queue.delete(stream.queue.receive())
    shop.time.pass_(timedelta(minutes=1))
    stream.queue.delete(stream.queue.receive())
    assert (shop.shown("A"), shop.state("A").desired, list(shop.due())) == (6, 7, [])
    assert stream.look(doubts=False) == []
    assert stream.look() == [SELLER]
    stream.run(stream.process("another"))
    assert shop.shown("A") == 7


def test_what_the_index_does_not_show_yet_is_told_by_the_wake(
    shop: Shop, stream: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BroadcastQueries, "due", lambda *_: [])
    stocked(stream, "A")
    stream.run(stream.process())
    assert shop.sent() == [("A", 7)]


def test_a_queue_that_is_down_holds_up_no_fold_and_the_next_sale_wakes(
    shop: Shop, stream: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: object) -> None:
        raise StoreUnavailable("send messages", "on command")

    with monkeypatch.context() as patch:
        patch.setattr(stream.queue, "send", down)
        stocked(stream, "A")
    assert len(stream.queue) == 0
    stream.sell("A")
    stream.run(stream.process())
    assert shop.shown("A") == 6


def test_what_is_no_wake_is_told_as_a_failure_and_a_seller_of_nobody_s_is_done_with(stream: Stream) -> None:
    stream.queue.send([b"{", b'{"tenant":"acme","channel":"ebay"}', wake_letter(Wake("nobody", "amazon"))])
    messages = stream.queue.receive()
    answer = stream.process().answer(event_of(messages), lambda: timedelta(seconds=60))
    assert [failure["itemIdentifier"] for failure in answer["batchItemFailures"]] == ["1", "2"]


@pytest.mark.parametrize(("mode", "told"), [(Mode.OFF, 0), (Mode.OBSERVE, 0)])
def test_a_seller_who_is_not_live_is_told_nothing_and_wakes_nobody_again(
    shop: Shop, stream: Stream, mode: Mode, told: int
) -> None:
    stocked(stream, "A")
    stream.run(stream.process(mode=mode))
    assert len(shop.sent()) == told


STRICT = Rates(Rate(1, 1), Rate(1, 1))


@pytest.fixture
def strict(stage: Stage, http: httpx.Client) -> Iterator[Shop]:
    """A shop whose Amazon counts by the shop's own time, and refuses what comes too soon."""
    shops: list[Shop] = []

    def now() -> float:
        return shops[0].time.monotonic()

    amazon = SimulatedAmazon(rates=STRICT, monotonic=now)
    stage.app = simulator_app(amazon)
    shops.append(Shop(Simulator(stage.url, amazon), http))
    yield shops[0]
    shops[0].close()


def test_processes_that_take_turns_never_ask_too_often_together(strict: Shop) -> None:
    stream = Stream(strict)
    processes = [stream.process(f"p{number}", rates=STRICT) for number in range(3)]
    stocked(stream, "A", "B", "C", "D", quantity=100)
    for turn in range(60):
        stream.sell("ABCD"[turn % 4])
        stream.invoke(processes[turn % 3], seconds=20)
        strict.time.pass_(timedelta(milliseconds=300))
    stream.run(processes[0])
    assert strict.sim.amazon.requests.get("throttled", 0) == 0
    assert all(strict.shown(name) == 85 for name in "ABCD")
    assert strict.alerts() == []


def test_who_comes_back_with_nobody_in_between_goes_on_with_what_he_knows(shop: Shop, stream: Stream) -> None:
    rates = Rates(Rate(0.1, 5), Rate(1000, 1000))
    one = stream.process("one", rates=rates)
    stocked(stream, "A")
    stream.run(one)
    shop.time.pass_(timedelta(minutes=2))
    for quantity in (6, 5, 4):
        stream.sell("A")
        before = shop.time.monotonic()
        stream.invoke(one)
        assert (shop.shown("A"), shop.time.monotonic()) == (quantity, before), "its tokens are still there"
        shop.time.pass_(SECOND)
    stream.run(stream.process("two", rates=rates))
    stream.sell("A")
    stream.invoke(stream.process("two", rates=rates))
    assert shop.shown("A") == 4, "a take-over starts with none"


def test_who_comes_back_after_another_starts_anew(shop: Shop, stream: Stream) -> None:
    rates = Rates(Rate(0.1, 5), Rate(1000, 1000))
    one, two = stream.process("one", rates=rates), stream.process("two", rates=rates)
    stocked(stream, "A")
    stream.run(one)
    shop.time.pass_(timedelta(minutes=2))
    stream.sell("A")
    stream.run(two)
    shop.time.pass_(timedelta(minutes=2))
    stream.sell("A")
    stream.invoke(one)
    assert shop.shown("A") == 6
    stream.run(one)
    assert shop.shown("A") == 5


def test_it_is_as_good_on_every_store(sim: Simulator, http: httpx.Client, place: Place, eventually: Eventually) -> None:
    shop = Shop(sim, http, opened=place.open)
    try:
        stream = Stream(shop)
        stocked(stream, "A", "B")
        with pytest.raises(Killed):
            stream.invoke(stream.process("doomed", DyingClient(shop.client(), after=Trap(2))))
        shop.time.pass_(timedelta(minutes=2))
        stream.sell("B", wakes=False)
        eventually(stream.look, [SELLER])
        stream.run(stream.process("another"))
        assert (shop.shown("A"), shop.shown("B")) == (7, 6)
        assert isinstance(shop.outcomes("B")[-1], BroadcastAccepted)
        eventually(shop.due, [])
    finally:
        shop.close()


def test_a_quantity_that_nobody_has_seen_is_looked_for(shop: Shop, stream: Stream) -> None:
    stocked(stream, "A")
    stream.run(stream.process())
    assert stream.look(doubts=False) == []
    shop.time.pass_(CONFIRM_AFTER)
    assert stream.look(doubts=False) == [SELLER]
    stream.run(stream.process("another"))
    assert shop.listing("A").known
    assert stream.look(doubts=False) == []


def test_a_look_that_an_operator_asks_for_is_taken(shop: Shop, stream: Stream) -> None:
    stocked(stream, "A")
    stream.run(stream.process())
    shop.time.pass_(CONFIRM_AFTER)
    stream.look(doubts=False)
    stream.run(stream.process("another"))
    shop.sim.amazon.put_listing("A", quantity=70)
    RequestBook(shop.store.registers, "amazon").ask(TENANT, shop.clock(), sku("A"))
    assert stream.look(doubts=False) == [SELLER]
    stream.run(stream.process("a third"))
    assert shop.shown("A") == 7


def test_a_channel_that_is_paused_is_told_nothing(shop: Shop, stream: Stream) -> None:
    board = Switchboard(shop.store.log, shop.engine.recorder, shop.clock)
    board.pause(TENANT, "amazon", ChannelPaused("operator"), source="operator")
    stocked(stream, "A")
    stream.run(stream.process())
    assert shop.sent() == []
    board.resume(TENANT, "amazon", source="operator")
    assert stream.look(doubts=False) == [SELLER]
    stream.run(stream.process("another"))
    assert shop.shown("A") == 7
