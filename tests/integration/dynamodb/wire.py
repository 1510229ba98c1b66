"""Faults beneath boto3: what comes back from the network, or does not, is what a test tells it to be.

botocore builds, signs and parses as ever; between the two stands a `Wire`. So what its parsers and its own retries make
of an answer is under test too, which `faults` leaves out.
"""

import json
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError
from botocore.httpsession import URLLib3Session

Send = Callable[[AWSPreparedRequest], AWSResponse]
Fault = Callable[[Send, AWSPreparedRequest], AWSResponse]
"""Gets what really sends, and the request; answers, or raises, in its place."""


class _Read(AWSResponse):
    """An answer of which `body` has been read."""

    def __init__(self, url: str, status: int, headers: Any, body: bytes) -> None:
        super().__init__(url, status, headers, None)
        self._content = body


class Wire:
    """What a client's requests go through. What is not told to fail does not."""

    def __init__(self, client: Any) -> None:
        self._session = URLLib3Session(timeout=10)
        self._once: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self.sent: Counter[str] = Counter()
        client.meta.events.register(f"before-send.{client.meta.service_model.service_id.hyphenize()}", self._carry)

    def fail(self, operation: str, *faults: Fault) -> None:
        """Let the next requests of `operation` (`Query`) meet `faults`, one each."""
        self._once[operation].extend(faults)

    def mend(self) -> None:
        """Let every request through again."""
        self._once.clear()

    def _carry(self, request: AWSPreparedRequest, event_name: str, **_: object) -> AWSResponse | None:
        operation = event_name.rpartition(".")[2]
        self.sent[operation] += 1
        waiting = self._once[operation]
        return waiting.popleft()(self._session.send, request) if waiting else None


def lost_answer(send: Send, request: AWSPreparedRequest) -> AWSResponse:
    """The request takes effect, and no answer arrives in time."""
    send(request).content  # noqa: B018 - reads it to its end
    raise ReadTimeoutError(endpoint_url=request.url)


def lost_request(_: Send, request: AWSPreparedRequest) -> AWSResponse:
    """The connection is closed before the request has arrived."""
    raise ConnectionClosedError(endpoint_url=request.url, request=request, response=None)


def cut_off(send: Send, request: AWSPreparedRequest) -> AWSResponse:
    """The request takes effect, and half of its answer arrives: without an error, as botocore reads it."""
    answer = send(request)
    return _Read(request.url, answer.status_code, answer.headers, answer.content[: len(answer.content) // 2])


def no_json(send: Send, request: AWSPreparedRequest) -> AWSResponse:
    """The request takes effect, and something between answers for DynamoDB."""
    send(request).content  # noqa: B018 - as above
    return _answer(request, 502, b"<html><body>Bad Gateway</body></html>")


def refused(code: str, status: int = 400) -> Fault:
    """Refuse the request by an error of the service."""

    def fault(_: Send, request: AWSPreparedRequest) -> AWSResponse:
        return _answer(request, status, _error(code))

    return fault


def cancelled(reason: str) -> Fault:
    """Cancel the transaction, for its first item's sake."""

    def fault(_: Send, request: AWSPreparedRequest) -> AWSResponse:
        items = len(_asked(request)["TransactItems"])
        reasons = [{"Code": reason, "Message": "of a test"}, *[{"Code": "None"}] * (items - 1)]
        return _answer(request, 400, _error("TransactionCanceledException", CancellationReasons=reasons))

    return fault


def torn(send: Send, request: AWSPreparedRequest) -> AWSResponse:
    """A page of a Query lacks its first item, as when a transaction is just committing."""
    answer = send(request)
    page = json.loads(answer.content)
    page["Items"] = page["Items"][1:]
    return _answer(request, 200, json.dumps({**page, "Count": len(page["Items"])}).encode())


def half_served(send: Send, request: AWSPreparedRequest) -> AWSResponse:
    """A batch is served by half, rounded down; the rest comes back unserved."""
    [(table, asked)] = _asked(request)["RequestItems"].items()
    reads = isinstance(asked, dict)
    entries = asked["Keys"] if reads else asked
    served, rest = entries[: len(entries) // 2], entries[len(entries) // 2 :]
    told: dict[str, Any] = {"Responses": {table: []}} if reads else {}
    if served:
        request.body = json.dumps({"RequestItems": {table: {**asked, "Keys": served} if reads else served}}).encode()
        request.headers["Content-Length"] = str(len(request.body))
        told = json.loads(send(request).content)
    left = {table: {**asked, "Keys": rest} if reads else rest}
    told["UnprocessedKeys" if reads else "UnprocessedItems"] = left
    return _answer(request, 200, json.dumps(told).encode())


def _error(code: str, **parts: object) -> bytes:
    return json.dumps({"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "of a test", **parts}).encode()


def _answer(request: AWSPreparedRequest, status: int, body: bytes) -> AWSResponse:
    headers = HTTPHeaders()
    headers["content-type"] = "application/x-amz-json-1.0"
    return _Read(request.url, status, headers, body)


def _asked(request: AWSPreparedRequest) -> Any:
    assert isinstance(request.body, bytes)
    return json.loads(request.body)
