"""How often one seller may be asked: a bucket for each operation, kept by whoever holds the seller."""

from datetime import timedelta
from typing import Literal

from channels.decisions import backoff
from channels.errors import ChannelError, Throttled
from channels.limits import Monotonic, TokenBucket
from channels.offers import Offer, Submitted
from channels.sellers import Rates

Operation = Literal["set_quantity", "listing"]

THROTTLED = timedelta(seconds=2)
LONGEST_THROTTLED = timedelta(minutes=1)


class Allowance:
    """The seller's buckets, empty at first: the holder before may have asked a moment ago. For one thread."""

    def __init__(self, rates: Rates, monotonic: Monotonic) -> None:
        self._buckets: dict[Operation, TokenBucket] = {
            "set_quantity": TokenBucket(rates.set_quantity, monotonic),
            "listing": TokenBucket(rates.listing, monotonic),
        }
        self._throttled = 0

    def pause(self, *operations: Operation) -> timedelta:
        """Return how long until every one of `operations` may be asked; zero where it may be now."""
        return max(self._buckets[operation].wait() for operation in operations)

    def tokens(self, operation: Operation) -> int:
        """Return how often `operation` may be asked now."""
        return self._buckets[operation].tokens

    def spare(self, operation: Operation) -> bool:
        """Whether at least half of the operation's burst is there: it may be asked for what is not urgent."""
        bucket = self._buckets[operation]
        return bucket.tokens * 2 >= bucket.burst

    def spend(self, operation: Operation) -> None:
        """Take note that `operation` is asked once, now."""
        self._buckets[operation].charge(1)

    def heard(self, operation: Operation, answer: Submitted | Offer | ChannelError) -> None:
        """Learn from an answer: the rate it grants, further requests it took, and that it came too soon."""
        bucket = self._buckets[operation]
        bucket.landed()
        bucket.grant(answer.granted)
        bucket.charge(answer.requests - 1)
        if not isinstance(answer, Throttled):
            self._throttled = 0
            return
        self._throttled += 1
        own = backoff(self._throttled, THROTTLED, LONGEST_THROTTLED)
        bucket.close(max(answer.retry_after or timedelta(), own))
