"""A real client whose calls fail as a test tells them to."""

from collections import Counter, defaultdict, deque
from collections.abc import Callable
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import ClientError, ReadTimeoutError

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

Call = Callable[..., Any]
Fault = Callable[[Call, dict[str, Any]], Any]
"""Gets the real call and its arguments, and answers, or raises, in its place."""


class Faults:
    """Stands in front of a client. What is not told to fail goes through."""

    def __init__(self, client: "DynamoDBClient") -> None:
        self._client = client
        self._once: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self._always: dict[str, Fault] = {}
        self.calls: Counter[str] = Counter()

    def fail(self, operation: str, *faults: Fault) -> None:
        """Let the next calls of `operation` meet `faults`, one each."""
        self._once[operation].extend(faults)

    def keep_failing(self, operation: str, fault: Fault) -> None:
        """Let every call of `operation` meet `fault` from now on."""
        self._always[operation] = fault

    def mend(self) -> None:
        """Let every call through again."""
        self._once.clear()
        self._always.clear()

    def as_client(self) -> "DynamoDBClient":
        return cast("DynamoDBClient", self)

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._client, name)
        if not callable(real) or name.startswith("_") or name == "exceptions":
            return real

        def call(**arguments: Any) -> Any:
            self.calls[name] += 1
            fault = self._once[name].popleft() if self._once[name] else self._always.get(name)
            return fault(real, arguments) if fault else real(**arguments)

        return call


def lost_answer(call: Call, arguments: dict[str, Any]) -> Any:
    """The request takes effect, its answer never arrives."""
    call(**arguments)
    raise ReadTimeoutError(endpoint_url="https://dynamodb.example")


def lost_request(_: Call, __: dict[str, Any]) -> Any:
    """The request never arrives."""
    raise ReadTimeoutError(endpoint_url="https://dynamodb.example")


def refused(code: str, status: int = 400, **parts: Any) -> Fault:
    """DynamoDB answers with an error."""

    def fault(_: Call, __: dict[str, Any]) -> Any:
        raise client_error(code, status, **parts)

    return fault


def cancelled(*reasons: str) -> Fault:
    """A transaction is cancelled for these reasons, the last one for all its other items."""

    def fault(_: Call, arguments: dict[str, Any]) -> Any:
        codes = chain(reasons, repeat(reasons[-1]))
        told = [{"Code": code} for code, _ in zip(codes, arguments["TransactItems"], strict=False)]
        raise client_error("TransactionCanceledException", CancellationReasons=told)

    return fault


def client_error(code: str, status: int = 400, **parts: Any) -> ClientError:
    response: Any = {
        "Error": {"Code": code, "Message": f"{code} of a test"},
        "ResponseMetadata": {"HTTPStatusCode": status},
        **parts,
    }
    return ClientError(response, "Operation")


def after(happening: Callable[[], object]) -> Fault:
    """Something happens, then the request arrives."""

    def fault(call: Call, arguments: dict[str, Any]) -> Any:
        happening()
        return call(**arguments)

    return fault


def lost_answer_then(happening: Callable[[], object]) -> Fault:
    """The request takes effect, something else happens, and the answer never arrives."""

    def fault(call: Call, arguments: dict[str, Any]) -> Any:
        call(**arguments)
        happening()
        raise ReadTimeoutError(endpoint_url="https://dynamodb.example")

    return fault


def lost_request_then(happening: Callable[[], object]) -> Fault:
    """The request never arrives, and something else happens."""

    def fault(_: Call, __: dict[str, Any]) -> Any:
        happening()
        raise ReadTimeoutError(endpoint_url="https://dynamodb.example")

    return fault


def torn(*places: str) -> Fault:
    """A Query misses the items with these sort keys, as when a transaction is just committing them."""

    def fault(call: Call, arguments: dict[str, Any]) -> Any:
        answer = call(**arguments)
        answer["Items"] = [item for item in answer["Items"] if item["sk"]["S"] not in places]
        return answer

    return fault


def half_served(call: Call, arguments: dict[str, Any]) -> Any:
    """A batch is served by half, rounded up; the rest comes back unserved."""
    [(table, asked)] = arguments["RequestItems"].items()
    reads = isinstance(asked, dict)
    left = list(asked["Keys"] if reads else asked)
    served, rest = left[: (len(left) + 1) // 2], left[(len(left) + 1) // 2 :]
    answer = call(RequestItems={table: {**asked, "Keys": served} if reads else served})
    if rest:
        answer["UnprocessedKeys" if reads else "UnprocessedItems"] = {table: {**asked, "Keys": rest} if reads else rest}
    return answer


def unserved(_: Call, arguments: dict[str, Any]) -> Any:
    """A batch comes back as it went."""
    asked = arguments["RequestItems"]
    return {"Responses": {}, "UnprocessedKeys": asked, "UnprocessedItems": asked}
