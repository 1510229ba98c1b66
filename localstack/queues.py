"""The queues, each with a dead-letter queue behind it."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from localstack.account import Account
from localstack.layout import DEAD, DELIVERIES, HIDDEN, KEPT, QUEUES


class Queues:
    """The layout's queues."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def create(self) -> None:
        """Create those that are missing; of the others set the attributes again."""
        for queue in QUEUES:
            dead = self._created(f"{queue}{DEAD}", {})
            redrive = json.dumps({"deadLetterTargetArn": self._arn(dead), "maxReceiveCount": DELIVERIES})
            self._created(queue, {"RedrivePolicy": redrive, "VisibilityTimeout": _seconds(HIDDEN)})

    def flaws(self) -> Iterator[str]:
        """Yield a sentence for each that is missing or has no dead-letter queue."""
        for queue in QUEUES:
            url = self.url(queue)
            if url is None:
                yield f"queue {self._account.name(queue)} does not exist"
            elif self.url(f"{queue}{DEAD}") is None or "RedrivePolicy" not in self._attributes(url):
                yield f"queue {self._account.name(queue)} has no dead-letter queue"

    def delete(self) -> None:
        """Delete those that are there, with all they hold."""
        for queue in QUEUES:
            for short in (queue, f"{queue}{DEAD}"):
                url = self.url(short)
                if url is not None:
                    self._account.sqs.delete_queue(QueueUrl=url)

    def url(self, short: str) -> str | None:
        """Return a queue's address, None where there is no such queue."""
        client = self._account.sqs
        try:
            return client.get_queue_url(QueueName=self._account.name(short))["QueueUrl"]
        except client.exceptions.QueueDoesNotExist:
            return None

    def arn(self, short: str) -> str:
        """Return a queue's name, as mappings want it. The queue must be there."""
        return self._arn(self.url(short) or "")

    def waiting(self, short: str) -> int:
        """Return how many messages are in a queue or being worked on."""
        found = self._attributes(self.url(short) or "")
        return sum(int(found[name]) for name in _COUNTS)

    def _created(self, short: str, attributes: dict[str, str]) -> str:
        every = {"MessageRetentionPeriod": _seconds(KEPT), **attributes}
        url = self.url(short)
        if url is None:
            return self._account.sqs.create_queue(QueueName=self._account.name(short), Attributes=every)["QueueUrl"]  # type: ignore[arg-type]
        self._account.sqs.set_queue_attributes(QueueUrl=url, Attributes=every)  # type: ignore[arg-type]
        return url

    def _arn(self, url: str) -> str:
        return self._attributes(url)["QueueArn"]

    def _attributes(self, url: str) -> dict[str, str]:
        found: dict[str, str] = self._account.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])[
            "Attributes"
        ]  # type: ignore[assignment]
        return found


_COUNTS: Final = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


def _seconds(span: timedelta) -> str:
    return str(int(span.total_seconds()))
