"""POST /webhook/amazon/notification: what Amazon tells, as a forwarder passes it on."""

from collections import Counter
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request

from ingest.amazon.door import Heard
from ingest.amazon.messages import BODY_LIMIT, MAX_MESSAGES, messages_in
from ingest.outcome import Refused
from web.answers import Answer
from web.body import read_body, refusal, takes
from web.callers import Writer
from web.problems import ANSWERS
from web.services import Use

router = APIRouter(tags=["orders"], responses=ANSWERS)

_MESSAGE: dict[str, Any] = {
    "title": "Notification",
    "description": "Amazon's notification, bare or in envelopes of EventBridge, SNS or SQS",
    "type": "object",
}
_MESSAGES = {"type": "array", "minItems": 1, "maxItems": MAX_MESSAGES, "items": {}}
"""What no notification can be read in is kept, so a list may hold anything."""


class NotificationResult(Answer):
    """What became of one message. `type` and `id` are the notification's, null where they cannot be read.

    `reason` says why it is of no interest (`ignored`), or why it could not be taken (`quarantined`): then `record` is
    what it is kept as, and `POST /api/dead-letters/{record}/redrive` takes it again.
    """

    status: Literal["recorded", "duplicate", "ignored", "quarantined"]
    type: str | None
    id: str | None
    reason: str | None
    record: str | None


class NotificationsAnswer(Answer):
    """A result per message, in order; all that they brought is durable. `ok` tells that none is quarantined."""

    ok: bool
    results: tuple[NotificationResult, ...]
    recorded: int
    duplicates: int
    ignored: int
    quarantined: int


async def _body(request: Request) -> bytes:
    return await read_body(request, BODY_LIMIT)


@router.post("/webhook/amazon/notification", openapi_extra=takes({"anyOf": [_MESSAGE, _MESSAGES]}))
def receive_notifications(services: Use, caller: Writer, body: Annotated[bytes, Depends(_body)]) -> NotificationsAnswer:
    """Take a notification of Amazon's, or a list of up to 100, of sellers of the caller's tenant.

    Each is taken once, however often it comes. What cannot be taken is kept, never dropped.
    """
    messages = messages_in(body)
    if isinstance(messages, Refused):
        raise refusal(messages)
    heard = [services.notifications.take(caller.tenant, message) for message in messages]
    counts = Counter(one.status for one in heard)
    return NotificationsAnswer(
        ok=not counts["quarantined"],
        results=tuple(map(_result, heard)),
        recorded=counts["recorded"],
        duplicates=counts["duplicate"],
        ignored=counts["ignored"],
        quarantined=counts["quarantined"],
    )


def _result(heard: Heard) -> NotificationResult:
    return NotificationResult(status=heard.status, type=heard.type, id=heard.id, reason=heard.why, record=heard.kept)
