"""Who else does the same work: as many numbered leases as there are processes, so that each knows its share."""

from datetime import timedelta

import structlog

from processor.errors import Retryable
from processor.leases import Lease, Leases

MOST = 8
LENGTH = timedelta(seconds=30)

_log = structlog.get_logger("processor.crew")


class Crew:
    """The processes that work on `name`, MOST of them at most."""

    def __init__(self, leases: Leases, name: str, holder: str, length: timedelta = LENGTH) -> None:
        """Take `length`: after so long a process that died is missed. Ask for `size` more often than that."""
        self._leases, self._name, self._holder, self._length = leases, name, holder, length
        self._place: Lease | None = None

    def size(self) -> int:
        """Return how many processes there are, this one included; 0 while MOST others are there."""
        if self._place is not None:
            self._place = self._leases.renew(self._place, self._length)
        others = 0
        for number in range(MOST):
            name = f"crew/{self._name}/{number}"
            if self._place is None:
                self._place = self._leases.acquire(name, self._holder, self._length)
            if (self._place is None or self._place.name != name) and self._leases.holder(name) is not None:
                others += 1
        if self._place is None:
            _log.warning("crew.no_room", name=self._name, others=others)
            return 0
        return others + 1

    def leave(self) -> None:
        """Let the others know at once that this process has gone."""
        if self._place is None:
            return
        try:
            self._leases.release(self._place)
        except Retryable as error:
            _log.warning("crew.not_left", name=self._name, reason=str(error))
        self._place = None
