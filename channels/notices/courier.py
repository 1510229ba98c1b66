"""One target's courier: hold the target, find what it is to be told, tell it, note it."""

from collections.abc import Callable
from datetime import timedelta
from secrets import SystemRandom
from threading import Lock
from time import monotonic
from uuid import uuid4

import msgspec
import structlog

from channels.decisions import backoff
from channels.errors import ChannelError, LeaseLost, Refused, Throttled
from channels.notices.finding import Finder
from channels.notices.journal import Journal
from channels.notices.looks import Look, Looks
from channels.notices.messages import Message
from channels.notices.progress import MOST_TOLD, Batch, Ending, Late, Progress, advanced, due, finished, hashed, taken
from channels.notices.targets import Target
from channels.tenure import Tenure
from processor.clock import Clock, Instant, later
from processor.engine import Engine
from processor.errors import Retryable
from projections.alerts.documents import Alert
from stock.dispositions import Severity

TRIES = 5
"""So often a message is refused for good before it is given up."""

UNREACHED, LONGEST_UNREACHED = timedelta(seconds=2), timedelta(minutes=5)
REFUSED, LONGEST_REFUSED = timedelta(seconds=30), timedelta(minutes=10)

_random = SystemRandom().random
_log = structlog.get_logger("channels.notices")


class Wishes(msgspec.Struct, frozen=True):
    """What a tenant wants to be told, and how often: a `digest` of zero is at once."""

    minimum: Severity = "warning"
    digest: timedelta = timedelta()


class Courier:
    """Tends one target of one tenant. Rounds exclude each other."""

    def __init__(  # noqa: PLR0913 - a target, the engine and the time
        self,
        engine: Engine,
        tenant: str,
        target: Target,
        wishes: Wishes,
        *,
        looks: Looks,
        holder: str,
        clock: Clock,
        jitter: Callable[[], float] = _random,
    ) -> None:
        """`jitter` answers 0 to 1: how much of half a pause is left out."""
        self.tenant, self.target, self._wishes = tenant, target, wishes
        self._looks, self._clock, self._jitter = looks, clock, jitter
        self._finder = Finder(engine, tenant, wishes.minimum)
        self._journal = Journal(engine.store.registers, tenant, target.name, clock)
        self._tenure = Tenure(engine.leases, f"notices/{tenant}/{target.name}", holder, clock)
        self._rounds = Lock()
        self._looked = Instant("")
        self.searched = timedelta()
        """How long the last search for alerts took."""
        self._forget()

    def leave(self) -> None:
        """Let another process take over at once."""
        with self._rounds:
            self._tenure.leave()

    def round(self) -> None:
        """Find what is new and send what is due: one message at most. Raises Retryable where the store failed."""
        with self._rounds:
            try:
                if not self._tenure.held:
                    self._forget()
                if self._tenure.take():
                    self._serve()
            except LeaseLost as lost:
                _log.warning("notices.lease_lost", tenant=self.tenant, target=self.target.name, reason=str(lost))
                self._tenure.leave()
            except Retryable:
                self._journal.forget()
                raise

    def _forget(self) -> None:
        """Know nothing, as at the beginning of a tenure."""
        self._journal.forget()
        self._search: tuple[Look, Late] | None = None
        self._late: tuple[Alert, ...] = ()
        self._sent: str | None = None
        self._ending: Ending = "delivered"
        self._recover()

    def _recover(self) -> None:
        self._failures = self._refusals = 0
        self._resumes = Instant("")

    def _serve(self) -> None:
        progress = self._journal.progress()
        search = self._search or self._begin_search(progress)
        if search is not None or progress.batch is None:
            began = monotonic()
            told = progress.hashes()
            recent = self._finder.recent(progress, told)
            self.searched = timedelta(seconds=monotonic() - began)
            if search is not None:
                progress = self._advance(progress, told, recent, *search)
                recent = [alert for alert in recent if alert.timestamp >= progress.settled]
            if progress.batch is None:
                progress = self._take(progress, recent)
        if progress.batch is not None:
            self._deliver(progress, progress.batch)

    def _begin_search(self, progress: Progress) -> tuple[Look, Late] | None:
        """Return where to search for late alerts, where there is a look that was not used yet."""
        look = self._looks.usable
        if look is None or look.at <= self._looked:
            return None
        self._looked = look.at
        if self.tenant in look.cut and progress.room > MOST_TOLD // 2:
            return None  # there is time to wait for a look that is complete
        return look, Late((), {**look.behind.get(self.tenant, {}), **progress.behind})

    def _advance(
        self, progress: Progress, told: frozenset[bytes], recent: list[Alert], look: Look, so_far: Late
    ) -> Progress:
        """Search on, and settle what lies before the look once nothing is left to search."""
        found = self._finder.late(progress, so_far.through, told)
        alerts = tuple(alert for alert in so_far.alerts if hashed(alert.id) not in told) + found.alerts
        late = msgspec.structs.replace(found, alerts=alerts)
        if not late.whole:
            self._search = look, late
            return progress
        self._search, self._late = None, late.alerts
        lagging = look.behind.get(self.tenant, {})
        after = advanced(progress, look, lagging, recent, late)
        passed_over = sum(alert.timestamp < after.settled for alert in recent)
        if passed_over:
            _log.error("notices.passed_over", tenant=self.tenant, target=self.target.name, alerts=passed_over)
        self._journal.write(after)
        return after

    def _take(self, progress: Progress, recent: list[Alert]) -> Progress:
        """Put a message together where one is due, and note it before it goes."""
        waiting = list({alert.id: alert for alert in (*self._late, *recent)}.values())[: max(0, progress.room)]
        if not waiting:
            return progress
        now, oldest = self._clock(), min(alert.timestamp for alert in waiting)
        if not due(progress, oldest, now, self._wishes.digest):
            return progress
        progress = taken(progress, waiting, uuid4().hex, now)
        self._journal.write(progress)
        self._late = ()
        return progress

    def _deliver(self, progress: Progress, batch: Batch) -> None:
        if batch.delivery != self._sent:
            if self._clock() < self._resumes:
                return
            alerts = self._finder.unread(batch.alerts)
            message = Message(batch.delivery, self.tenant, batch.at, alerts, batch.left_out)
            if message.count and not self._send(message):
                if self._refusals >= TRIES:
                    self._give_up(progress, message)
                return
            self._sent = batch.delivery
            self._ending = "delivered" if message.count else "nothing_left"
        self._journal.write(finished(progress, self._clock(), self._ending))
        self._recover()

    def _send(self, message: Message) -> bool:
        """Send, and answer whether it was taken; else note when to try again."""
        self._tenure.ensure()
        try:
            self.target.send(message)
        except Exception as error:  # noqa: BLE001 - a message that breaks its target must not stop it for good
            self._failed(message, error)
            return False
        _log.info("notices.sent", **self._named(message), count=message.count)
        return True

    def _failed(self, message: Message, error: Exception) -> None:
        self._failures += 1
        if isinstance(error, ChannelError) and not isinstance(error, Refused):
            asked = error.retry_after if isinstance(error, Throttled) else None
            pause, reason = backoff(self._failures, UNREACHED, LONGEST_UNREACHED), str(error)
        else:
            self._refusals += 1
            # Of what is not ours the name alone: its text may quote an address.
            reason = str(error) if isinstance(error, ChannelError) else f"{self.target.name}: {type(error).__name__}"
            pause, asked = backoff(self._refusals, REFUSED, LONGEST_REFUSED), None
        pause = (asked or timedelta()) + pause * (1 - self._jitter() / 2)
        self._resumes = later(self._clock(), pause)
        _log.warning("notices.not_taken", **self._named(message), reason=reason, tries=self._failures)

    def _give_up(self, progress: Progress, message: Message) -> None:
        _log.error("notices.given_up", **self._named(message), count=message.count, tries=self._failures)
        self._journal.write(finished(progress, self._clock(), "given_up"))
        self._recover()

    def _named(self, message: Message) -> dict[str, str]:
        return {"tenant": self.tenant, "target": self.target.name, "delivery": message.delivery}
