"""DynamoDB Streams as a client shows it, over the runner's shards: with what no emulator has.

Shards split, iterators expire, records vanish after a day, listings come in pages. Answers and errors have the shapes
of "Amazon DynamoDB Streams API Reference".
"""

from collections import Counter, deque
from typing import TYPE_CHECKING, Any, cast

from processor.adapters.dynamodb.retries import Patience, Retries
from processor.adapters.dynamodb.shards import StreamAccess
from tests.integration.aws.stream_runner import Record, Shard, StreamRunner
from tests.integration.dynamodb.faults import Fault, client_error

if TYPE_CHECKING:
    from types_boto3_dynamodbstreams import DynamoDBStreamsClient

ARN = "arn:aws:dynamodb:us-east-1:000000000000:table/events/stream/2026-11-20T10:00:00.000"
_PAGE = 2


class PlayedStream:
    """The shards of a `StreamRunner`, which is never run: it only holds them.

    `faults` meet the next calls, one each. A shard that was `dropped` is no longer listed.
    """

    def __init__(self, shards: int = 1) -> None:
        self.runner = StreamRunner(lambda _, __: {}, shards=shards)
        self.faults: deque[tuple[str, Fault]] = deque()
        self.calls: Counter[str] = Counter()
        self.dropped: list[Shard] = []
        self._generation = 0

    def access(self) -> StreamAccess:
        return StreamAccess(cast("DynamoDBStreamsClient", self), "events", Retries(Patience(attempts=2)))

    def expire_iterators(self) -> None:
        self._generation += 1

    def list_streams(self, **arguments: Any) -> Any:
        self._meets("list_streams", arguments)
        return {"Streams": [{"StreamArn": ARN, "TableName": "events", "StreamLabel": ARN[-23:]}]}

    def describe_stream(self, **arguments: Any) -> Any:
        self._meets("describe_stream", arguments)
        listed = [shard for shard in self.runner.shards if shard not in self.dropped]
        start = arguments.get("ExclusiveStartShardId")
        first = 0 if start is None else 1 + next(at for at, one in enumerate(listed) if self._id(one) == start)
        page = listed[first : first + _PAGE]
        told: dict[str, Any] = {"Shards": [self._told(shard) for shard in page]}
        if first + _PAGE < len(listed):
            told["LastEvaluatedShardId"] = self._id(page[-1])
        return {"StreamDescription": told}

    def get_shard_iterator(self, **arguments: Any) -> Any:
        self._meets("get_shard_iterator", arguments)
        shard = self._shard(arguments["ShardId"])
        after = arguments.get("SequenceNumber")
        place = shard.trimmed if after is None else self._after(shard, after)
        return {"ShardIterator": f"{arguments['ShardId']}|{place}|{self._generation}"}

    def get_records(self, **arguments: Any) -> Any:
        self._meets("get_records", arguments)
        identity, at, generation = arguments["ShardIterator"].split("|")
        if int(generation) != self._generation:
            raise client_error("ExpiredIteratorException")
        shard, place = self._shard(identity), int(at)
        if place < shard.trimmed:
            raise client_error("TrimmedDataAccessException")
        begin = place - shard.trimmed
        found = shard.records[begin : begin + arguments["Limit"]]
        after = place + len(found)
        more = not shard.closed or after < shard.trimmed + len(shard.records)
        return {"Records": found} | ({"NextShardIterator": f"{identity}|{after}|{generation}"} if more else {})

    def _after(self, shard: Shard, sequence: str) -> int:
        """Return the place after a record; that of one that vanished cannot be told."""
        for at, record in enumerate(shard.records):
            if number_of(record) == sequence:
                return shard.trimmed + at + 1
        if shard.records and sequence < number_of(shard.records[0]):
            raise client_error("TrimmedDataAccessException")
        return shard.trimmed + len(shard.records)

    def _told(self, shard: Shard) -> dict[str, Any]:
        told: dict[str, Any] = {"ShardId": self._id(shard), "SequenceNumberRange": {"StartingSequenceNumber": "1"}}
        if shard.parents:
            told["ParentShardId"] = self._id(shard.parents[0])
        return told

    def _id(self, shard: Shard) -> str:
        return f"shardId-{self.runner.shards.index(shard):08d}"

    def _shard(self, identity: str) -> Shard:
        shard = self.runner.shards[int(identity.removeprefix("shardId-"))]
        if shard in self.dropped:
            raise client_error("ResourceNotFoundException")
        return shard

    def _meets(self, operation: str, arguments: dict[str, Any]) -> None:
        self.calls[operation] += 1
        if self.faults and self.faults[0][0] == operation:
            self.faults.popleft()[1](lambda **_: None, arguments)


def number_of(record: Record) -> str:
    number: str = record["dynamodb"]["SequenceNumber"]
    return number
