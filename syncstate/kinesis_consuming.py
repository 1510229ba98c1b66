"""Following a Kinesis stream from a process of its own: look, take, write down, rest, until told to stop."""

import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Event

import msgspec
import structlog

from processor.adapters.kinesis.following import Follower, Round
from processor.adapters.kinesis.stream import KinesisStream
from processor.arrivals import Arrival
from processor.clock import Clock, system_clock
from processor.engine import Engine
from processor.errors import StoreUnavailable
from syncstate.clients import checked
from syncstate.kinesis import Progress, intake_of
from syncstate.settings import Settings

BUSY_SECONDS, IDLE_SECONDS, TROUBLED_SECONDS = 0.2, 1.0, 5.0
"""Between two looks, after one that found something, nothing, or trouble: a shard takes five requests a second."""


class Consumed(msgspec.Struct):
    """What was taken since the beginning. `waits` says why some of it could not be, in the last round."""

    records: int = 0
    recorded: int = 0
    duplicates: int = 0
    quarantined: int = 0
    elsewhere: int = 0
    waits: str | None = None


class Consumer:
    """Follows one stream into one engine."""

    def __init__(self, engine: Engine, stream: KinesisStream, settings: Settings, holder: str, clock: Clock) -> None:
        """Build it. Raises as `KinesisStream` does."""
        self._intake = intake_of(settings, engine, clock)
        self._follower = Follower(stream, engine.store.registers, engine.leases, holder, self._take, clock=clock)
        self.consumed, self._name = Consumed(), stream.name
        self._stop = Event()

    def run(self, *, once: bool, told: Callable[[Consumed], None]) -> Consumed:
        """Follow until `stop`, or `once` all that is there is taken; `told` hears of each round that took something.

        Raises StreamMissing or NotAllowed.
        """
        try:
            while not self._stop.is_set():
                found = self._follower.round()
                self._count(found)
                if found.records:
                    told(self.consumed)
                if once and (found.caught_up or found.waits is not None):
                    break
                self._stop.wait(_rest(found))
        finally:
            self._follower.leave()
        return self.consumed

    def stop(self) -> None:
        """End after the page under way."""
        self._stop.set()

    def _take(self, records: Sequence[Arrival]) -> int:
        progress = self._intake.take(records, self._stop.is_set)
        self._add(progress)
        if progress.failure is not None:
            if not progress.done:
                raise progress.failure
            _log.warning("kinesis.waits", stream=self._name, reason=str(progress.failure))
        return progress.done

    def _add(self, progress: Progress) -> None:
        consumed = self.consumed
        consumed.records += progress.done
        consumed.recorded += progress.recorded
        consumed.duplicates += progress.duplicates
        consumed.quarantined += progress.quarantined

    def _count(self, found: Round) -> None:
        self.consumed.elsewhere, self.consumed.waits = found.elsewhere, found.waits


def _rest(found: Round) -> float:
    if found.waits is not None:
        return TROUBLED_SECONDS
    return IDLE_SECONDS if found.caught_up else BUSY_SECONDS


_log = structlog.get_logger("syncstate.kinesis")


@contextmanager
def stopped_by_signals(stop: Callable[[], None]) -> Iterator[None]:
    """Call `stop` at the first Ctrl-C or SIGTERM; a second Ctrl-C interrupts."""

    def end(number: int, _: object) -> None:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
        stop()

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def open_stream(name: str) -> KinesisStream:
    """Return the stream; AWS_ENDPOINT_URL names an emulator. Raises StoreUnavailable."""
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError

    try:
        client = checked(boto3.client("kinesis", config=Config(retries={"total_max_attempts": 3, "mode": "standard"})))
    except (BotoCoreError, ValueError) as error:
        raise StoreUnavailable("open the stream", f"{error} (look at AWS_DEFAULT_REGION)") from error
    return KinesisStream(client, name)


def consumer(engine: Engine, name: str, settings: Settings, holder: str, clock: Clock = system_clock) -> Consumer:
    """Return what follows the stream `name` into `engine`."""
    return Consumer(engine, open_stream(name), settings, holder, clock)
