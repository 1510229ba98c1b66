"""Which errors an operation may answer with, for the description of the API."""

from collections.abc import Iterator
from typing import Any

from web.answers import ErrorAnswer

MEANINGS = {
    400: "It cannot be read, or a field holds what it may not: `field` names it, `hint` says what would be right",
    401: "No key, one that is not known here, or a signature that does not fit",
    403: "The key may not do this, or the request comes from a foreign page, host or tenant",
    404: "Nothing is known under this name",
    409: "The `tx` names another fact, or the SKU has moved on",
    413: "The body is too long",
    415: "Without a key a body must say that it is JSON",
    429: "Too many requests: wait as `Retry-After` tells",
    503: "The store does not answer: send the same request again, as `Retry-After` tells",
}
"""By status. What an operation declares by itself goes before."""

_OPEN = frozenset({"/health"})
"""Asked by anybody, and answered whatever the store does."""

_OF_ONE = frozenset({"buffer", "events", "explain", "inventory", "mapping", "threshold", "transactions"})
"""Under `/api/`: what is read of one SKU or transaction, which is named in the path or, `..` say, in the query."""

_CHANGING = frozenset({"post", "put", "patch", "delete"})


def declare(document: dict[str, Any]) -> None:
    """Add to each operation of an OpenAPI document the errors that it answers with, as `ErrorAnswer`."""
    name = ErrorAnswer.__name__
    schema = {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for status in _answered(path, method, operation):
                told = {"description": MEANINGS[status], "content": schema}
                operation["responses"].setdefault(str(status), told)


def _answered(path: str, method: str, operation: dict[str, Any]) -> Iterator[int]:
    """Yield the statuses of the errors that the operation may answer with."""
    if path in _OPEN:
        return
    yield from (400, 401, 403, 429, 503)
    if _may_be_unknown(path, method):
        yield 404
    if "requestBody" in operation:
        yield 413
    if method in _CHANGING:
        yield 415


def _may_be_unknown(path: str, method: str) -> bool:
    """Tell whether the operation names a thing: it must be there, or at least be a name, as a line break is none."""
    asked = method in {"get", "delete"} and path.removeprefix("/api/").partition("/")[0] in _OF_ONE
    return asked or "{" in path
