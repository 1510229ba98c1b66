"""Amazon's notifications on their way from a queue into the log: durable here before they are deleted there."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from threading import Event
from time import monotonic
from typing import Any

import msgspec
import structlog

from ingest.amazon.door import Heard, NotificationDoor
from processor.clock import Clock
from processor.deadletters import DeadLetters
from processor.errors import Retryable, StoreUnavailable
from processor.queues import NOW, Message, Queue
from processor.receipts import FactRecorder
from processor.source import Doorbell
from processor.store import Store

POISON_AFTER = 5
"""So many deliveries of a message may break the program; then it is kept as a dead letter."""

WAIT = timedelta(seconds=5)
"""How long a look waits for messages: so long a stop may take, when nothing comes."""

HELD = timedelta(seconds=60)
HOLD_EVERY = 10.0
"""What is still to be taken after so many seconds is hidden from others for HELD more."""

TROUBLED = timedelta(seconds=10)
"""How long what could not be taken rests, and so does who tried."""

_log = structlog.get_logger("syncstate.notifications")


class Consumed(msgspec.Struct):
    """What was taken since the beginning. `waits` says why some of it could not be, in the last look."""

    messages: int = 0
    recorded: int = 0
    duplicates: int = 0
    ignored: int = 0
    quarantined: int = 0
    waits: str | None = None

    def count(self, heard: Heard) -> None:
        """Count one more message that is done with."""
        self.messages += 1
        match heard.status:
            case "recorded":
                self.recorded += 1
            case "duplicate":
                self.duplicates += 1
            case "ignored":
                self.ignored += 1
            case "quarantined":
                self.quarantined += 1

    @property
    def counts(self) -> dict[str, int]:
        """The numbers alone, for a log line."""
        fields: dict[str, Any] = msgspec.structs.asdict(self)
        return {name: value for name, value in fields.items() if isinstance(value, int)}


class Taker:
    """Takes one message at a time. What breaks the program comes again, and then is kept."""

    def __init__(self, door: NotificationDoor, owner: str) -> None:
        """`owner` is the tenant that sees what is nobody else's."""
        self._door, self._owner = door, owner

    def take(self, body: bytes, deliveries: int) -> Heard | None:
        """Take a message that was delivered so many times; None where it must come again. Raises Retryable."""
        try:
            return self._door.take(self._owner, body, "queue")
        except Retryable:
            raise
        except Exception as error:  # noqa: BLE001 - a message must not stop its queue, whatever it breaks
            _log.exception("notification.failed", deliveries=deliveries)
            if deliveries < POISON_AFTER:
                return None
            return self._door.keep(self._owner, body, "queue", f"{type(error).__name__}: {error}")


class Reader:
    """Empties one queue into one door, from a process of its own."""

    def __init__(self, queue: Queue, taker: Taker, wait: timedelta = WAIT) -> None:
        self._queue, self._taker, self._wait = queue, taker, wait
        self.consumed = Consumed()
        self._stop, self._broken = Event(), False

    def run(self, *, once: bool, told: Callable[[Consumed], None]) -> Consumed:
        """Take messages until `stop`, or `once` nothing more is there; `told` hears of each look that found some.

        It ends, too, where the first look finds no queue.
        """
        looks = 0
        while not self._stop.is_set():
            found = self._look()
            looks += 1
            if found:
                told(self.consumed)
                _log.info("notifications.taken", **self.consumed.counts)
            waits = self.consumed.waits
            if waits is not None:
                _log.warning("notifications.wait", reason=waits)
            if (once and (not found or waits is not None)) or (waits is not None and not found and looks == 1):
                break
            if waits is not None:
                self._stop.wait(TROUBLED.total_seconds())
        if once and self._broken and self.consumed.waits is None:
            self.consumed.waits = "a message broke the program and comes again: see the log"
        return self.consumed

    def stop(self) -> None:
        """End after the message under way; the others are shown again at once."""
        self._stop.set()

    def _look(self) -> bool:
        """Take what is there, at most one delivery's, and answer whether there was anything."""
        self.consumed.waits = None
        try:
            messages = self._queue.receive(wait=self._wait)
            done, left = self._taken(messages)
            self._queue.delete(done)
            if left:
                self._queue.hide(left, NOW if self.consumed.waits is None and self._stop.is_set() else TROUBLED)
        except StoreUnavailable as error:
            self.consumed.waits = str(error)
            return False
        return bool(messages)

    def _taken(self, messages: Sequence[Message]) -> tuple[list[Message], list[Message]]:
        """Take messages; return those that are durable, and those that must come again."""
        done: list[Message] = []
        again: list[Message] = []
        held = monotonic()
        for place, message in enumerate(messages):
            if self._stop.is_set():
                return done, again + list(messages[place:])
            if monotonic() - held > HOLD_EVERY:
                self._queue.hide(messages[place:], HELD)
                held = monotonic()
            try:
                heard = self._taker.take(message.body, message.deliveries)
            except Retryable as error:
                self.consumed.waits = str(error)
                return done, again + list(messages[place:])
            if heard is None:
                self._broken = True
                again.append(message)
                continue
            self.consumed.count(heard)
            done.append(message)
        return done, again


class _Followed:
    """Nobody folds here: functions follow the log."""

    def ring(self, bells: Iterable[Doorbell]) -> None:
        del bells


def door_over(recorder: FactRecorder, store: Store, sellers: Mapping[str, str], clock: Clock) -> NotificationDoor:
    """Return the door of a function, whose log others follow."""
    return NotificationDoor(recorder, store.log, lambda: DeadLetters(store, _Followed(), clock), sellers, clock)
