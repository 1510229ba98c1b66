"""A Kinesis stream: its shards, and their records page by page. Every request of AWS that following it takes."""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from processor.adapters.kinesis.records import of_boto3
from processor.adapters.kinesis.shards import Shard
from processor.arrivals import Arrival
from processor.errors import Misuse, StoreUnavailable

if TYPE_CHECKING:
    from types_boto3_kinesis import KinesisClient
    from types_boto3_kinesis.type_defs import ListShardsInputTypeDef, ShardTypeDef

PAGE = 1000
"""Records per request, of at most 10,000 and 10 MiB (Kinesis Data Streams API Reference, GetRecords)."""

_T = TypeVar("_T")


class StreamMissing(Misuse):
    """There is no such stream in this region of this account."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"there is no Kinesis stream {name!r}: look at the name, AWS_DEFAULT_REGION and AWS_ENDPOINT_URL"
        )
        self.name = name


class NotAllowed(Misuse):
    """AWS does not let us: `action` is what the IAM policy lacks."""

    def __init__(self, name: str, action: str, reason: str) -> None:
        super().__init__(f"reading the Kinesis stream {name!r} needs {action} in the IAM policy: {reason}")
        self.action = action


class Expired(Exception):
    """An iterator is older than five minutes: take another."""


class ShardGone(Exception):
    """The shard has outlived its retention, or its stream is gone: list the shards again."""


class Trimmed(Exception):
    """The position cannot be continued: what is asked for is gone, or never was."""


class Page(msgspec.Struct, frozen=True):
    """Records in order. `following` continues them, None at the end of a shard that was closed; `behind` the newest."""

    records: list[Arrival]
    following: str | None
    behind: timedelta


class KinesisStream:
    """The stream `name`. Any method may raise StoreUnavailable, StreamMissing or NotAllowed."""

    def __init__(self, client: "KinesisClient", name: str) -> None:
        self._client, self.name = client, name

    def identity(self) -> str:
        """Return what tells this stream from an earlier one of the same name."""
        told = self._asked("DescribeStreamSummary", lambda: self._client.describe_stream_summary(StreamName=self.name))[
            "StreamDescriptionSummary"
        ]
        return f"{self.name}@{int(told['StreamCreationTimestamp'].timestamp())}"

    def shards(self) -> list[Shard]:
        """Return all shards that still hold records, or may."""
        found: list[Shard] = []
        asked: ListShardsInputTypeDef = {"StreamName": self.name}
        while True:
            answer = self._asked("ListShards", lambda: self._client.list_shards(**asked))  # noqa: B023 - called at once
            found += [Shard(shard["ShardId"], _parents(shard)) for shard in answer["Shards"]]
            if not answer.get("NextToken"):
                return found
            asked = {"NextToken": answer["NextToken"]}

    def iterator(self, shard: str, after: str | None) -> str:
        """Return an iterator behind sequence number `after`, None: the oldest record. Raises Trimmed or ShardGone."""
        if after is None:
            answer = self._asked(
                "GetShardIterator",
                lambda: self._client.get_shard_iterator(
                    StreamName=self.name, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
                ),
            )
        else:
            answer = self._asked(
                "GetShardIterator",
                lambda: self._client.get_shard_iterator(
                    StreamName=self.name,
                    ShardId=shard,
                    ShardIteratorType="AFTER_SEQUENCE_NUMBER",
                    StartingSequenceNumber=after,
                ),
            )
        return answer["ShardIterator"]

    def page(self, shard: str, iterator: str) -> Page:
        """Return the next records, perhaps none. Raises Expired or ShardGone."""
        answer = self._asked("GetRecords", lambda: self._client.get_records(ShardIterator=iterator, Limit=PAGE))
        records = [of_boto3(self.name, shard, record) for record in answer["Records"]]
        behind = timedelta(milliseconds=answer.get("MillisBehindLatest") or 0)
        return Page(records, answer.get("NextShardIterator") or None, behind)

    def _asked(self, action: str, request: Callable[[], _T]) -> _T:
        try:
            return request()
        except ClientError as error:
            code, reason = error.response["Error"].get("Code", ""), error.response["Error"].get("Message", "")
            match code:
                case "ResourceNotFoundException" if action in {"GetShardIterator", "GetRecords"}:
                    raise ShardGone(reason) from error
                case "ResourceNotFoundException":
                    raise StreamMissing(self.name) from error
                case "ExpiredIteratorException":
                    raise Expired from error
                case "InvalidArgumentException" if action == "GetShardIterator":
                    raise Trimmed(reason) from error
                case "AccessDeniedException":
                    raise NotAllowed(self.name, f"kinesis:{action}", reason) from error
                case "KMSAccessDeniedException":
                    raise NotAllowed(self.name, "kms:Decrypt on the stream's key", reason) from error
                case _:
                    raise StoreUnavailable(f"answer {action} of {self.name}", f"{code}: {reason}") from error
        except BotoCoreError as error:
            raise StoreUnavailable(f"answer {action} of {self.name}", str(error)) from error


def _parents(shard: "ShardTypeDef") -> tuple[str, ...]:
    named = (shard.get("ParentShardId"), shard.get("AdjacentParentShardId"))
    return tuple(parent for parent in named if parent)
