"""What became of telling a channel about one SKU, besides `Wait` and `Rest`, which tell that nothing was tried."""

from datetime import timedelta
from typing import NamedTuple

from channels.decisions import Rest, Wait


class Accepted(NamedTuple):
    """The channel took the quantity; the log tells it."""

    quantity: int


class Rejected(NamedTuple):
    """The channel, or we in its stead, refused the quantity; the log tells it."""

    unauthorised: bool = False


class Unreached(NamedTuple):
    """The channel gave no answer that tells the outcome, or could not be asked."""

    reason: str


class Later(NamedTuple):
    """Our rates, or the channel, let nothing through for `pause`."""

    pause: timedelta
    throttled: bool = False


class Would(NamedTuple):
    """The channel would be told `quantity`, if anything were sent."""

    quantity: int


class Again(NamedTuple):
    """Things changed meanwhile, or only a row had to be mended: look again, now."""


Told = Accepted | Rejected | Unreached | Later | Would | Again | Wait | Rest
