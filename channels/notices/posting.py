"""Targets that are told by POST: a signed webhook, and Slack's format."""

import hmac
from datetime import timedelta
from hashlib import sha256
from http import HTTPStatus
from time import monotonic

import httpx

from channels.errors import Refused, Throttled, Unreachable
from channels.http import Answer, Deadline, Request, exchange
from channels.notices.messages import Message, as_json, as_slack
from channels.notices.targets import SEND_BUDGET
from processor.clock import Clock, moment, system_clock

DELIVERY, TIMESTAMP, SIGNATURE = "X-SyncState-Delivery", "X-SyncState-Timestamp", "X-SyncState-Signature"
USER_AGENT = "SyncState/0.1"
LONGEST_ASKED = timedelta(hours=1)

_TRANSIENT = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})


def signature(secret: bytes, timestamp: str, body: bytes) -> str:
    """Return `sha256=` and the hex HMAC-SHA256 of timestamp, a dot, and the body's bytes."""
    return "sha256=" + hmac.new(secret, timestamp.encode() + b"." + body, sha256).hexdigest()


class Webhook:
    """A signed JSON webhook: `Target` as its port documents it."""

    name = "webhook"

    def __init__(self, http: httpx.Client, url: str, secret: str, clock: Clock = system_clock) -> None:
        self._http, self._url, self._secret, self._clock = http, url, secret.encode(), clock

    def send(self, message: Message) -> None:
        """See `Target.send`. The timestamp is the moment of sending, in seconds since 1970."""
        body = as_json(message)
        timestamp = str(int(moment(self._clock()).timestamp()))
        headers = {
            DELIVERY: message.delivery,
            TIMESTAMP: timestamp,
            SIGNATURE: signature(self._secret, timestamp, body),
        }
        _post(self._http, self.name, self._url, headers, body)


class Slack:
    """An incoming webhook in Slack's format: `Target` as its port documents it."""

    name = "slack"

    def __init__(self, http: httpx.Client, url: str) -> None:
        self._http, self._url = http, url

    def send(self, message: Message) -> None:
        """See `Target.send`."""
        _post(self._http, self.name, self._url, {DELIVERY: message.delivery}, as_slack(message))


def _post(http: httpx.Client, name: str, url: str, headers: dict[str, str], body: bytes) -> None:
    headers = {"content-type": "application/json", "user-agent": USER_AGENT, **headers}
    answer = exchange(http, Request(name, "POST", url, headers, content=body), Deadline(SEND_BUDGET, monotonic))
    if HTTPStatus(200) <= answer.status < HTTPStatus(300):
        return
    if answer.status in _TRANSIENT or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        asked = _retry_after(answer)
        if asked is not None or answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            raise Throttled(name, asked)
        raise Unreachable(name, f"answered {answer.status}", sent=True)
    raise Refused(name, str(answer.status), retry=False)


def _retry_after(answer: Answer) -> timedelta | None:
    """Return the pause asked for in seconds, an hour at most; a date is not read."""
    try:
        return min(max(timedelta(seconds=float(answer.headers["retry-after"])), timedelta()), LONGEST_ASKED)
    except (KeyError, ValueError, OverflowError):
        return None
