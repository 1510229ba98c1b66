"""Metering: the requests a program makes of DynamoDB, and the units it is charged for them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from math import ceil
from threading import Lock
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_READS = frozenset({"GetItem", "BatchGetItem", "Query", "Scan", "TransactGetItems"})
_UNIT = 1024


class Bill(msgspec.Struct, frozen=True):
    """What was asked of DynamoDB."""

    requests: int
    written: float
    read: float


class Meter:
    """Counts a client's requests and units, by DynamoDB's own answers (ReturnConsumedCapacity).

    But for transactions, of which DynamoDB Local reports too few units: they are counted by AWS's published rule, two
    units per begun KB of each item ("Read and write operations" in the Amazon DynamoDB Developer Guide).
    """

    def __init__(self, client: "DynamoDBClient") -> None:
        self._lock = Lock()
        self.clear()
        client.meta.events.register("before-parameter-build.dynamodb", self._ask)
        client.meta.events.register("after-call.dynamodb", self._note)

    def clear(self) -> None:
        """Begin to count anew."""
        with self._lock:
            self._units: Counter[str] = Counter()

    @property
    def bill(self) -> Bill:
        """What was counted since."""
        with self._lock:
            return Bill(int(self._units["requests"]), self._units["written"], self._units["read"])

    def _ask(self, params: dict[str, Any], model: Any, **_: object) -> None:  # noqa: ANN401 - botocore's
        if "ReturnConsumedCapacity" in model.input_shape.members:
            params["ReturnConsumedCapacity"] = "TOTAL"
        if model.name == "TransactWriteItems":
            with self._lock:
                self._units["written"] += sum(map(_transacted, params["TransactItems"]))

    def _note(self, model: Any, parsed: dict[str, Any], **_: object) -> None:  # noqa: ANN401 - botocore's
        consumed = parsed.get("ConsumedCapacity", ())
        tables = (consumed,) if isinstance(consumed, dict) else consumed
        with self._lock:
            self._units["requests"] += 1
            if model.name != "TransactWriteItems":
                kind = "read" if model.name in _READS else "written"
                self._units[kind] += sum(table["CapacityUnits"] for table in tables)


def _transacted(write: Mapping[str, Any]) -> int:
    """Return the units of one write of a transaction; one without a whole item is taken to be of one KB."""
    (action,) = write.values()
    return 2 * max(1, ceil(_bytes(action.get("Item", {}).items()) / _UNIT))


def _bytes(attributes: Iterable[tuple[str, Mapping[str, Any]]]) -> int:
    return sum(len(name.encode()) + len(str(value)) for name, typed in attributes for value in typed.values())
