"""One table, reached through the low-level client: every request this adapter makes of DynamoDB's data."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from secrets import token_hex
from typing import TYPE_CHECKING, Any, TypeVar

from processor.adapters.dynamodb.keys import ABSENT, Item, Key, key_item
from processor.adapters.dynamodb.retries import ConditionFailed, Retries
from processor.adapters.dynamodb.transactions import Taken, taken
from processor.errors import StoreUnavailable, Throttled

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import (
        PutTypeDef,
        TransactWriteItemTypeDef,
        WriteRequestUnionTypeDef,
    )

MAX_GETS = 100
MAX_DELETES = 25

_T = TypeVar("_T")


class TableAccess:
    """Requests to one table, repeated where that is right. Any may raise what `Retries` raises."""

    def __init__(self, client: "DynamoDBClient", table: str, retries: Retries) -> None:
        self._client, self._retries = client, retries
        self.table, self.patience = table, retries.patience

    def item(self, key: Key) -> Item | None:
        """Return the item at `key`, or None. Strongly consistent."""
        answer = self._retries(
            f"read {self.table}",
            lambda: self._client.get_item(TableName=self.table, Key=key_item(key), ConsistentRead=True),
        )
        return answer.get("Item")

    def items(self, keys: Sequence[Key]) -> list[Item]:
        """Return the items among `keys`, at most MAX_GETS, no two the same, in any order. Strongly consistent."""
        found: list[Item] = []

        def get(left: Sequence[Item]) -> Sequence[Item]:
            answer = self._client.batch_get_item(RequestItems={self.table: {"Keys": left, "ConsistentRead": True}})
            found.extend(answer["Responses"].get(self.table, ()))
            unserved = answer["UnprocessedKeys"].get(self.table)
            return unserved["Keys"] if unserved else ()

        self._until_served(f"read {self.table}", get, [key_item(key) for key in keys])
        return found

    def query(self, arguments: Mapping[str, Any]) -> Iterator[Item]:
        """Yield what a Query of this table finds, page after page as they are asked for."""
        return self._pages("query", self._client.query, arguments)

    def scan(self, arguments: Mapping[str, Any]) -> Iterator[Item]:
        """Yield what a Scan of this table finds, page after page as they are asked for."""
        return self._pages("scan", self._client.scan, arguments)

    def replace(self, item: Item, beside: "Sequence[TransactWriteItemTypeDef]" = ()) -> bool:
        """Put an item that carries its next revision (`rev`) if the one before is stored, 1 if none is.

        What is `beside` it is written along, or nothing is. Answers whether it was. A nonce lets a try that got no
        answer be recognised; where others have written on top of it meanwhile, StoreUnavailable tells that the
        outcome is unknown.
        """
        nonce, revision = token_hex(8), int(item["rev"]["N"])
        put: PutTypeDef = {
            "TableName": self.table,
            "Item": {**item, "nonce": {"S": nonce}},
            "ConditionExpression": ABSENT,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        if revision > 1:
            put["ConditionExpression"] = "rev = :before"
            put["ExpressionAttributeValues"] = {":before": {"N": str(revision - 1)}}
        try:
            if beside:
                self.transact([{"Put": put}, *beside])
            else:
                self._retries(f"write {self.table}", lambda: self._client.put_item(**put))
        except ConditionFailed as refused:
            outcome = taken(refused.response, nonce, revision, uncertain=refused.uncertain)
            if outcome is Taken.UNKNOWN:
                raise StoreUnavailable(
                    f"write {self.table}", "a try got no answer, and others wrote since"
                ) from refused
            return outcome is Taken.YES
        return True

    def transact(self, writes: "Sequence[TransactWriteItemTypeDef]") -> None:
        """Write all or nothing, at most 100 items. Raises ConditionFailed."""
        self._retries(f"write {self.table}", lambda: self._client.transact_write_items(TransactItems=writes))

    def delete(self, keys: Sequence[Key]) -> None:
        """Delete the items at `keys`, at most MAX_DELETES, no two the same."""

        def delete(left: "Sequence[WriteRequestUnionTypeDef]") -> "Sequence[WriteRequestUnionTypeDef]":
            answer = self._client.batch_write_item(RequestItems={self.table: left})
            return answer["UnprocessedItems"].get(self.table, ())

        requests: list[WriteRequestUnionTypeDef] = [{"DeleteRequest": {"Key": key_item(key)}} for key in keys]
        self._until_served(f"clear {self.table}", delete, requests)

    def _pages(self, operation: str, send: Callable[..., Any], arguments: Mapping[str, Any]) -> Iterator[Item]:
        start: Mapping[str, Any] = {}
        while True:
            request = partial(send, **{"TableName": self.table, **arguments, **start})
            page = self._retries(f"{operation} {self.table}", request)
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def _until_served(self, operation: str, send: Callable[[Sequence[_T]], Sequence[_T]], left: Sequence[_T]) -> None:
        """Send what is left until nothing is. What a busy table leaves over is no error, only unserved."""
        in_vain = 0
        while left:
            unserved = self._retries(operation, partial(send, left))
            in_vain = in_vain + 1 if len(unserved) == len(left) else 0
            if in_vain >= self.patience.attempts:
                raise Throttled(operation, "the table serves no request of a batch")
            if unserved:
                self.patience.pause(in_vain + 1)
            left = unserved
