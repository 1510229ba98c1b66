"""Following a feed until it is over, and reading what became of its lines."""

from datetime import timedelta
from functools import partial

import msgspec
import structlog

from channels.amazon.feeds.client import Feed, FeedStatus
from channels.amazon.feeds.reports import Outcome
from channels.bulk.port import Feeds
from channels.bulk.records import Record
from channels.errors import ChannelError, Refused
from channels.limits import Monotonic
from channels.line import Line as Wire
from channels.offers import SENT_WITHIN
from processor.clock import Clock, later

EVERY = timedelta(seconds=10)
"""How often it is asked how far a feed is."""

SKEW = timedelta(minutes=5)
"""So much the channel's clock may differ from ours, and so late a feed may come to be listed."""

PATIENCE = timedelta(minutes=15)
"""So long a feed may be unheard of, or the report of one that is over not be given, before it is gone without."""

LONGEST = timedelta(hours=24)
"""A feed that is not over by then is waited for no longer."""

UNKNOWN = Outcome("unknown")

_log = structlog.get_logger("channels.bulk")


class Over(msgspec.Struct, frozen=True):
    """A feed that changes nothing more, and what became of each of its lines."""

    outcomes: tuple[Outcome, ...]


class Follower:
    """Follows one seller's feed. Raises LeaseLost. For one thread."""

    def __init__(self, feeds: Feeds, wire: Wire, *, clock: Clock, monotonic: Monotonic) -> None:
        self._feeds, self._wire, self._clock, self._monotonic = feeds, wire, clock, monotonic
        self.forget()

    def forget(self) -> None:
        """Know nothing, as at the beginning of a feed or a tenure."""
        self._ask_at = self._monotonic()
        self._ended: Feed | None = None

    def look(self, record: Record) -> Over | None:
        """Ask how far the feed is, when it is time; answer None while it is not over, or nobody knows."""
        if self._monotonic() < self._ask_at:
            return None
        self._ask_at = self._monotonic() + EVERY.total_seconds()
        try:
            over = self._look(record)
        except ChannelError as error:
            _log.warning("feed.unanswered", feed=record.feed, reason=str(error))
            over = self._missing(record, error)
        if over is None and self._clock() >= later(record.since, LONGEST):
            _log.error("feed.given_up", feed=record.feed, number=record.number)
            return _nobody_knows(record)
        return over

    def _look(self, record: Record) -> Over | None:
        if not record.feed:
            return _nobody_knows(record) if self._all_over(record) else None
        if self._ended is None:
            if self._wire.pause("feed"):
                return None
            feed = self._wire.ask("feed", lambda: self._feeds.feed(record.feed))
            if not feed.status.over:
                return None
            self._ended = feed
        ended = self._ended
        if ended.result is None or ended.status is FeedStatus.CANCELLED:
            return _nobody_knows(record)
        if self._wire.pause("report"):
            return None
        report = self._wire.ask("report", lambda: self._feeds.report(ended))
        _log.info("feed.reported", feed=record.feed, accepted=report.accepted, invalid=report.invalid)
        return Over(report.outcomes(record.lines))

    def _missing(self, record: Record, error: ChannelError) -> Over | None:
        """Answer for a feed that the channel does not know, or of which it gives no report."""
        if self._ended is None and not (isinstance(error, Refused) and record.feed):
            return None
        return _nobody_knows(record) if self._clock() >= later(record.since, PATIENCE) else None

    def _all_over(self, record: Record) -> bool:
        """Whether every feed that may be ours is over, and none can come to be listed any more."""
        until = later(record.since, SENT_WITHIN + SKEW)
        if self._clock() <= until:
            return False
        token: str | None = None
        while not self._wire.pause("feeds"):
            page = self._wire.ask("feeds", partial(self._feeds.since, later(record.since, -SKEW), token))
            if any(feed.created_at <= until and not feed.status.over for feed in page.feeds):
                return False
            token = page.token
            if token is None:
                return True
        return False


def _nobody_knows(record: Record) -> Over:
    return Over((UNKNOWN,) * record.lines)
