"""Requests as API Gateway's HTTP APIs and function URLs hand them to a function, and its answers (payload format 2.0).

After "Create AWS Lambda proxy integrations for HTTP APIs in API Gateway" and "Invoking Lambda function URLs".
"""

import json
from base64 import b64decode
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote

Event = Mapping[str, Any]


class Request(NamedTuple):
    """One request: `path` decoded and without the stage's name, names of `headers` in lower case, `body` raw."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class UnknownFormat(ValueError):
    """The event is of another payload format."""

    def __init__(self, version: object) -> None:
        super().__init__(f"the event's payload format is {version!r}: set the integration's to 2.0")


def request_of(event: Event) -> Request:
    """Return the request in `event`. Raises UnknownFormat, and ValueError for a body that is no base64."""
    version = event.get("version")
    if version != "2.0":
        raise UnknownFormat(version)
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    body = event.get("body") or ""
    raw = b64decode(body, validate=True) if event.get("isBase64Encoded") else body.encode()
    return Request(event["requestContext"]["http"]["method"], path_of(event), headers, raw)


def path_of(event: Event) -> str:
    """Return the path, decoded: a function URL leaves it as it was sent, an HTTP API leaves the percent signs alone."""
    context, path = event["requestContext"], event.get("rawPath") or "/"
    stage = f"/{context.get('stage', '$default')}"
    if path == stage or path.startswith(f"{stage}/"):
        path = path[len(stage) :] or "/"
    return unquote(path) if ".lambda-url." in context.get("domainName", "") else path.replace("%25", "%")


def answer(status: int, body: object, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return `body`, anything JSON can hold, as the function's answer."""
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json", **(headers or {})},
        "body": json.dumps(body, ensure_ascii=False, separators=(",", ":")),
        "isBase64Encoded": False,
    }


def problem(
    status: int, code: str, message: str, *, field: str | None = None, hint: str | None = None, **headers: str
) -> dict[str, Any]:
    """Return an error in the form of the HTTP API's: `error` for a person, `code` for a program."""
    told = {"ok": False, "error": message, "code": code, "field": field, "hint": hint}
    return answer(
        status,
        {name: value for name, value in told.items() if value is not None},
        {name.replace("_", "-"): value for name, value in headers.items()},
    )
