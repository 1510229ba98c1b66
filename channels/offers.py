"""What a channel offers of a listing, and the port through which it is read and told."""

from datetime import timedelta
from typing import NewType, Protocol

import msgspec

CALL_BUDGET = timedelta(seconds=10)
"""What a call of `Offers` may take, whatever it has to do."""

SENT_WITHIN = CALL_BUDGET + timedelta(seconds=3)
"""So long after it began, nothing of a call is sent any more."""

SubmissionId = NewType("SubmissionId", str)
"""The channel's own number for a change it took."""


class Submitted(msgspec.Struct, frozen=True):
    """The channel took a change: queued, not yet shown. `granted` and `requests` as in `ChannelError`."""

    submission: SubmissionId
    granted: float | None = None
    requests: int = 1


class Offer(msgspec.Struct, frozen=True):
    """A listing as the channel shows it.

    `merchant` tells that the merchant alone fulfils it; False where the channel does, or does not say. `quantity` is
    what the merchant offers, None where the channel states none.
    """

    listing: str
    merchant: bool
    quantity: int | None = None
    granted: float | None = None
    requests: int = 1


class Offers(Protocol):
    """A seller's listings on one channel. Safe for several threads.

    Any method may raise `ChannelError`, within CALL_BUDGET as far as the network allows.
    """

    def set_quantity(self, listing: str, quantity: int, product_type: str) -> Submitted:
        """Ask the channel to show `quantity` (absolute, 0 or more). Returning means taken, not yet shown."""
        ...

    def listing(self, listing: str) -> Offer:
        """Return the listing as the channel shows it. Raises Refused where there is none."""
        ...
