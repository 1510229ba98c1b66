"""The Kinesis stream."""

from collections.abc import Iterator
from contextlib import suppress

from localstack.account import Account
from localstack.layout import STREAM

SHARDS = 2


class Stream:
    """The layout's stream."""

    def __init__(self, account: Account) -> None:
        self._account, self._name = account, account.name(STREAM)

    def create(self) -> None:
        """Create it where it is missing, and wait until it takes records."""
        client = self._account.kinesis
        with suppress(client.exceptions.ResourceInUseException):
            client.create_stream(StreamName=self._name, ShardCount=SHARDS)
        client.get_waiter("stream_exists").wait(StreamName=self._name, WaiterConfig={"Delay": 1})

    def flaws(self) -> Iterator[str]:
        """Yield a sentence where it is missing."""
        client = self._account.kinesis
        try:
            client.describe_stream_summary(StreamName=self._name)
        except client.exceptions.ResourceNotFoundException:
            yield f"stream {self._name} does not exist"

    def delete(self) -> None:
        """Delete it where it is there, with all it holds."""
        client = self._account.kinesis
        try:
            client.delete_stream(StreamName=self._name, EnforceConsumerDeletion=True)
        except client.exceptions.ResourceNotFoundException:
            return
        client.get_waiter("stream_not_exists").wait(StreamName=self._name, WaiterConfig={"Delay": 1})

    def arn(self) -> str:
        """Return its name, as mappings want it."""
        summary = self._account.kinesis.describe_stream_summary(StreamName=self._name)
        return summary["StreamDescriptionSummary"]["StreamARN"]
