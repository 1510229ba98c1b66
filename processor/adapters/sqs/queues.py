"""A standard SQS queue: `Queue` as its port documents it.

What differs: a delay is at most 15 minutes, a wait at most 20 seconds, both in whole seconds. SQS drops a message after
the queue's retention period, four days unless it is set: infrastructure sets 14, and a dead-letter queue behind it.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import partial
from math import ceil
from typing import TYPE_CHECKING, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from processor.errors import Misuse, StoreUnavailable
from processor.queues import MAX_BODY_BYTES, MAX_RECEIVED, NOW, Message

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient
    from types_boto3_sqs.type_defs import BatchResultErrorEntryTypeDef

MAX_ENTRIES = 10
MAX_BATCH_BYTES = 256 * 1024
MAX_DELAY = timedelta(minutes=15)
MAX_WAIT = timedelta(seconds=20)
MAX_HIDDEN = timedelta(hours=12)
_TRIES = 3

_GONE = frozenset({"ReceiptHandleIsInvalid", "MessageNotInflight", "InvalidParameterValue"})
"""What SQS says of a receipt whose message is somebody else's by now, visible again, or deleted."""

_MISSING = ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")
_DENIED = ("AccessDenied", "AccessDeniedException")
_ACTIONS = {"send": "SendMessage", "receive": "ReceiveMessage", "delete": "DeleteMessage"}
"""Under which action IAM knows each request, batches too."""

_T = TypeVar("_T")


class SqsQueue:
    """The queue at `url`. `client` is the composition root's."""

    def __init__(self, client: "SQSClient", url: str) -> None:
        self._client, self._url = client, url

    def send(self, bodies: Sequence[bytes], delay: timedelta = NOW) -> None:
        """See `Queue.send`."""
        if any(len(body) > MAX_BODY_BYTES for body in bodies):
            raise Misuse(f"a message holds at most {MAX_BODY_BYTES:,} bytes")
        seconds = ceil(min(delay, MAX_DELAY).total_seconds())
        for batch in _batches(bodies):
            self._all("send", batch, lambda left: self._send(left, seconds))

    def receive(self, most: int = 10, wait: timedelta = NOW) -> list[Message]:
        """See `Queue.receive`."""
        seconds = ceil(min(wait, MAX_WAIT).total_seconds())
        answer = self._asked(
            "receive",
            lambda: self._client.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=min(most, MAX_RECEIVED),
                WaitTimeSeconds=seconds,
                MessageSystemAttributeNames=["ApproximateReceiveCount"],
            ),
        )
        return [
            Message(
                found["Body"].encode(),
                found["ReceiptHandle"],
                int(found.get("Attributes", {}).get("ApproximateReceiveCount", 1)),
            )
            for found in answer.get("Messages", ())
        ]

    def hide(self, messages: Sequence[Message], during: timedelta) -> None:
        """See `Queue.hide`."""
        seconds = ceil(min(during, MAX_HIDDEN).total_seconds())
        for first in range(0, len(messages), MAX_ENTRIES):
            self._all("hide", messages[first : first + MAX_ENTRIES], partial(self._hide, seconds))

    def delete(self, messages: Sequence[Message]) -> None:
        """See `Queue.delete`."""
        for first in range(0, len(messages), MAX_ENTRIES):
            self._all("delete", messages[first : first + MAX_ENTRIES], self._delete)

    def _send(self, bodies: Sequence[bytes], seconds: int) -> "list[BatchResultErrorEntryTypeDef]":
        answer = self._client.send_message_batch(
            QueueUrl=self._url,
            Entries=[
                {"Id": str(place), "MessageBody": body.decode(), "DelaySeconds": seconds}
                for place, body in enumerate(bodies)
            ],
        )
        return answer.get("Failed", [])

    def _hide(self, seconds: int, messages: Sequence[Message]) -> "list[BatchResultErrorEntryTypeDef]":
        answer = self._client.change_message_visibility_batch(
            QueueUrl=self._url,
            Entries=[
                {"Id": str(place), "ReceiptHandle": message.receipt, "VisibilityTimeout": seconds}
                for place, message in enumerate(messages)
            ],
        )
        return [failed for failed in answer.get("Failed", []) if failed["Code"].rpartition(".")[2] not in _GONE]

    def _delete(self, messages: Sequence[Message]) -> "list[BatchResultErrorEntryTypeDef]":
        answer = self._client.delete_message_batch(
            QueueUrl=self._url,
            Entries=[{"Id": str(place), "ReceiptHandle": message.receipt} for place, message in enumerate(messages)],
        )
        # A receipt that is no longer good belongs to a message that is somebody else's by now, or gone.
        return [failed for failed in answer.get("Failed", []) if failed["Code"] != "ReceiptHandleIsInvalid"]

    def _all(
        self, operation: str, left: Sequence[_T], send: "Callable[[Sequence[_T]], list[BatchResultErrorEntryTypeDef]]"
    ) -> None:
        """Send what is left until nothing is: a batch may be taken in part."""
        for _ in range(_TRIES):
            failed = self._asked(operation, partial(send, left))
            if not failed:
                return
            left = [left[int(entry["Id"])] for entry in failed]
        raise StoreUnavailable(f"{operation} messages", f"{len(left)} were not taken: {failed[0].get('Message', '')}")

    def _asked(self, operation: str, request: Callable[[], _T]) -> _T:
        try:
            return request()
        except (ClientError, BotoCoreError) as error:
            raise StoreUnavailable(f"{operation} messages", f"{error}{self._advice(operation, error)}") from error

    def _advice(self, operation: str, error: ClientError | BotoCoreError) -> str:
        """Return what a person can do, in brackets; nothing where that is nothing."""
        code = error.response["Error"].get("Code", "") if isinstance(error, ClientError) else ""
        if code in _MISSING:
            return f" (there is no queue at {self._url}: look at the region, and at the setting that names it)"
        return f" (grant sqs:{_ACTIONS[operation]} on the queue {self._url})" if code in _DENIED else ""


def _batches(bodies: Sequence[bytes]) -> Iterator[list[bytes]]:
    """Yield the bodies as many at a time as one request takes."""
    batch: list[bytes] = []
    for body in bodies:
        if batch and (len(batch) == MAX_ENTRIES or sum(map(len, batch)) + len(body) > MAX_BATCH_BYTES):
            yield batch
            batch = []
        batch.append(body)
    if batch:
        yield batch
