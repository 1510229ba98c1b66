"""The small Amazon's courier: posts each notification, on arrival, to an address that it was told."""

from collections.abc import Mapping
from datetime import timedelta
from threading import Event, Lock, Thread
from time import monotonic

import httpx
import msgspec

from channels.errors import Unreachable
from channels.http import Deadline, Request, exchange, http_client
from channels.simulators.amazon.notices import Notice, Notices

POLL_SECONDS = 0.02
AGAIN_SECONDS = 0.25
ATTEMPTS = 20
"""So often one notification is tried; then it is given up, as a forwarder would."""

BUDGET = timedelta(seconds=10)


class Courier:
    """Posts notifications in order of arrival, one at a time, again where the address does not answer 2xx.

    At least once: an answer that does not arrive is a reason to post again. Safe for several threads.
    """

    def __init__(self, notices: Notices) -> None:
        self._notices = notices
        self._lock = Lock()
        self._thread: Thread | None = None
        self._stop = Event()
        self.posted = self.given_up = 0

    def deliver_to(self, url: str | None, headers: Mapping[str, str] | None = None) -> None:
        """Post what arrives from now on to `url`, with `headers` besides; None ends it."""
        with self._lock:
            self._end()
            if url is None:
                return
            seen = self._notices.arrived()
            after = seen[-1].number if seen else 0
            self._stop = Event()
            arguments = (url, {"content-type": "application/json", **(headers or {})}, after, self._stop)
            self._thread = Thread(target=self._work, args=arguments, name="courier", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Post nothing more."""
        self.deliver_to(None)

    def _end(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(BUDGET.total_seconds())
            self._thread = None

    def _work(self, url: str, headers: Mapping[str, str], after: int, stop: Event) -> None:
        with http_client() as http:
            while not stop.wait(POLL_SECONDS):
                for notice in self._notices.arrived(after):
                    self._deliver(http, Request("notify", "POST", url, headers, content=_body(notice)), stop)
                    after = notice.number
                    if stop.is_set():
                        return

    def _deliver(self, http: httpx.Client, request: Request, stop: Event) -> None:
        for _ in range(ATTEMPTS):
            try:
                answered = exchange(http, request, Deadline(BUDGET, monotonic)).status
            except Unreachable:
                answered = 0
            if 200 <= answered < 300:  # noqa: PLR2004 - HTTP's own numbers
                self.posted += 1
                return
            if stop.wait(AGAIN_SECONDS):
                return
        self.given_up += 1


def _body(notice: Notice) -> bytes:
    return msgspec.json.encode(notice.body)
