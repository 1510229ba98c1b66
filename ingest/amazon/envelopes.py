"""From what a queue or a forwarder hands over to Amazon's notification within: the envelopes are taken off.

Amazon delivers to SQS and EventBridge (Selling Partner API, Notifications guide). On the way a notification may be
wrapped: by EventBridge (`detail`), by SNS (`Message`, text), by SQS (`body`), each perhaps in another, as JSON or as
text of JSON. Older ones spell their names in PascalCase, newer ones in camelCase: here all are in small letters.
"""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

import msgspec

from ingest.shopify.fields import moment
from processor.clock import Instant
from processor.streams import legible

MAX_DEPTH = 6
"""So many envelopes may be around a notification."""

_MAX_ID = 150
_CONFIRMATIONS = frozenset({"subscriptionconfirmation", "unsubscribeconfirmation"})


class Notification(msgspec.Struct, frozen=True):
    """A notification of Amazon's: `type` in capitals, its `payload` with names in small letters.

    `at` is when it happened, by Amazon's clock: None where that cannot be read. `id` is the same when it is repeated:
    of one that brings none it is made of its content.
    """

    type: str
    id: str
    at: Instant | None
    payload: Mapping[str, Any]


class Aside(msgspec.Struct, frozen=True):
    """What a service on the way says of itself. It is never followed: whoever set it up does that."""

    what: str


class Unreadable(ValueError):
    """What was handed over is no notification in any envelope."""


def opened(data: bytes) -> Notification | Aside:
    """Return the notification in `data`. Raises Unreadable."""
    found: Any = data
    try:
        for _ in range(MAX_DEPTH):
            if isinstance(found, bytes | str):
                found = msgspec.json.decode(found)
            if isinstance(found, str):
                continue
            if not isinstance(found, dict):
                raise Unreadable("it is not a JSON object")
            fields = {name.lower(): value for name, value in found.items()}
            if "notificationtype" in fields:
                return _notification({name: _small(value) for name, value in fields.items()})
            if str(fields.get("type", "")).lower() in _CONFIRMATIONS:
                return Aside(str(fields["type"]))
            found = _within(fields)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise Unreadable(f"it is not JSON: {error}") from error
    except RecursionError as error:
        raise Unreadable("it is nested too deeply") from error
    raise Unreadable(f"more than {MAX_DEPTH} envelopes are around it")


def _within(fields: Mapping[str, Any]) -> Any:  # noqa: ANN401 - whatever JSON holds
    """Return what is in an envelope of EventBridge's, SNS's or SQS's."""
    if "detail-type" in fields and "detail" in fields:
        return fields["detail"]
    if "message" in fields and ("topicarn" in fields or fields.get("type") == "Notification"):
        return fields["message"]
    if "body" in fields and ("messageid" in fields or "receipthandle" in fields):
        return fields["body"]
    raise Unreadable("it has no NotificationType, and is no envelope of EventBridge, SNS or SQS")


def _notification(fields: Mapping[str, Any]) -> Notification:
    type_ = fields["notificationtype"]
    if not isinstance(type_, str) or not type_.strip() or len(type_) > _MAX_ID or not legible(type_):
        raise Unreadable("NotificationType is not a name")
    payload, about = fields.get("payload"), fields.get("notificationmetadata")
    if not isinstance(payload, dict):
        raise Unreadable("Payload is not a JSON object")
    about = about if isinstance(about, dict) else {}
    name = type_.strip().upper()
    at = moment(fields.get("eventtime")) or moment(about.get("publishtime"))
    return Notification(name, _identity(about.get("notificationid"), fields), at, _unwrapped(name, payload))


def _identity(stated: object, fields: Mapping[str, Any]) -> str:
    text = stated.strip() if isinstance(stated, str) else ""
    if text and len(text) <= _MAX_ID and legible(text):
        return text
    told = msgspec.json.encode([fields["notificationtype"], fields.get("eventtime"), fields["payload"]], order="sorted")
    return f"content:{blake2b(told, digest_size=16).hexdigest()}"


def _unwrapped(name: str, payload: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the payload without the one name around it that some types have, `OrderChangeNotification`."""
    inner = payload.get(f"{name.replace('_', '').lower()}notification")
    return inner if isinstance(inner, dict) else payload


def _small(value: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
    """Return the value with the names of all its objects in small letters."""
    if isinstance(value, dict):
        return {name.lower(): _small(part) for name, part in value.items()}
    return [_small(part) for part in value] if isinstance(value, list) else value
