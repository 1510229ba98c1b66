"""Access tokens from Login with Amazon: one for all threads of a seller, replaced before it expires.

Sources: "Connect to the Selling Partner API" (refresh tokens), "Grantless operations" (scopes).
"""

from datetime import timedelta
from threading import Lock
from time import monotonic as system_monotonic
from urllib.parse import urlencode

import httpx
import msgspec
from pydantic import ValidationError

from channels.amazon import wire
from channels.amazon.answers import raise_for_throttling, read
from channels.errors import Unauthorised, Unreachable
from channels.http import Answer, Deadline, Request, exchange
from channels.limits import Monotonic

TOKEN_ENDPOINT = "https://api.amazon.com/auth/o2/token"  # noqa: S105 - an address
MARGIN = timedelta(seconds=60)
"""A token is replaced so long before it expires; one that lives less than ten times this, at nine tenths."""

_NAME = "Login with Amazon"
_FORM = {"content-type": "application/x-www-form-urlencoded;charset=UTF-8", "accept": "application/json"}


class Credentials(msgspec.Struct, frozen=True):
    """An application's keys, and the seller's consent to it."""

    client_id: str
    client_secret: str
    refresh_token: str

    def __repr__(self) -> str:
        return f"Credentials(client_id={self.client_id!r}, client_secret=..., refresh_token=...)"


class AccessTokens:
    """The seller's present access token. Any number of threads may ask; one refresh runs at a time."""

    def __init__(
        self,
        http: httpx.Client,
        credentials: Credentials,
        *,
        endpoint: str = TOKEN_ENDPOINT,
        scope: str | None = None,
        monotonic: Monotonic = system_monotonic,
    ) -> None:
        """`scope` asks for tokens of the application itself, for operations that need no seller's consent."""
        self._http, self._endpoint, self._monotonic = http, endpoint, monotonic
        self._form = urlencode(_grant(credentials, scope)).encode()
        self._lock = Lock()
        self._token = ""
        self._stale = monotonic()

    def token(self, deadline: Deadline, refused: str | None = None) -> str:
        """Return an access token that is good for some time yet, and is not `refused`, which Amazon did not take.

        Raises Unauthorised where the seller's consent is gone or the keys are wrong, Throttled, Unreachable.
        """
        token = self._token
        if token and token != refused and self._monotonic() < self._stale:
            return token
        if not self._lock.acquire(timeout=deadline.seconds):
            raise Unreachable(_NAME, "another thread's refresh took too long", sent=False)
        try:
            if not self._token or self._token == refused or self._monotonic() >= self._stale:
                self._refresh(deadline)
            return self._token
        finally:
            self._lock.release()

    def _refresh(self, deadline: Deadline) -> None:
        asked = self._monotonic()
        try:
            answer = exchange(self._http, Request(_NAME, "POST", self._endpoint, _FORM, content=self._form), deadline)
            _raise_for_status(answer)
            token = read(_NAME, answer, wire.Token)
        except Unreachable as error:
            # What the token was for was never asked.
            raise Unreachable(_NAME, error.reason, sent=False) from error
        self._stale = asked + max(token.expires_in * 0.9, token.expires_in - MARGIN.total_seconds())
        self._token = token.access_token


def _grant(credentials: Credentials, scope: str | None) -> dict[str, str]:
    keys = {"client_id": credentials.client_id, "client_secret": credentials.client_secret}
    if scope is not None:
        return {"grant_type": "client_credentials", "scope": scope, **keys}
    return {"grant_type": "refresh_token", "refresh_token": credentials.refresh_token, **keys}


def _raise_for_status(answer: Answer) -> None:
    if 200 <= answer.status < 300:  # noqa: PLR2004 - HTTP's own numbers
        return
    raise_for_throttling(_NAME, answer)
    if 400 <= answer.status < 500:  # noqa: PLR2004
        try:
            code = wire.TokenRefusal.model_validate_json(answer.body).error
        except ValidationError:
            code = str(answer.status)
        raise Unauthorised(_NAME, code)
    raise Unreachable(_NAME, f"answered {answer.status}", sent=False)
