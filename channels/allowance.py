"""How often one seller may be asked: a bucket for each operation, kept by whoever holds the seller."""

from datetime import timedelta
from typing import Literal, Protocol

from channels.decisions import backoff
from channels.errors import Throttled
from channels.limits import Monotonic, TokenBucket
from channels.sellers import Rates

Operation = Literal["set_quantity", "listing", "create_document", "create_feed", "feed", "feeds", "report", "search"]

THROTTLED = timedelta(seconds=2)
LONGEST_THROTTLED = timedelta(minutes=1)


class Granting(Protocol):
    """What an answer tells besides: the rate that is granted, and how many requests it took."""

    @property
    def granted(self) -> float | None:
        """The rate in requests a second, None where it is not told."""
        ...

    @property
    def requests(self) -> int:
        """How often the operation was asked."""
        ...


class Allowance:
    """The seller's buckets, empty at first: the holder before may have asked a moment ago. For one thread."""

    def __init__(self, rates: Rates, monotonic: Monotonic) -> None:
        self._buckets: dict[Operation, TokenBucket] = {
            "set_quantity": TokenBucket(rates.set_quantity, monotonic),
            "listing": TokenBucket(rates.listing, monotonic),
            "create_document": TokenBucket(rates.create_document, monotonic),
            "create_feed": TokenBucket(rates.create_feed, monotonic),
            "feed": TokenBucket(rates.feed, monotonic),
            "feeds": TokenBucket(rates.feeds, monotonic),
            "report": TokenBucket(rates.report, monotonic),
            "search": TokenBucket(rates.search, monotonic),
        }
        self._throttled = 0

    def pause(self, *operations: Operation) -> timedelta:
        """Return how long until every one of `operations` may be asked; zero where it may be now."""
        return max(self._buckets[operation].wait() for operation in operations)

    def spare(self, operation: Operation) -> bool:
        """Whether at least half of the operation's burst is there: it may be asked for what is not urgent."""
        bucket = self._buckets[operation]
        return bucket.tokens * 2 >= bucket.burst

    def tokens(self, operation: Operation) -> int:
        """Return how often `operation` may be asked now."""
        return self._buckets[operation].tokens

    def know(self, operation: Operation, tokens: float) -> None:
        """Take note that `operation` may be asked so often now: a record of all that was asked before tells."""
        self._buckets[operation].know(tokens)

    def spend(self, operation: Operation) -> None:
        """Take note that `operation` is asked once, now."""
        self._buckets[operation].charge(1)

    def heard(self, operation: Operation, answer: Granting) -> None:
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
