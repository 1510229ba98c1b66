"""Once per alert: through crashes, between processes, after rebuilds, and however late an alert appears."""

from collections.abc import Callable, Iterator

import httpx
import pytest

from channels.notices import progress as limits
from channels.notices.looks import TRAIL
from channels.notices.messages import Message
from channels.notices.targets import Target
from channels.tenure import LENGTH
from processor.adapters.memory import MemoryStore
from processor.registers import Register, Registers
from processor.streams import StreamId
from tests.integration.channels.accidents import Killed
from tests.integration.channels.alarms import HOUR, MINUTE, SECOND, TENANT, Alarms
from tests.integration.channels.receivers import Inbox, inbox
from tests.stores import Eventually, FixedClock, Place

OURS = "notices/"


@pytest.fixture
def box() -> Iterator[Inbox]:
    with inbox() as opened:
        yield opened


@pytest.fixture
def alarms(http: httpx.Client) -> Iterator[Alarms]:
    clock = FixedClock()
    opened = Alarms(MemoryStore(clock), clock, http)
    yield opened
    opened.engine.close()


@pytest.fixture
def stored(place: Place, clock: FixedClock, http: httpx.Client) -> Iterator[Alarms]:
    """The same on every kind of store."""
    opened = Alarms(place.open(clock), clock, http)
    yield opened
    opened.engine.close()


def test_what_was_told_is_not_told_again_by_a_rebuilt_model(alarms: Alarms, box: Inbox) -> None:
    notifier = alarms.on(alarms.webhook(box.url))
    alarms.alert("A", "B")
    alarms.pass_(SECOND, notifier)
    assert [sorted(skus) for skus in box.skus] == [["A", "B"]]
    alarms.rebuild()
    alarms.pass_(MINUTE, notifier)
    alarms.pass_(HOUR, notifier)
    alarms.rebuild()
    alarms.pass_(HOUR, notifier)
    assert len(box.posts) == 1


def test_an_alert_that_appears_late_is_told_once(alarms: Alarms, box: Inbox) -> None:
    """Nobody rang for hours: the alert then stands in the past, behind others that were told."""
    notifier = alarms.on(alarms.webhook(box.url))
    alarms.alert("LATE", folded=False)
    alarms.alert("A")
    alarms.pass_(3 * HOUR, notifier, step=MINUTE)
    assert box.skus == [["A"]]
    alarms.sweep()
    alarms.pass_(HOUR, notifier, step=MINUTE)
    assert box.skus == [["A"], ["LATE"]]


def test_what_appears_late_but_is_older_than_the_target_is_not_told(alarms: Alarms, box: Inbox) -> None:
    alarms.alert("OLD", folded=False)
    alarms.clock.advance(SECOND)
    notifier = alarms.on(alarms.webhook(box.url))
    alarms.pass_(HOUR, notifier)
    alarms.alert("OLD")
    alarms.pass_(HOUR, notifier)
    assert [alert["id"].split(".")[1] for post in box.posts for alert in post.json["alerts"]] == ["2"]


def test_alerts_of_a_stream_that_poison_stopped_are_told_once_after_its_redrive(alarms: Alarms, box: Inbox) -> None:
    notifier = alarms.on(alarms.webhook(box.url))
    stream = StreamId(TENANT, "sku", "T")
    alarms.bugs.introduce("alerts", stream, 2, "raises")
    for _ in range(4):
        alarms.alert("T", folded=False)
    alarms.sweep(4)
    alarms.pass_(24 * HOUR, notifier, step=10 * MINUTE)
    told = [alert["type"] for post in box.posts for alert in post.json["alerts"]]
    assert sorted(told) == ["projection_quarantined", "return_damaged"]
    alarms.bugs.fix()
    alarms.engine.quarantine.redrive("alerts", stream)
    alarms.pass_(24 * HOUR, notifier, step=10 * MINUTE)
    late = [alert["id"].split(".")[:2] for alert in box.posts[-1].json["alerts"]]
    assert sorted(late) == [["return_damaged", str(version)] for version in (2, 3, 4)]
    assert sum(len(post.skus) for post in box.posts) == 5


def test_a_late_alert_waits_for_its_digest_and_is_told_once(alarms: Alarms, box: Inbox) -> None:
    notifier = alarms.on(alarms.webhook(box.url), digest=HOUR)
    alarms.alert("LATE", folded=False)
    alarms.pass_(30 * MINUTE, notifier)
    alarms.alert("A")
    alarms.pass_(45 * MINUTE, notifier)
    assert box.skus == [["A"]]
    alarms.sweep()
    alarms.pass_(15 * MINUTE, notifier)
    assert len(box.posts) == 1, "this window has had its message"
    alarms.alert("B")
    alarms.pass_(2 * HOUR, notifier)
    assert [sorted(skus) for skus in box.skus] == [["A"], ["B", "LATE"]]


def test_a_long_backlog_that_is_redriven_is_searched_in_pieces(
    alarms: Alarms, box: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channels.notices.finding.MOST_VERSIONS", 3)
    notifier = alarms.on(alarms.webhook(box.url))
    for _ in range(10):
        alarms.alert("T", "U", folded=False)
    alarms.pass_(HOUR, notifier, step=MINUTE)
    alarms.sweep()
    alarms.pass_(HOUR, notifier)
    alarms.pass_(HOUR, notifier)
    ids = [alert["id"] for post in box.posts for alert in post.json["alerts"]]
    assert len(ids) == len(set(ids)) == 20


class DyingRegisters:
    """Registers at which the process dies, before or after the write of a target's progress that `when` names."""

    def __init__(self, registers: Registers, when: int, *, before: bool) -> None:
        self._registers, self._when, self._before = registers, when, before
        self.writes = 0

    def read(self, name: str) -> Register | None:
        return self._registers.read(name)

    def write(self, name: str, value: bytes, expected: int) -> bool:
        if not name.startswith(OURS):
            return self._registers.write(name, value, expected)
        self.writes += 1
        if self.writes == self._when and self._before:
            raise Killed
        written = self._registers.write(name, value, expected)
        if self.writes == self._when:
            raise Killed
        return written

    def scan(self, prefix: str) -> Iterator[tuple[str, Register]]:
        return self._registers.scan(prefix)


TAKES, FINISHES = 1, 2


@pytest.mark.parametrize(
    ("when", "told"),
    [((TAKES, "before"), 1), ((TAKES, "after"), 1), ((FINISHES, "before"), 2), ((FINISHES, "after"), 1)],
    ids=["before it is taken", "taken, not sent", "sent, not noted", "noted"],
)
def test_a_crash_loses_no_alert_and_repeats_a_message_under_its_name_or_not_at_all(
    alarms: Alarms,
    box: Inbox,
    monkeypatch: pytest.MonkeyPatch,
    when: tuple[int, str],
    told: int,
) -> None:
    alarms.on(alarms.webhook(box.url)).stop()
    with monkeypatch.context() as patch:
        patch.setattr(
            alarms.store, "registers", DyingRegisters(alarms.store.registers, when[0], before=when[1] == "before")
        )
        dying = alarms.notifier(alarms.webhook(box.url), holder="dying")
    alarms.alert("A")
    with pytest.raises(Killed):
        dying.round()
    alarms.clock.advance(LENGTH)
    alarms.pass_(HOUR, alarms.notifier(alarms.webhook(box.url), holder="next"))
    assert box.skus == [["A"]] * told
    assert len({post.delivery for post in box.posts}) == 1


def test_an_alert_between_two_notifiers_is_told_once(alarms: Alarms, box: Inbox) -> None:
    one, two = (alarms.on(alarms.webhook(box.url), holder=holder) for holder in ("one", "two"))
    for number in range(5):
        alarms.alert(f"T{number}")
        alarms.pass_(MINUTE, one, two)
    assert box.skus == [[f"T{number}"] for number in range(5)]


def test_being_overtaken_while_sending_can_only_repeat_a_message(alarms: Alarms, box: Inbox) -> None:
    """Its pause falls between the note and the message; the other sends the message that was noted."""

    class Sleepy:
        name = "webhook"

        def __init__(self, target: Target, sleep: Callable[[], object]) -> None:
            self._target, self._sleep = target, sleep

        def send(self, message: Message) -> None:
            self._sleep()
            self._target.send(message)

    two = alarms.notifier(alarms.webhook(box.url), holder="two")

    def overtaken() -> None:
        alarms.clock.advance(LENGTH)
        two.round()

    one = alarms.on(Sleepy(alarms.webhook(box.url), overtaken))
    alarms.alert("A")
    one.round()
    assert box.skus == [["A"], ["A"]], "one had begun to send; what can happen is a repeat"
    assert len({post.delivery for post in box.posts}) == 1
    alarms.pass_(HOUR, one, two)
    assert len(box.posts) == 2


def test_whoever_lost_the_lease_while_noting_sends_nothing(
    alarms: Alarms, box: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Slow(DyingRegisters):
        def write(self, name: str, value: bytes, expected: int) -> bool:
            written = super().write(name, value, expected)
            if name.startswith(OURS):
                alarms.clock.advance(LENGTH)
            return written

    alarms.on(alarms.webhook(box.url)).stop()
    alarms.alert("A")
    with monkeypatch.context() as patch:
        patch.setattr(alarms.store, "registers", Slow(alarms.store.registers, 0, before=False))
        slow = alarms.notifier(alarms.webhook(box.url), holder="slow")
    slow.round()
    assert box.posts == []
    alarms.notifier(alarms.webhook(box.url), holder="next").round()
    assert box.skus == [["A"]]


def test_what_is_kept_stays_small_and_few(alarms: Alarms, box: Inbox) -> None:
    notifier = alarms.on(alarms.webhook(box.url))
    sizes: list[dict[str, int]] = []
    for hour in range(3):
        for number in range(40):
            alarms.alert(f"T{hour}-{number}")
        alarms.pass_(HOUR, notifier, step=MINUTE)
        sizes.append(alarms.registers())
    assert [list(size) for size in sizes] == [["notices/acme/webhook"]] * 3
    assert max(size["notices/acme/webhook"] for size in sizes) < 400


def test_more_than_are_kept_in_mind_wait_for_time_to_settle_some(
    alarms: Alarms, box: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MOST_TOLD", 10)
    notifier = alarms.on(alarms.webhook(box.url))
    for number in range(25):
        alarms.alert(f"T{number:02}")
        alarms.clock.advance(SECOND)
    alarms.pass_(MINUTE, notifier)
    assert box.skus == [[f"T{number:02}" for number in range(10)]], "the oldest first"
    alarms.pass_(HOUR, notifier)
    assert box.names == [f"T{number:02}" for number in range(25)]
    assert max(map(len, box.skus)) == 10
    assert len(box.posts) <= 5


def test_more_at_one_instant_than_can_be_kept_in_mind_are_not_waited_for_for_ever(
    alarms: Alarms, box: Inbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(limits, "MOST_TOLD", 10)
    notifier = alarms.on(alarms.webhook(box.url))
    alarms.alert(*(f"T{number:02}" for number in range(25)))
    alarms.pass_(HOUR, notifier)
    alarms.alert("NEXT")
    alarms.pass_(HOUR, notifier)
    assert box.skus[-1] == ["NEXT"]
    assert "notices.passed_over" in "".join(capsys.readouterr())


def test_a_look_counts_only_once_indexes_have_caught_up(alarms: Alarms, box: Inbox) -> None:
    notifier = alarms.on(alarms.webhook(box.url))
    alarms.clock.advance(HOUR)
    notifier.round()
    notifier.look()
    notifier.round()
    before = _settled(alarms)
    alarms.clock.advance(TRAIL)
    notifier.round()
    assert _settled(alarms) > before
    assert box.posts == []


def _settled(alarms: Alarms) -> str:
    import msgspec

    register = alarms.store.registers.read("notices/acme/webhook")
    assert register is not None
    return msgspec.msgpack.decode(register.value, type=limits.Progress).settled


def test_once_on_every_store_through_lateness_a_rebuild_and_a_crash(
    stored: Alarms, box: Inbox, monkeypatch: pytest.MonkeyPatch, eventually: Eventually
) -> None:
    name = "a/b #c%d 100% \u65e5"
    alarms = stored
    first = alarms.on(alarms.webhook(box.url))
    alarms.alert("LATE", folded=False)
    alarms.alert(name)
    eventually(lambda: len(alarms.alerts()), 1)
    alarms.pass_(10 * MINUTE, first, step=MINUTE)
    assert box.skus == [[name]]
    alarms.rebuild()
    alarms.sweep()
    alarms.pass_(10 * MINUTE, first, step=MINUTE)
    assert box.skus == [[name], ["LATE"]]
    first.stop()
    with monkeypatch.context() as patch:
        patch.setattr(alarms.store, "registers", DyingRegisters(alarms.store.registers, FINISHES, before=True))
        dying = alarms.notifier(alarms.webhook(box.url), holder="dying")
    alarms.alert("C")
    eventually(lambda: len(alarms.alerts()), 3)
    with pytest.raises(Killed):
        dying.round()
    alarms.clock.advance(LENGTH)
    alarms.pass_(10 * MINUTE, alarms.notifier(alarms.webhook(box.url), holder="next"), step=MINUTE)
    assert box.skus[2:] == [["C"], ["C"]]
    assert box.posts[2].delivery == box.posts[3].delivery
