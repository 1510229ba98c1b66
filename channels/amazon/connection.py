"""One seller's line to the Selling Partner API: every call carries a good token, and no answer passes unread."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from time import monotonic as system_monotonic
from typing import Generic, TypeVar
from urllib.parse import quote

import httpx
import msgspec

from channels.amazon.answers import raise_for_status
from channels.amazon.regions import NORTH_AMERICA
from channels.amazon.tokens import TOKEN_ENDPOINT, AccessTokens, Credentials
from channels.errors import ChannelError, Unauthorised
from channels.http import Answer, Deadline, Request, exchange
from channels.limits import Monotonic
from channels.offers import CALL_BUDGET
from processor.clock import Instant

USER_AGENT = "SyncState/0.1 (Language=Python)"
NOTIFICATIONS_SCOPE = "sellingpartnerapi::notifications"
"""What operations that need no seller are asked with (Selling Partner API, "Grantless operations")."""

_MILLISECONDS = len("2026-11-20T10:00:00.000")

Value = TypeVar("Value")


class Call(msgspec.Struct, frozen=True):
    """An operation to ask. `path` is escaped already; `subject` is for messages alone. `grantless` needs no seller."""

    operation: str
    method: str
    path: str
    params: Mapping[str, str] = {}
    content: bytes | None = None
    subject: str = ""
    grantless: bool = False

    @property
    def name(self) -> str:
        """What messages call it."""
        return f"{self.operation} {self.subject}".rstrip()


class Heard(msgspec.Struct, Generic[Value], frozen=True):
    """What an answer told, with the rate it grants and the number of requests that it took."""

    value: Value
    granted: float | None
    requests: int


class Connection:
    """Calls for one seller. Every answer that is not 2xx raises a `ChannelError`. Safe for several threads."""

    def __init__(  # noqa: PLR0913 - an account and how to reach it
        self,
        http: httpx.Client,
        credentials: Credentials,
        *,
        endpoint: str = NORTH_AMERICA,
        token_endpoint: str = TOKEN_ENDPOINT,
        user_agent: str = USER_AGENT,
        budget: timedelta = CALL_BUDGET,
        monotonic: Monotonic = system_monotonic,
    ) -> None:
        """`budget` bounds a call with all that it needs."""
        self.http = http
        self._endpoint, self._user_agent = endpoint.rstrip("/"), user_agent
        self._budget, self._monotonic = budget, monotonic
        self._tokens = AccessTokens(http, credentials, endpoint=token_endpoint, monotonic=monotonic)
        self._grantless = AccessTokens(
            http, credentials, endpoint=token_endpoint, scope=NOTIFICATIONS_SCOPE, monotonic=monotonic
        )

    def deadline(self, budget: timedelta | None = None) -> Deadline:
        """Return the end of a budget that begins now; the usual one where None is given."""
        return Deadline(budget or self._budget, self._monotonic)

    def ask(self, call: Call, read: Callable[[Answer], Value]) -> Heard[Value]:
        """Ask with an access token, and once more with a fresh one where Amazon does not take it.

        `read` makes a value of an answer that is 2xx, or raises what it stands for.
        """
        tokens = self._grantless if call.grantless else self._tokens
        deadline = self.deadline()
        token = tokens.token(deadline)
        try:
            return self._exchange(call, token, deadline, read, 1)
        except Unauthorised:
            fresh = tokens.token(deadline, refused=token)
        try:
            return self._exchange(call, fresh, deadline, read, 2)
        except ChannelError as error:
            error.requests += 1
            raise

    def _exchange(
        self, call: Call, token: str, deadline: Deadline, read: Callable[[Answer], Value], requests: int
    ) -> Heard[Value]:
        headers = {"user-agent": self._user_agent, "accept": "application/json", "x-amz-access-token": token}
        if call.content is not None:
            headers["content-type"] = "application/json"
        url = f"{self._endpoint}{call.path}"
        request = Request(call.name, call.method, url, headers, call.params, call.content)
        answer = exchange(self.http, request, deadline)
        raise_for_status(call.name, answer)
        return Heard(read(answer), answer.granted, requests)


def query_time(at: Instant) -> str:
    """Return a moment as Amazon writes them: to the millisecond, so never later than `at`."""
    return f"{at[:_MILLISECONDS]}Z"


def segment(text: str) -> str:
    """Return `text` as one segment of a path, whatever it holds; `.` and `..` would be steps, so they are escaped."""
    return text.replace(".", "%2E") if text in (".", "..") else quote(text, safe="")
