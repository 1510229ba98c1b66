"""What stands between a table's stream and a function on Lambda, played in this process as AWS documents it.

No emulator does: batches by size, by the window and by what a call may carry, order per item alone, partial failures
(`ReportBatchItemFailures`), bisecting, retries, the on-failure destination, several batches of a shard at once, shards
that split and records that expire, and records that come again. The function is called with the event that Lambda would
hand to it, through JSON.
See "Lambda event source mappings" and "Using AWS Lambda with Amazon DynamoDB" in the AWS Lambda Developer Guide.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from itertools import count
from random import Random
from typing import Any
from zlib import crc32

import msgspec

from processor.adapters.dynamodb.items import claim_item, event_item
from processor.adapters.dynamodb.keys import Item
from processor.events import Recorded
from processor.queues import Message, Queue

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]
Record = dict[str, Any]

MINUTES = 15 * 60 * 1000
PAYLOAD = 6 * 1024 * 1024
"""What one call carries, in bytes ("Lambda quotas": invocation payload)."""


class Context:
    """A function's context: `milliseconds` are left to it."""

    def __init__(self, milliseconds: int = MINUTES) -> None:
        self._milliseconds = milliseconds

    def get_remaining_time_in_millis(self) -> int:
        return self._milliseconds


class Shard:
    """Records in their order, and how far they were taken. Its children wait for its end.

    `trimmed` records that came before these have vanished.
    """

    def __init__(self, parents: Sequence["Shard"] = ()) -> None:
        self.parents = parents
        self.records: list[Record] = []
        self.came: list[float] = []
        self.closed = False
        self.taken = self.trimmed = 0
        self.attempts = 0
        self.limit: int | None = None

    @property
    def left(self) -> int:
        return len(self.records) - self.taken

    @property
    def readable(self) -> bool:
        return all(parent.closed and not parent.left for parent in self.parents)

    def settle(self, number: int) -> None:
        """Move on by `number` records."""
        self.taken += number
        self.attempts, self.limit = 0, None

    def fail(self, *, bisect: bool, size: int) -> None:
        """Try again with half as many, or the same again."""
        self.attempts += 1
        if bisect and size > 1:
            self.limit = max(1, size // 2)


class StreamRunner:
    """Calls `handler` with batches of what arrived.

    `retries` bounds how often a batch that fails is tried again before its records go to `destination`; None: for ever.
    `window` is how many seconds a batch is gathered that is not full: time passes by `wait`.
    """

    def __init__(
        self,
        handler: Handler,
        *,
        shards: int = 2,
        bisect: bool = True,
        retries: int | None = None,
        window: float = 0,
        payload: int = PAYLOAD,
    ) -> None:
        self._handler, self._bisect, self._retries = handler, bisect, retries
        self._window, self._payload, self._now = window, payload, 0.0
        self.shards = [Shard() for _ in range(shards)]
        self.destination: list[Record] = []
        self.calls = 0

    @property
    def open(self) -> list[Shard]:
        return [shard for shard in self.shards if not shard.closed]

    @property
    def left(self) -> int:
        return sum(shard.left for shard in self.shards)

    def arrive(self, records: Iterable[Record], shuffled: Random | None = None) -> None:
        """Let records come in: those of one item into one shard, in order; between items as `shuffled` has it."""
        arriving = list(records)
        if shuffled is not None:
            shuffled.shuffle(arriving)
        for record in arriving:
            shards = self.open
            shard = shards[place_of(record) % len(shards)]
            shard.records.append(record)
            shard.came.append(self._now)

    def wait(self, seconds: float, size: int) -> None:
        """Let time pass, and whatever is full or has waited for the window be delivered."""
        self._now += seconds
        for shard in self.shards:
            left = -1
            while self._is_due(shard, size) and shard.left != left:
                left = shard.left
                self.deliver(shard, size)

    def split(self, shard: Shard) -> None:
        """Close a shard; two others go on."""
        shard.closed = True
        self.shards += [Shard([shard]), Shard([shard])]

    def expire(self, shard: Shard, number: int) -> list[Record]:
        """Let the shard's oldest records vanish, read or not; answer those that were not."""
        number = min(number, len(shard.records))
        lost = shard.records[shard.taken : number]
        del shard.records[:number], shard.came[:number]
        shard.trimmed += number
        shard.taken = max(0, shard.taken - number)
        return lost

    def again(self, shard: Shard, number: int) -> None:
        """Let the last `number` records that were taken come once more."""
        shard.taken = max(0, shard.taken - number)

    def deliver(self, shard: Shard, size: int, *, parallel: int = 1) -> None:
        """Call the function with the shard's next records, `size` at most.

        An error of the function is raised on, after AWS has taken note of it. With `parallel`, each of so many batches
        holds the records of other items, and their failures are told together.
        """
        batch = self._batch(shard, min(size, shard.limit or size))
        if not batch or not shard.readable:
            return
        failed: set[str] = set()
        try:
            for lane in range(parallel):
                if own := [record for record in batch if place_of(record) % parallel == lane]:
                    failed |= self.invoke(own)
        except BaseException:
            self._failed(shard, batch)
            raise
        first = next((at for at, record in enumerate(batch) if record["dynamodb"]["SequenceNumber"] in failed), None)
        if first is None:
            shard.settle(len(batch))
            return
        if first:
            shard.settle(first)
        self._failed(shard, batch[first:])

    def invoke(self, records: Sequence[Record]) -> set[str]:
        """Call the function once; answer the sequence numbers it tells as failed, as AWS reads its answer."""
        self.calls += 1
        answer = self._handler(json.loads(json.dumps({"Records": records})), Context())
        told = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
        known = {record["dynamodb"]["SequenceNumber"] for record in records}
        assert told <= known, "AWS takes an unknown identifier for the failure of the whole batch"
        return told

    def drain(self, size: int = 100, most: int = 10_000) -> None:
        """Deliver until nothing is left."""
        for _ in range(most):
            waiting = [shard for shard in self.shards if shard.left and shard.readable]
            if not waiting:
                return
            for shard in waiting:
                self.deliver(shard, size)
        raise AssertionError(f"{self.left} records are never taken")

    def _batch(self, shard: Shard, size: int) -> list[Record]:
        """Return the next records: `size` of them, or as many as one call carries."""
        batch: list[Record] = []
        weight = len(json.dumps({"Records": []}))
        for record in shard.records[shard.taken : shard.taken + size]:
            weight += len(json.dumps(record)) + 2
            if batch and weight > self._payload:
                break
            batch.append(record)
        return batch

    def _is_due(self, shard: Shard, size: int) -> bool:
        if not shard.left or not shard.readable:
            return False
        full = len(self._batch(shard, size)) < min(shard.left, size) or shard.left >= size
        return full or self._now - shard.came[shard.taken] >= self._window

    def _failed(self, shard: Shard, batch: Sequence[Record]) -> None:
        if self._retries is not None and shard.attempts >= self._retries and (len(batch) == 1 or not self._bisect):
            self.destination += batch
            shard.settle(len(batch))
        else:
            shard.fail(bisect=self._bisect, size=len(batch))


class QueueRunner:
    """Calls a function with the messages of a queue, as an event source mapping of SQS does."""

    def __init__(self, handler: Handler, queue: Queue) -> None:
        self._handler, self._queue = handler, queue

    def deliver(self, most: int = 10) -> int:
        """Call it once with what is due; answer how many messages it settled."""
        messages = self._queue.receive(most)
        if not messages:
            return 0
        answer = self._handler(json.loads(json.dumps({"Records": [_sqs(message) for message in messages]})), Context())
        failed = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
        settled = [message for message in messages if message.receipt not in failed]
        self._queue.delete(settled)
        return len(settled)


def _sqs(message: Message) -> dict[str, Any]:
    return {
        "messageId": message.receipt,
        "receiptHandle": message.receipt,
        "body": message.body.decode(),
        "attributes": {"ApproximateReceiveCount": str(message.deliveries)},
        "eventSource": "aws:sqs",
    }


_sequences = count(1)


def a_record(item: Item, name: str = "INSERT", sequence: str | None = None) -> Record:
    """Return the record that DynamoDB Streams makes of a change, as Lambda hands it on."""
    keys = {part: item[part] for part in ("pk", "sk") if part in item}
    change: dict[str, Any] = {
        "ApproximateCreationDateTime": 1795806405.0,
        "Keys": keys,
        "SequenceNumber": sequence or f"{next(_sequences):021d}",
        "SizeBytes": 400,
        "StreamViewType": "NEW_IMAGE",
    }
    if name != "REMOVE":
        change["NewImage"] = dict(item)
    return {
        "eventID": msgspec.json.encode(keys).hex()[:32],
        "eventName": name,
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "dynamodb": change,
        "eventSourceARN": "arn:aws:dynamodb:us-east-1:000000000000:table/events/stream/1",
    }


def records_of(events: Iterable[Recorded]) -> list[Record]:
    """Return the records that appending `events` makes: each event's and its claim's."""
    return [a_record(item) for event in events for item in (event_item(event), claim_item(event, "nonce"))]


def as_lambda(record: Any) -> Record:
    """Return a record that boto3 read, as Lambda would hand it on."""
    change = {**record["dynamodb"], "ApproximateCreationDateTime": 1795806405.0}
    return {**record, "dynamodb": change}


def place_of(record: Record) -> int:
    """Return a number that is one and the same for all records of an item."""
    return crc32(json.dumps(record["dynamodb"].get("Keys", {}), sort_keys=True).encode())
