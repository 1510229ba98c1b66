"""The port of a target: whoever is told of alerts."""

from datetime import timedelta
from typing import Protocol

from channels.notices.messages import Message

SEND_BUDGET = timedelta(seconds=10)
"""What a call of `Target.send` may take, as far as the network allows."""


class Target(Protocol):
    """One place that messages go to."""

    @property
    def name(self) -> str:
        """What it is called among the tenant's targets: its progress is kept by that name. No secret."""
        ...

    def send(self, message: Message) -> None:
        """Deliver the message, within SEND_BUDGET; returning means taken.

        Raises Throttled or Unreachable where trying again can help, Refused where a person must look. None of them
        quotes an address or a secret.
        """
        ...
