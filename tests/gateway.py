"""Events as API Gateway's HTTP APIs, function URLs and SQS hand them to functions.

After "Working with AWS Lambda proxy integrations for HTTP APIs", "Request and response payloads" of function URLs, and
"Using Lambda with Amazon SQS".
"""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any, Literal
from urllib.parse import unquote

import httpx

Front = Literal["http_api", "function_url"]
DOMAINS: Mapping[Front, str] = {
    "http_api": "r3pmxmplak.execute-api.us-east-2.amazonaws.com",
    "function_url": "abcdefg.lambda-url.us-east-2.on.aws",
}
_numbers = count(1)


def http_event(
    method: str = "POST",
    path: str = "/webhook/shopify",
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    *,
    query: str = "",
    front: Front = "http_api",
    stage: str = "$default",
    address: str = "203.0.113.7",
    binary: bool = False,
) -> dict[str, Any]:
    """Return the event of a request to `path`, percent-encoded as it is sent.

    An HTTP API decodes the path but for its percent signs, and cuts it at a question mark that comes to light; a
    function URL leaves it be.
    """
    seen = unquote(path.replace("%25", "%2525")).split("?", 1)[0] if front == "http_api" else path
    raw = seen if stage == "$default" else f"/{stage}{seen}"
    given = {
        "host": DOMAINS[front],
        "x-forwarded-for": address,
        "x-forwarded-port": "443",
        "x-forwarded-proto": "https",
        "content-length": str(len(body)),
        **{name.lower(): value for name, value in (headers or {}).items()},
    }
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": raw,
        "rawQueryString": query,
        "headers": given,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "r3pmxmplak",
            "domainName": DOMAINS[front],
            "http": {
                "method": method,
                "path": raw,
                "protocol": "HTTP/1.1",
                "sourceIp": address,
                "userAgent": "agent",
            },
            "requestId": f"request-{next(_numbers)}",
            "routeKey": "$default",
            "stage": stage,
            "timeEpoch": 1583348638390,
        },
        **({} if not body else {"body": b64encode(body).decode() if binary else body.decode()}),
        "isBase64Encoded": binary and bool(body),
    }


def sqs_event(*bodies: bytes) -> dict[str, Any]:
    """Return the event of a batch of messages, with ids `m0`, `m1` and so on."""
    return {
        "Records": [
            {
                "messageId": f"m{number}",
                "receiptHandle": f"r{number}",
                "body": body.decode(),
                "attributes": {"ApproximateReceiveCount": "1"},
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:us-east-2:123456789012:syncstate-buffer",
                "awsRegion": "us-east-2",
            }
            for number, body in enumerate(bodies)
        ]
    }


def failed_in(answer: Mapping[str, Any]) -> Sequence[str]:
    """Return the messages that are to be delivered again."""
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def event_of(request: httpx.Request, body: bytes, front: Front) -> dict[str, Any]:
    """Return the event of a client's request."""
    path, _, query = request.url.raw_path.decode().partition("?")
    return http_event(
        request.method, path, body, dict(request.headers), query=query, front=front, binary=not _is_text(request, body)
    )


def answered(answer: Mapping[str, Any]) -> httpx.Response:
    """Return a function's answer as its client sees it."""
    assert not answer.get("isBase64Encoded"), "an answer of ours is text"
    return httpx.Response(answer["statusCode"], headers=answer.get("headers", {}), text=answer.get("body", ""))


def _is_text(request: httpx.Request, body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    kind = request.headers.get("content-type", "")
    return kind.startswith("text/") or kind in ("application/json", "application/xml", "application/javascript")
