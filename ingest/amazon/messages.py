"""From a request's body to the messages in it: one object, or a list of them as forwarders gather them."""

from typing import Final

import msgspec

from ingest.outcome import Refused

MAX_MESSAGES: Final = 100
"""So many messages come in one request at most: each is taken by itself, with a few reads and writes."""

BODY_LIMIT: Final = 4 * 1024 * 1024
"""A body's bytes at most. A message from SQS or EventBridge holds at most 1 MiB."""

_HINT = "send one notification, in whatever envelope, or a list of them"
_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
_object = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def messages_in(body: bytes) -> list[bytes] | Refused:
    """Return each message in `body` as it was sent; a refusal of what is neither an object nor a list of 1 or more."""
    try:
        if body.lstrip()[:1] == b"[":
            found = [bytes(part) for part in _list(body)]
        else:
            _object(body)
            found = [body]
    except msgspec.ValidationError:
        return Refused("invalid", "the body is neither a JSON object nor a list", hint=_HINT)
    except (msgspec.DecodeError, UnicodeError) as error:
        return Refused("invalid_json", f"the body is not JSON: {error}", hint=_HINT)
    except RecursionError:
        return Refused("invalid_json", "the body is nested too deeply", hint=_HINT)
    if not 1 <= len(found) <= MAX_MESSAGES:
        hint = "send more in several requests"
        return Refused("invalid", f"the body: must be a list of 1 to {MAX_MESSAGES} messages", hint=hint)
    return found
