"""What AWS refuses a reader of a Kinesis stream: told by the action that its policy lacks."""

from collections.abc import Callable

import boto3
import pytest
from botocore.stub import Stubber

from processor.adapters.kinesis.stream import KinesisStream, NotAllowed, ShardGone, StreamMissing
from processor.errors import StoreUnavailable

Asking = Callable[[KinesisStream], object]
ASKING: dict[str, Asking] = {
    "DescribeStreamSummary": lambda stream: stream.identity(),
    "ListShards": lambda stream: stream.shards(),
    "GetShardIterator": lambda stream: stream.iterator("shardId-000000000000", None),
    "GetRecords": lambda stream: stream.page("shardId-000000000000", "iterator"),
}
METHODS = {
    "DescribeStreamSummary": "describe_stream_summary",
    "ListShards": "list_shards",
    "GetShardIterator": "get_shard_iterator",
    "GetRecords": "get_records",
}


def refusing(action: str, code: str) -> KinesisStream:
    client = boto3.client("kinesis", region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")  # noqa: S106 - none
    stubber = Stubber(client)
    stubber.add_client_error(METHODS[action], code, "no")
    stubber.activate()
    return KinesisStream(client, "orders")


@pytest.mark.parametrize("action", ASKING)
def test_a_missing_permission_is_named_by_its_action(action: str) -> None:
    with pytest.raises(NotAllowed, match=rf"'orders' needs kinesis:{action} in the IAM policy"):
        ASKING[action](refusing(action, "AccessDeniedException"))


@pytest.mark.parametrize("action", ["GetRecords", "GetShardIterator"])
def test_a_key_that_may_not_be_used_is_another_permission(action: str) -> None:
    with pytest.raises(NotAllowed, match=r"needs kms:Decrypt on the stream's key in the IAM policy"):
        ASKING[action](refusing(action, "KMSAccessDeniedException"))


@pytest.mark.parametrize(
    ("action", "missing"),
    [
        ("DescribeStreamSummary", StreamMissing),
        ("ListShards", StreamMissing),
        ("GetShardIterator", ShardGone),
        ("GetRecords", ShardGone),
    ],
)
def test_a_stream_that_is_not_there_is_told_from_a_shard_that_is_gone(action: str, missing: type[Exception]) -> None:
    with pytest.raises(missing):
        ASKING[action](refusing(action, "ResourceNotFoundException"))


@pytest.mark.parametrize("code", ["ProvisionedThroughputExceededException", "KMSThrottlingException", "Internal"])
def test_what_passes_is_waited_for(code: str) -> None:
    with pytest.raises(StoreUnavailable, match=code):
        ASKING["GetRecords"](refusing("GetRecords", code))
