"""What one round did for one seller."""

from datetime import timedelta
from typing import assert_never

import msgspec

from channels.decisions import Rest, Wait
from channels.told import Accepted, Again, Later, Rejected, Told, Unreached, Would


class SellerRound(msgspec.Struct):
    """What one round did for one seller.

    `off`: the channel is off, and nothing was looked at. `held` tells whether this process tends the seller, `lost`
    that another took over in the middle. `would_tell` counts, where nothing is sent, quantities not counted before.
    `again` is when to come back, None for the usual time; `walks` tells that listings are still to be looked at, at
    leisure, `carries` that a feed is under way.
    """

    tenant: str
    off: bool = False
    held: bool = False
    lost: bool = False
    accepted: int = 0
    rejected: int = 0
    unreached: int = 0
    throttled: int = 0
    would_tell: int = 0
    again: timedelta | None = None
    walks: bool = False
    carries: bool = False

    def note(self, told: Told) -> bool:
        """Count what became of a SKU; answer whether the round goes on."""
        match told:
            case Accepted():
                self.accepted, self.again = self.accepted + 1, timedelta()
            case Rejected(unauthorised=unauthorised):
                self.rejected += 1
                self.again = self.again if unauthorised else timedelta()
            case Unreached():
                self.unreached += 1
            case Later(pause=pause, throttled=throttled):
                self.throttled += throttled
                self.again = pause
                return False
            case Again():
                self.again = timedelta()
            case Would() | Wait() | Rest():
                pass
            case _:
                assert_never(told)
        return True
