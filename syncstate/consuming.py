"""`syncstate consume` at work: the stream, the redo queue and the walk of the catalogue, in one process."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from threading import Event
from time import monotonic

import msgspec
import structlog

from channels.wakes import WATCH, Waker
from processor.adapters.dynamodb.catalogue import DEFAULT_PREFIX, EVENTS
from processor.adapters.dynamodb.checkpoints import Checkpoints
from processor.adapters.dynamodb.following import Follower
from processor.adapters.dynamodb.reading import Reach
from processor.adapters.dynamodb.shards import StreamAccess
from processor.adapters.dynamodb.streams import StreamRecord
from processor.clock import Clock, system_clock
from processor.crew import Crew
from processor.delivery import Delivered, Delivery
from processor.errors import Retryable, StoreUnavailable
from processor.generations import Generations
from processor.leases import Leases
from processor.quarantine import Quarantine
from processor.queues import Message, Queue
from processor.runner import Runner
from processor.waiting import RegisterQueue
from processor.walk import Walk
from projections import PROJECTIONS
from stock.codec import decode
from syncstate.arriving import take
from syncstate.clients import checked
from syncstate.queues import open_queue
from syncstate.settings import Settings
from syncstate.stores import open_store
from syncstate.wiring import holder_of

IDLE = 0.25
"""Seconds between turns in which nothing came: four requests a second for each shard, of the five that are allowed."""

PIECE = 0.25
WALK_AGAIN = 600.0
REDO_EVERY = 1.0
GIVE_UP_AFTER = 5
"""With `once`: so many failures in a row of one shard."""

Take = Callable[[Sequence[StreamRecord]], bool]
Lost = Callable[[], None]

_log = structlog.get_logger("syncstate.consume")


class Consumed(msgspec.Struct):
    """What was done so far.

    `records` were read from the stream and `folded` counts events per model. `later` streams were put into the redo
    queue, `redone` came from it. `unread` records name no stream. `elsewhere` shards are other processes'.
    """

    records: int = 0
    folded: int = 0
    later: int = 0
    redone: int = 0
    walked: int = 0
    unread: int = 0
    shards: int = 0
    elsewhere: int = 0
    complete: bool = True


class Consumer:
    """Follows the stream, rings the redo queue's streams again and walks the catalogue, in turn, in one thread."""

    def __init__(self, follow: Callable[[Take, Lost], Follower], delivery: Delivery, redo: Queue, walk: Walk) -> None:
        """`follow` builds the follower upon what takes its records and what hears of those that are lost."""
        self._delivery, self._redo, self._walk = delivery, redo, walk
        self._follower = follow(self._take, self._lost)
        self.done = Consumed()
        self._redo_due = self._walk_due = 0.0
        self._gap = False

    def run(self, stop: Event, *, once: bool = False) -> Consumed:
        """Work until `stop`, or `once` until nothing more is there for now; then let go of the shards.

        Raises StoreUnavailable where the stream cannot be found at the start; later trouble is logged and waited for.
        """
        try:
            self._follower.look()
            while not stop.is_set():
                busy = self._turn(once=once)
                if once and not busy and ((self._follower.quiet and not self._gap) or self._is_stuck()):
                    break
                if not busy:
                    stop.wait(IDLE if not once else IDLE / 5)
        finally:
            self.done.shards, self.done.elsewhere = self._follower.shards, self._follower.elsewhere
            self._follower.stop()
        return self.done

    def _take(self, records: Sequence[StreamRecord]) -> bool:
        found = take(records, self._delivery)
        self.done.records += found.records
        self.done.unread += len(found.unread)
        self._note(found.delivered)
        return not found.failed

    def _note(self, delivered: Delivered) -> None:
        self.done.folded += delivered.folded
        self.done.later += len(delivered.later)

    def _lost(self) -> None:
        """Walk the whole catalogue soon: records of the stream vanished before anybody took them."""
        self._walk.begin()
        self._walk_due, self._gap = 0.0, True

    def _is_stuck(self) -> bool:
        if self._follower.failures < GIVE_UP_AFTER:
            return False
        self.done.complete = False
        return True

    def _turn(self, *, once: bool) -> bool:
        """Do a little of everything; answer whether there was anything to do."""
        records = self._follower.turn()
        redone = self._redo_some() if monotonic() >= self._redo_due else 0
        walks = monotonic() >= self._walk_due and not (records or redone) and (self._gap or not once)
        walked = self._walk_on() if walks else 0
        return bool(records or redone or walked)

    def _redo_some(self) -> int:
        redone = 0
        try:
            for message in self._redo.receive():
                if self._again(message):
                    self._redo.delete([message])
                    redone += 1
        except Retryable as error:
            _log.warning("consume.redo_waits", reason=str(error))
        self._redo_due = 0.0 if redone else monotonic() + REDO_EVERY
        self.done.redone += redone
        return redone

    def _again(self, message: Message) -> bool:
        try:
            delivered = self._delivery.redo(message.body)
        except ValueError as error:
            _log.error("consume.letter_unread", reason=str(error), deliveries=message.deliveries)
            return False
        self._note(delivered)
        return not delivered.failed

    def _walk_on(self) -> int:
        try:
            walked = self._walk.go_on(monotonic() + PIECE)
        except Retryable as error:
            _log.warning("consume.walk_waits", reason=str(error))
            self._walk_due = monotonic() + REDO_EVERY
            return 0
        if walked.ended or walked.taken or walked.failed:
            self._walk_due = monotonic() + (WALK_AGAIN if walked.ended else REDO_EVERY * 10)
        self._gap = self._gap and not walked.ended
        if walked.lagging:
            _log.info("consume.walked", streams=walked.streams, lagging=walked.lagging, folded=walked.folded)
        self.done.walked += walked.streams
        self.done.folded += walked.folded
        return walked.streams


@contextmanager
def consumer(settings: Settings, clock: Clock = system_clock) -> Iterator[Consumer]:
    """Yield a consumer of the stream of the events' table. Raises StoreUnavailable."""
    with closing(open_store(settings, clock)) as store:
        runner = Runner(store.log, store.models, Generations(store.registers, clock), PROJECTIONS, decode)
        redo: Queue = RegisterQueue(store.registers, "redo", clock)
        if settings.redo_queue is not None:
            redo = open_queue(settings.redo_queue)
        quarantine = Quarantine(store, runner, clock)
        if settings.work_queue is None:
            delivery = Delivery(runner, quarantine, redo)
        else:
            waker = Waker(open_queue(settings.work_queue))
            delivery = Delivery(runner, quarantine, redo, on_rung=waker.heard, watch=WATCH)
        access, leases, name = open_stream(settings), Leases(store.registers, clock), holder_of(settings)

        def follow(take: Take, lost: Lost) -> Follower:
            reach = Reach(access, Checkpoints(store.registers), leases, take=take, lost=lost)
            return Follower(reach, Crew(leases, access.table, name), name)

        yield Consumer(follow, delivery, redo, Walk(store, runner, delivery, clock))


def open_stream(settings: Settings) -> StreamAccess:
    """Return what is asked of the stream, at the endpoint of DynamoDB itself where that is an emulator's."""
    import boto3
    from botocore.exceptions import BotoCoreError

    from processor.adapters.dynamodb import client_config
    from processor.adapters.dynamodb.retries import Patience, Retries

    config = client_config(workers=1, callers=1)
    try:
        endpoint = settings.dynamodb_endpoint or os.environ.get("AWS_ENDPOINT_URL_DYNAMODB_STREAMS")
        client = checked(boto3.client("dynamodbstreams", endpoint_url=endpoint or _emulator(), config=config))
    except (BotoCoreError, ValueError) as error:
        advice = "look at AWS_DEFAULT_REGION and SYNCSTATE_DYNAMODB_ENDPOINT"
        raise StoreUnavailable("open the stream", f"{error} ({advice})") from error
    return StreamAccess(client, (settings.dynamodb_prefix or DEFAULT_PREFIX) + EVENTS, Retries(Patience()))


def _emulator() -> str | None:
    """Return the endpoint that is set for DynamoDB alone: its streams are there too."""
    return os.environ.get("AWS_ENDPOINT_URL_DYNAMODB")
