"""The port of queues: what is to be done later, by whoever comes first, at least once and in no order."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

import msgspec

MAX_BODY_BYTES = 200_000
"""A body's length at most, with room for what a queue adds."""

MAX_RECEIVED = 10
"""So many messages come at once at most."""

NOW = timedelta()


class Message(msgspec.Struct, frozen=True):
    """One delivery of a body. `receipt` names this delivery; `deliveries` counts them, this one included."""

    body: bytes
    receipt: str
    deliveries: int = 1


class Queue(Protocol):
    """A durable queue of UTF-8 texts. Any method may raise `StoreUnavailable`.

    What `send` took is delivered until it is deleted: perhaps several times, perhaps to several at once, in any order.
    """

    def send(self, bodies: Sequence[bytes], delay: timedelta = NOW) -> None:
        """Keep each body (at most MAX_BODY_BYTES long), to be delivered after `delay` at the earliest.

        Durable once it returns. Where it raises, some may have been kept: sending all again is right.
        """
        ...

    def receive(self, most: int = 10, wait: timedelta = NOW) -> list[Message]:
        """Return up to `most` messages, at most MAX_RECEIVED, after waiting for the first one for `wait`.

        They are hidden from others for a while of the queue's own; what is not deleted by then is delivered again.
        """
        ...

    def hide(self, messages: Sequence[Message], during: timedelta) -> None:
        """Keep messages out of others' sight for so long from now, or show them again: NOW.

        One that was delivered again meanwhile, or deleted before, is no error.
        """
        ...

    def delete(self, messages: Sequence[Message]) -> None:
        """Let go of what is done. One that was delivered again meanwhile, or deleted before, is no error."""
        ...
