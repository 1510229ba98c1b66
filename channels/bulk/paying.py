"""When a feed pays, and for whom: pure, from the rates and how long a feed takes.

One by one, the SKU at place n of those that are due, riskiest first, is told after (n - tokens) / rate. In a feed each
is told when the feed is over. So those whose turn comes sooner go one by one, and the rest in the feed. A feed may be
made once in 1 / rate of its own in the long run: unless it saves as much, it is left for when it does.
"""

from datetime import timedelta
from math import ceil

import msgspec

from channels.limits import Rate

EXPECTED = timedelta(minutes=2)
"""How long the first feed is thought to take; then it is known how long feeds take."""


class Odds(msgspec.Struct, frozen=True):
    """How fast both ways are now. `tokens`: so many can be told at once."""

    one_by_one: Rate
    tokens: int
    feed: Rate
    feed_takes: timedelta

    @property
    def sooner(self) -> int:
        """How many of the riskiest are told one by one before a feed would be over."""
        return self.tokens + int(self.one_by_one.per_second * self.feed_takes.total_seconds())

    @property
    def least(self) -> int:
        """From how many due on a feed pays."""
        worth = self.feed_takes.total_seconds() + 1 / self.feed.per_second
        return self.tokens + ceil(self.one_by_one.per_second * worth) + 1


def takes(seconds: float) -> timedelta:
    """Return how long a feed takes, by how long they took lately (0: nobody knows)."""
    return timedelta(seconds=seconds) if seconds else EXPECTED


def learned(before: float, seconds: float) -> float:
    """Return how long feeds take, after one that took so long."""
    return (before + seconds) / 2 if before else seconds
