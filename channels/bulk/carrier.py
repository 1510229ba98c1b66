"""One seller's feeds, a step at a time, so that those who go one by one never wait for them.

What stands after a crash between any two steps, and what the next holder does:

    rows claimed          no feed can have been made     lets the rows go, each as it comes to it
    document uploaded     the same                       the same
    record `creating`     a feed may have been made      waits until every feed of that time is over, then tells anew
    feed made             the same                       the same
    record `created`      it is known by its id          lets the log tell that it was taken, follows it
    report read           some rows tell the outcome     reads it again, writes what is missing

A row whose feed is not under way is let go wherever it is met: what it carried is told anew, under a new number.
"""

from collections import deque
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Protocol

import msgspec
import structlog

from channels.bulk.following import Follower, Over
from channels.bulk.making import Maker
from channels.bulk.paying import learned
from channels.bulk.preparing import Preparation
from channels.bulk.records import PAGE, Feedbook, Line, LinesMissing, Record
from channels.bulk.slicing import Slicer
from channels.bulk.telling import Scribe
from channels.decisions import backoff
from channels.errors import ChannelError
from channels.limits import Monotonic
from channels.line import Line as Wire
from channels.picking import Picker
from channels.tenure import Tenure
from processor.clock import Clock, moment
from processor.errors import Retryable
from stock.identities import Sku

CONSIDER = timedelta(seconds=5)
AFTER_FAILURE = timedelta(minutes=1)
LONGEST_AFTER_FAILURE = timedelta(minutes=10)

_log = structlog.get_logger("channels.bulk")


class Noted(Protocol):
    """Hears what became of quantities, as the report of a round does."""

    accepted: int
    rejected: int


class Carrier:
    """Carries one seller's many while he is held. Raises LeaseLost, and Retryable. For one thread."""

    def __init__(  # noqa: PLR0913 - the parts of a feed's way
        self,
        book: Feedbook,
        preparation: Preparation,
        maker: Maker,
        follower: Follower,
        scribe: Scribe,
        *,
        slicer: Slicer,
        wire: Wire,
        picker: Picker,
        tenure: Tenure,
        became_zero: Callable[[Sku], None],
        clock: Clock,
        monotonic: Monotonic,
    ) -> None:
        self._book, self._preparation, self._maker = book, preparation, maker
        self._follower, self._scribe, self._slicer = follower, scribe, slicer
        self._wire, self._picker, self._tenure, self._became_zero = wire, picker, tenure, became_zero
        self._clock, self._monotonic = clock, monotonic
        self._record, self._revision = Record(), 0
        self._left: deque[Line] | None = None
        self._failures = 0
        self._consider_at = monotonic()
        self._forget()

    def begin(self) -> None:
        """Read the record at the beginning of a tenure, and make it ours: nobody before can go on with it."""
        self._record, self._revision = self._book.read()
        self._forget()
        self._maker.know_rate(self._record)
        state = "idle" if self._record.state == "prepared" else self._record.state
        self._write(state=state, fence=self._tenure.fence)

    def carries(self, number: int) -> bool:
        """Whether the feed of that number is under way."""
        return self.under_way and self._record.number == number

    @property
    def under_way(self) -> bool:
        """Whether there is a feed to be made or followed."""
        return self._record.state != "idle"

    @property
    def eager(self) -> bool:
        """Whether there is something to be done at once."""
        match self._record.state:
            case "prepared":
                return self._preparation.ready or (self._preparation.done and not self._maker.pause)
            case "created":
                return True
            case _:
                return self._over is not None

    def step(self, report: Noted, *, sends: bool, stopping: Callable[[], bool]) -> None:
        """Do what is next: a slice of the lines, or a question."""
        try:
            self._step(report, sends=sends, stopping=stopping)
        except Retryable:
            self._left = None  # perhaps not done: the lines are gone through again
            raise
        except LinesMissing as missing:
            _log.error("feed.lines_missing", number=missing.number, register=missing.name)
            self._write(state="idle")
            self._forget()
            self._picker.begin()  # every row that a feed carried is in doubt, and let go when it is met

    def _step(self, report: Noted, *, sends: bool, stopping: Callable[[], bool]) -> None:
        match self._record.state:
            case "idle":
                busy = bool(self._wire.pause("set_quantity"))
                if sends and busy and self._monotonic() >= self._consider_at:
                    self._consider()
            case "prepared" if not sends:
                self._give_up()
            case "prepared":
                self._prepare(stopping)
            case "created":
                self._tell_taken(report, stopping)
            case "creating" | "carried":
                self._follow(report, stopping)

    def _forget(self) -> None:
        self._left = None
        self._over: Over | None = None
        self._preparation.forget()
        self._follower.forget()

    def _consider(self) -> None:
        """Begin a feed if one pays."""
        self._consider_at = self._monotonic() + CONSIDER.total_seconds()
        if self._preparation.begin(self._record):
            self._write(state="prepared", number=self._record.number + 1, feed="", document="", lines=0)

    def _prepare(self, stopping: Callable[[], bool]) -> None:
        """Claim some rows; make the feed once all are claimed."""
        if not self._preparation.work(self._record.number, stopping) or stopping():
            return
        if not self._preparation.pays:
            _log.info("feed.not_worth_it", number=self._record.number, lines=len(self._preparation.lines))
            self._give_up()
        elif not self._maker.pause:
            self._make(self._preparation.lines)

    def _make(self, lines: Sequence[Line]) -> None:
        try:
            document = self._maker.upload(lines)
            self._keep(self._maker.announce(self._record, lines, document))
            self._keep(self._maker.create(self._record))
        except ChannelError as error:
            _log.warning("feed.not_made", number=self._record.number, reason=str(error))
            self._give_up()
            return
        self._failures = 0
        _log.info("feed.made", number=self._record.number, feed=self._record.feed, lines=self._record.lines)
        self._forget()

    def _give_up(self) -> None:
        """Let the feed be that was not made. Its rows are let go as they are met: all of them are still due."""
        self._failures += 1
        pause = backoff(self._failures, AFTER_FAILURE, LONGEST_AFTER_FAILURE)
        self._consider_at = self._monotonic() + pause.total_seconds()
        self._write(state="idle")
        self._forget()

    def _tell_taken(self, report: Noted, stopping: Callable[[], bool]) -> None:
        left = self._begun()
        while left and not stopping():
            some = [left.popleft() for _ in range(min(PAGE, len(left)))]
            self._wire.ensure()
            self._scribe.taken(some, self._record.feed)
            report.accepted += len(some)
            for line in some:
                if not line.quantity:
                    self._became_zero(line.sku)
            if not self._wire.pause("set_quantity"):
                break
        if not left:
            self._left = None
            self._write(state="carried")

    def _follow(self, report: Noted, stopping: Callable[[], bool]) -> None:
        """Ask how far the feed is; once it is over, write what became of some lines."""
        if self._over is None:
            self._over = self._follower.look(self._record)
        if self._over is None:
            return
        left = self._begun()
        for line in self._slicer.of(left, stopping):
            self._wire.ensure()
            outcome = self._over.outcomes[self._record.lines - len(left) - 1]
            row = self._scribe.ended(self._record.number, line, outcome)
            if row is not None and row.doubtful:
                self._picker.doubt(line.sku)
            report.rejected += row is not None and row.outcome == "refused"
        if not left:
            took = (moment(self._clock()) - moment(self._record.since)).total_seconds()
            self._write(state="idle", took=learned(self._record.took, took) if self._record.feed else self._record.took)
            self._forget()

    def _begun(self) -> deque[Line]:
        """Return the lines that are left of what is done with all of them."""
        if self._left is None:
            self._left = deque(self._book.lines(self._record))
        return self._left

    def _write(self, **changes: object) -> None:
        """Keep the record with some changes."""
        self._keep(msgspec.structs.replace(self._record, **changes))

    def _keep(self, record: Record) -> None:
        if record != self._record or not self._revision:
            self._revision = self._maker.write(record, self._revision)
            self._record = record
