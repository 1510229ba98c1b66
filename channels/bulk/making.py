"""Making a feed: its document is uploaded, its lines are kept, and only then it is created."""

from collections.abc import Sequence
from datetime import timedelta

import msgspec

from channels.amazon.feeds.documents import FeedLine, documents
from channels.bulk.port import Feeds
from channels.bulk.records import Feedbook, Line, Record
from channels.errors import Unreachable
from channels.limits import Rate
from channels.line import Line as Wire
from channels.tenure import Tenure
from processor.clock import Clock, Instant, later


class Maker:
    """Makes one seller's feeds. Raises LeaseLost, and Retryable where the store failed. For one thread."""

    def __init__(  # noqa: PLR0913 - what a feed is made of, and where it is kept
        self, feeds: Feeds, wire: Wire, book: Feedbook, tenure: Tenure, *, rate: Rate, clock: Clock
    ) -> None:
        self._feeds, self._wire, self._book, self._tenure = feeds, wire, book, tenure
        self._rate, self._clock = rate, clock

    @property
    def pause(self) -> timedelta:
        """How long until a feed may be made."""
        return self._wire.pause("create_document", "create_feed")

    def recent(self, record: Record) -> tuple[Instant, ...]:
        """Return the tries to create a feed that still count against its rate."""
        since = later(self._clock(), -timedelta(seconds=self._rate.burst / self._rate.per_second))
        return tuple(at for at in record.tries if at > since)

    def know_rate(self, record: Record) -> None:
        """Fill the bucket of createFeed by what the record tells of the tries before, in this process or others."""
        self._wire.know("create_feed", self._rate.burst - len(self.recent(record)))

    def upload(self, lines: Sequence[Line]) -> str:
        """Upload the document of `lines`, and return its name. Raises ChannelError, with nothing changed."""
        told = [FeedLine(line.listing, line.quantity, line.product_type) for line in lines]
        (document,) = documents(self._feeds.seller_id, told)
        place = self._wire.ask("create_document", self._feeds.place)
        self._feeds.upload(place, document.content)
        return place.document

    def announce(self, record: Record, lines: Sequence[Line], document: str) -> Record:
        """Keep the lines, and return what the record is to say before the feed is created."""
        if not self._book.keep(record.number, lines):
            raise self._tenure.lost()
        now = self._clock()
        return msgspec.structs.replace(
            record,
            state="creating",
            lines=len(lines),
            document=document,
            since=now,
            tries=(*self.recent(record), now),
        )

    def create(self, record: Record) -> Record:
        """Create the feed that is announced, and return the record.

        That is unchanged where nobody knows whether there is a feed now. Raises ChannelError where there is none.
        """
        try:
            created = self._wire.ask("create_feed", lambda: self._feeds.create(record.document))
        except Unreachable as error:
            if not error.sent:
                raise
            return record
        tries = record.tries + (record.since,) * (created.requests - 1)
        return msgspec.structs.replace(record, state="created", feed=created.feed, tries=tries)

    def write(self, record: Record, revision: int) -> int:
        """Keep the record, and return its revision."""
        if not self._book.write(record, revision):
            raise self._tenure.lost()
        return revision + 1
