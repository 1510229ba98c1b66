"""The notifier: tells tenants' targets of alerts. Each has a thread and a lease, so that none waits for another."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from threading import Event, Thread
from time import monotonic

import msgspec
import structlog

from channels.notices.courier import Courier, Wishes
from channels.notices.looks import Looks
from channels.notices.targets import SEND_BUDGET, Target
from processor.clock import Clock, system_clock
from processor.engine import Engine
from processor.errors import Retryable

POLL = timedelta(seconds=1)
LOOK_EVERY = timedelta(seconds=60)
LONGEST_PAUSE = timedelta(seconds=30)
SHARE = 20
"""Looking at what lags, and searching for alerts, take at most one part in so many of the time each."""

_log = structlog.get_logger("channels.notices")


class Audience(msgspec.Struct, frozen=True):
    """Whom a tenant wants to be told, and of what. Targets have different names."""

    tenant: str
    targets: tuple[Target, ...]
    wishes: Wishes = Wishes()


class Notifier:
    """Tells every audience's targets. Any number of processes may run one: each target is tended by one of them."""

    def __init__(
        self,
        engine: Engine,
        audiences: Sequence[Audience],
        *,
        holder: str,
        clock: Clock = system_clock,
        poll: timedelta = POLL,
    ) -> None:
        """`holder` and `clock` as the dispatcher's. Raises ValueError for two targets of one name of a tenant."""
        names = [(audience.tenant, target.name) for audience in audiences for target in audience.targets]
        if len(set(names)) < len(names):
            raise ValueError("targets of a tenant have different names")
        self._looks = Looks(engine, {audience.tenant for audience in audiences}, clock)
        self._couriers = [
            Courier(engine, audience.tenant, target, audience.wishes, looks=self._looks, holder=holder, clock=clock)
            for audience in audiences
            for target in audience.targets
        ]
        self._poll = poll
        self._stop = Event()
        self._threads: list[Thread] = []

    def look(self) -> None:
        """Look at what lags, once; its results are used some seconds later. Raises Retryable."""
        self._looks.look(self._stop.is_set)

    def round(self) -> None:
        """Do one round for every target, one after the other. Raises Retryable where the store failed."""
        for courier in self._couriers:
            courier.round()

    def start(self) -> None:
        """Tend every target in a thread of its own until `stop`."""
        if not self._couriers:
            return
        self._run("notices-look", self._look_and_rest)
        for courier in self._couriers:
            self._run(_name(courier), self._rounds_of(courier))

    def stop(self) -> None:
        """End after the messages under way, and let others take over at once."""
        self._stop.set()
        deadline = monotonic() + 2 * SEND_BUDGET.total_seconds()
        for thread in self._threads:
            thread.join(max(0.0, deadline - monotonic()))
        busy = {thread.name for thread in self._threads if thread.is_alive()}
        for courier in self._couriers:
            if _name(courier) in busy:
                continue
            try:
                courier.leave()
            except Retryable as error:
                _log.warning("notices.lease_kept", tenant=courier.tenant, reason=str(error))

    def _run(self, name: str, once: Callable[[], timedelta]) -> None:
        thread = Thread(target=self._repeat, args=(name, once), name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _repeat(self, name: str, once: Callable[[], timedelta]) -> None:
        """Do `once` until `stop`, with the pauses it answers, longer ones after failures."""
        failures = 0
        while not self._stop.is_set():
            try:
                pause = once()
                failures = 0
            except Retryable as error:
                failures += 1
                _log.warning("notices.waits", part=name, reason=str(error))
            except Exception:  # noqa: BLE001 - one target's trouble must not end its thread for good
                failures += 1
                _log.exception("notices.broken", part=name)
            if failures:
                pause = min(self._poll * 2 ** min(failures, 10), LONGEST_PAUSE)
            self._stop.wait(pause.total_seconds())

    def _look_and_rest(self) -> timedelta:
        began = monotonic()
        self.look()
        return max(LOOK_EVERY, SHARE * timedelta(seconds=monotonic() - began))

    def _rounds_of(self, courier: Courier) -> Callable[[], timedelta]:
        def once() -> timedelta:
            courier.round()
            return min(max(self._poll, SHARE * courier.searched), LONGEST_PAUSE)

        return once


def _name(courier: Courier) -> str:
    return f"notices-{courier.tenant}-{courier.target.name}"
