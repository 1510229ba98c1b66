"""The shards of a table's stream, and what is asked of DynamoDB Streams about them.

A shard is closed after some hours and continued by its children, so that a change of an item stands in a child only
after all earlier ones in its parent. Records, and closed shards with them, vanish after 24 hours. A table whose stream
was switched off and on again has several streams for a day; their shards are followed alike.
"""

from collections.abc import Callable, Collection, Container, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from botocore.exceptions import ClientError

from processor.adapters.dynamodb.retries import Retries
from processor.adapters.dynamodb.streams import StreamRecord
from processor.errors import StoreUnavailable

if TYPE_CHECKING:
    from types_boto3_dynamodbstreams import DynamoDBStreamsClient

MOST_RECORDS = 1000
"""Of one `GetRecords`, by the API's own limit."""

_T = TypeVar("_T")


class Shard(msgspec.Struct, frozen=True):
    """One shard of `stream`, an ARN. `parent` is the id of the shard that it continues."""

    stream: str
    id: str
    parent: str | None = None

    @property
    def name(self) -> str:
        """The shard's name among all of its table, printable."""
        return self._named(self.id)

    @property
    def parent_name(self) -> str | None:
        """The name of its parent."""
        return None if self.parent is None else self._named(self.parent)

    def _named(self, identity: str) -> str:
        return f"{self.stream.rpartition('/stream/')[2]}/{identity}"


class Expired(Exception):
    """An iterator was kept for more than its 15 minutes: ask for another."""


class Trimmed(Exception):
    """Records that were to be read next are older than 24 hours, and gone."""


class Gone(Exception):
    """The shard, or its stream, is gone as a whole."""


_ENDS: dict[str, type[Exception]] = {
    "ExpiredIteratorException": Expired,
    "TrimmedDataAccessException": Trimmed,
    "ResourceNotFoundException": Gone,
}


def ready(shards: Collection[Shard], ended: Container[str]) -> list[Shard]:
    """Return the shards that may be read now, parents before children.

    `ended` holds the names of those that were read to their end. A parent that is no longer listed holds nobody up.
    """
    listed = {shard.name for shard in shards}
    return [
        shard
        for shard in shards
        if shard.name not in ended and (shard.parent_name not in listed or shard.parent_name in ended)
    ]


class StreamAccess:
    """What is asked of the stream of `table`. Any request may raise StoreUnavailable."""

    def __init__(self, client: "DynamoDBStreamsClient", table: str, retries: Retries) -> None:
        self._client, self.table, self._retries = client, table, retries

    def shards(self) -> list[Shard]:
        """Return every shard that is listed. Raises StoreUnavailable where the table has no stream."""
        streams = list(self._streams())
        if not streams:
            raise StoreUnavailable(
                f"follow {self.table}", "there is no such table, or it has no stream: `syncstate tables verify` tells"
            )
        return [shard for stream in streams for shard in self._shards(stream)]

    def iterator(self, shard: Shard, after: str | None) -> str:
        """Return where to read from: `after` a sequence number, or the oldest record. Raises Trimmed or Gone."""
        place: dict[str, Any] = {"StreamArn": shard.stream, "ShardId": shard.id, "ShardIteratorType": "TRIM_HORIZON"}
        if after is not None:
            place |= {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": after}
        answer = self._asked(f"find a place in {self.table}", partial(self._client.get_shard_iterator, **place))
        return answer["ShardIterator"]

    def records(self, iterator: str, most: int = MOST_RECORDS) -> tuple[list[StreamRecord], str | None]:
        """Return the next records, perhaps none, and the iterator after them: None at the end of a closed shard.

        Raises Expired, Trimmed or Gone.
        """
        answer = self._asked(
            f"follow {self.table}", lambda: self._client.get_records(ShardIterator=iterator, Limit=most)
        )
        found: list[Any] = answer["Records"]
        return found, answer.get("NextShardIterator")

    def _streams(self) -> Iterator[str]:
        start: dict[str, Any] = {}
        while True:
            request = partial(self._client.list_streams, TableName=self.table, **start)
            page = self._asked(f"list the streams of {self.table}", request)
            yield from (stream["StreamArn"] for stream in page["Streams"])
            if not page.get("LastEvaluatedStreamArn"):
                return
            start = {"ExclusiveStartStreamArn": page["LastEvaluatedStreamArn"]}

    def _shards(self, stream: str) -> Iterator[Shard]:
        start: dict[str, Any] = {}
        while True:
            request = partial(self._client.describe_stream, StreamArn=stream, **start)
            try:
                page = self._asked(f"describe the stream of {self.table}", request)["StreamDescription"]
            except Gone:
                return
            for shard in page.get("Shards", ()):
                yield Shard(stream, shard["ShardId"], shard.get("ParentShardId"))
            if not page.get("LastEvaluatedShardId"):
                return
            start = {"ExclusiveStartShardId": page["LastEvaluatedShardId"]}

    def _asked(self, operation: str, request: Callable[[], _T]) -> _T:
        def once() -> _T:
            try:
                return request()
            except ClientError as error:
                ends = _ENDS.get(error.response.get("Error", {}).get("Code", ""))
                if ends is None:
                    raise
                raise ends(str(error)) from error

        return self._retries(operation, once)
