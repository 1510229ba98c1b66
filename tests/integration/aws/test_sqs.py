"""The SQS adapter where SQS does not do all that it was asked."""

from typing import Any, cast

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from processor.adapters.sqs.queues import SqsQueue
from processor.errors import StoreUnavailable
from processor.queues import Message


class Moody:
    """A client that takes so many messages of each batch, and then raises what is left to raise."""

    def __init__(self, *moods: int | Exception) -> None:
        self.moods = list(moods)
        self.sent: list[list[str]] = []

    def send_message_batch(self, **asked: Any) -> dict[str, Any]:
        return self._answered(asked["Entries"], "MessageBody")

    def delete_message_batch(self, **asked: Any) -> dict[str, Any]:
        return self._answered(asked["Entries"], "ReceiptHandle")

    def receive_message(self, **_: Any) -> dict[str, Any]:
        return self._answered([], "")

    def _answered(self, entries: list[dict[str, Any]], field: str) -> dict[str, Any]:
        self.sent.append([entry[field] for entry in entries])
        mood = self.moods.pop(0) if self.moods else 10
        if isinstance(mood, Exception):
            raise mood
        failed = [{"Id": entry["Id"], "Code": "InternalError", "SenderFault": False} for entry in entries[mood:]]
        return {"Failed": failed} if failed else {}


def a_queue(client: Moody) -> SqsQueue:
    return SqsQueue(cast(Any, client), "https://sqs.example/queue")


def test_what_a_batch_left_over_is_sent_again_and_nothing_else() -> None:
    client = Moody(2, 0, 10)
    a_queue(client).send([b"0", b"1", b"2", b"3"])
    assert client.sent == [["0", "1", "2", "3"], ["2", "3"], ["2", "3"]]


def test_what_is_never_taken_is_told() -> None:
    with pytest.raises(StoreUnavailable, match="1 were not taken"):
        a_queue(Moody(1, 0, 0)).send([b"0", b"1"])


def test_what_a_batch_did_not_delete_is_deleted_again() -> None:
    client = Moody(1)
    a_queue(client).delete([Message(b"", "r0"), Message(b"", "r1")])
    assert client.sent == [["r0", "r1"], ["r1"]]


def test_a_missing_permission_and_a_missing_queue_are_named() -> None:
    def refused(code: str) -> ClientError:
        return ClientError({"Error": {"Code": code, "Message": "no"}}, "SendMessageBatch")

    queue = "https://sqs.example/queue"
    for code in ("AccessDenied", "AccessDeniedException"):
        with pytest.raises(StoreUnavailable, match=f"grant sqs:SendMessage on the queue {queue}"):
            a_queue(Moody(refused(code))).send([b"0"])
        with pytest.raises(StoreUnavailable, match="grant sqs:DeleteMessage"):
            a_queue(Moody(refused(code))).delete([Message(b"", "r0")])
        with pytest.raises(StoreUnavailable, match="grant sqs:ReceiveMessage"):
            a_queue(Moody(refused(code))).receive()
    for code in ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"):
        with pytest.raises(StoreUnavailable, match=f"there is no queue at {queue}"):
            a_queue(Moody(refused(code))).send([b"0"])


@pytest.mark.parametrize(
    "error",
    [
        ClientError(
            {"Error": {"Code": "AWS.SimpleQueueService.NonExistentQueue", "Message": "gone"}}, "SendMessageBatch"
        ),
        EndpointConnectionError(endpoint_url="https://sqs.example"),
    ],
)
def test_what_the_client_raises_is_told_as_the_port_has_it(error: Exception) -> None:
    with pytest.raises(StoreUnavailable, match="could not send messages"):
        a_queue(Moody(error)).send([b"0"])
    with pytest.raises(StoreUnavailable, match="could not delete messages"):
        a_queue(Moody(error)).delete([Message(b"", "r0")])
    with pytest.raises(StoreUnavailable, match="could not receive messages"):
        a_queue(Moody(error)).receive()
