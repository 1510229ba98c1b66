"""Queues for tests, of every kind: fresh, empty, and gone afterwards."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from itertools import count

from processor.adapters.memory.queues import MemoryQueue
from processor.queues import Queue

KINDS = ("memory", "sqs")

HIDDEN = timedelta(seconds=1)
"""How long what was delivered is out of sight: as short as SQS has it."""

_numbers = count(1)


@contextmanager
def fresh_queue(kind: str, hidden: timedelta = HIDDEN) -> Iterator[Queue]:
    """Yield an empty queue of `kind`, one of KINDS; that of SQS is moto's, in this process."""
    with _QUEUES[kind](hidden) as queue:
        yield queue


@contextmanager
def _memory(hidden: timedelta) -> Iterator[Queue]:
    yield MemoryQueue(hidden)


@contextmanager
def _sqs(hidden: timedelta) -> Iterator[Queue]:
    import boto3
    from moto import mock_aws

    from processor.adapters.sqs.queues import SqsQueue

    with mock_aws():
        client = boto3.client(
            "sqs",
            region_name="us-east-1",
            aws_access_key_id="local",
            aws_secret_access_key="local",  # noqa: S106 - moto checks none
        )
        seconds = str(max(1, round(hidden.total_seconds())))
        made = client.create_queue(QueueName=f"queue{next(_numbers)}", Attributes={"VisibilityTimeout": seconds})
        yield SqsQueue(client, made["QueueUrl"])
        client.close()


_QUEUES: dict[str, Callable[[timedelta], AbstractContextManager[Queue]]] = {"memory": _memory, "sqs": _sqs}
