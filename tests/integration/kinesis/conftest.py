"""kinesis-local with a stream of its own for each test, and an engine to follow it into."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import count
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.config import Config

from processor.adapters.kinesis.stream import KinesisStream
from processor.adapters.memory import MemoryStore
from processor.engine import Engine
from projections import PROJECTIONS
from stock.codec import decode
from tests import servers
from tests.kinesis import data_of

if TYPE_CHECKING:
    from types_boto3_kinesis import KinesisClient

_numbers = count(1)
_SECONDS = 20


class Orders:
    """A Kinesis stream that tests write to."""

    def __init__(self, client: "KinesisClient", name: str) -> None:
        self.client, self.name = client, name

    def create(self, shards: int = 1) -> None:
        """Create the stream, once an earlier one of its name is gone."""
        deadline = time.monotonic() + _SECONDS
        while self.name in self.client.list_streams(Limit=1000)["StreamNames"]:
            assert time.monotonic() < deadline, f"{self.name} does not go"
            time.sleep(0.05)
        self.client.create_stream(StreamName=self.name, ShardCount=shards)
        self.settle()

    def opened(self) -> KinesisStream:
        return KinesisStream(self.client, self.name)

    def put(self, record: object, key: str = "k", hash_key: int | None = None) -> str:
        """Put a record; answer its sequence number."""
        put = partial(self.client.put_record, StreamName=self.name, Data=data_of(record), PartitionKey=key)
        answer = put() if hash_key is None else put(ExplicitHashKey=str(hash_key))
        return answer["SequenceNumber"]

    def open_shards(self) -> Sequence[str]:
        shards = self.client.list_shards(StreamName=self.name)["Shards"]
        return [shard["ShardId"] for shard in shards if "EndingSequenceNumber" not in shard["SequenceNumberRange"]]

    def split(self, shard: str) -> None:
        """Split a shard in its middle."""
        [found] = [it for it in self.client.list_shards(StreamName=self.name)["Shards"] if it["ShardId"] == shard]
        low, high = (int(found["HashKeyRange"][end]) for end in ("StartingHashKey", "EndingHashKey"))
        self.client.split_shard(StreamName=self.name, ShardToSplit=shard, NewStartingHashKey=str((low + high) // 2 + 1))
        self.settle()

    def merge(self, one: str, other: str) -> None:
        self.client.merge_shards(StreamName=self.name, ShardToMerge=one, AdjacentShardToMerge=other)
        self.settle()

    def settle(self) -> None:
        """Wait until the stream is what was asked for."""
        deadline = time.monotonic() + _SECONDS
        while time.monotonic() < deadline:
            told = self.client.describe_stream_summary(StreamName=self.name)["StreamDescriptionSummary"]
            if told["StreamStatus"] == "ACTIVE":
                return
            time.sleep(0.05)
        raise AssertionError(f"{self.name} does not settle")


@pytest.fixture(scope="session")
def kinesis() -> "Iterator[KinesisClient]":
    """A client of kinesis-local. Skips where it is missing; in CI that fails."""
    sentence = servers.missing("kinesis")
    if sentence is not None:
        (pytest.fail if servers.required() else pytest.skip)(sentence)
    client = boto3.client(
        "kinesis",
        endpoint_url=servers.kinesis(),
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",  # noqa: S106 - kinesis-local asks for some key and checks none
        config=Config(retries={"total_max_attempts": 3, "mode": "standard"}),
    )
    yield client
    client.close()


@pytest.fixture
def streams(kinesis: "KinesisClient") -> Iterator[Callable[[int], Orders]]:
    """Make streams with so many shards."""
    made: list[str] = []

    def make(shards: int) -> Orders:
        orders = Orders(kinesis, f"orders-{os.getpid()}-{next(_numbers)}")
        orders.create(shards)
        made.append(orders.name)
        return orders

    yield make
    for name in made:
        kinesis.delete_stream(StreamName=name, EnforceConsumerDeletion=True)


@pytest.fixture
def orders(streams: Callable[[int], Orders]) -> Orders:
    """A stream with one shard."""
    return streams(1)


@pytest.fixture
def engine() -> Iterator[Engine]:
    engine = Engine(MemoryStore(), PROJECTIONS, decode, watch="inventory")
    yield engine
    engine.close()
