"""Which request this is: the ids that a caller, AWS or the W3C's headers give, made safe to log."""

import os
import re
from collections.abc import Mapping
from secrets import token_hex
from typing import Any

REQUEST_ID, TRACEPARENT = "x-request-id", "traceparent"
XRAY = "_X_AMZN_TRACE_ID"
"""The variable in which a Lambda finds the X-Ray id of the invocation under way."""

_PLAIN = re.compile(r"[A-Za-z0-9._:=+/@-]{1,128}")
_PARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?")
_ROOT = re.compile(r"Root=(1-[0-9a-f]{8}-[0-9a-f]{24})")
_NONE = "0" * 32


def request_id(given: str | None) -> str:
    """Return what the caller calls the request where it is a plain word of at most 128 characters, else a new id."""
    return given if given is not None and _PLAIN.fullmatch(given) else token_hex(16)


def trace_id(traceparent: str | None) -> str | None:
    """Return the trace that a `traceparent` header names (W3C Trace Context), None where it names none."""
    found = _PARENT.fullmatch(traceparent) if traceparent else None
    return found[1] if found and found[1] != _NONE else None


def ids_of(event: object, context: object) -> dict[str, str]:
    """Return what names an invocation: `request_id` of AWS, `trace_id` of the caller or of X-Ray, where there are any.

    `event` and `context` are what Lambda hands to a handler; headers are looked for where API Gateway puts them.
    """
    headers = event.get("headers") if isinstance(event, Mapping) else None
    given = _lowered(headers).get(TRACEPARENT) if isinstance(headers, Mapping) else None
    xray = _ROOT.search(os.environ.get(XRAY, ""))
    named = {
        "request_id": getattr(context, "aws_request_id", None),
        "trace_id": trace_id(given) or (xray[1] if xray else None),
    }
    return {name: str(value) for name, value in named.items() if value}


def _lowered(headers: Mapping[Any, Any]) -> dict[str, str]:
    return {str(name).lower(): str(value) for name, value in headers.items()}
