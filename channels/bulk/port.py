"""The port through which many quantities are told at once."""

from collections.abc import Sequence
from typing import Protocol

from channels.amazon.catalogue import Listings
from channels.amazon.feeds.client import Created, Feed, FeedsPage, Place
from channels.amazon.feeds.reports import ProcessingReport
from processor.clock import Instant


class Lookup(Protocol):
    """A seller's listings, many at a time."""

    def named(self, listings: Sequence[str]) -> Listings:
        """Return those of up to twenty listings that there are. Raises ChannelError; ValueError for a comma in one."""
        ...


class Feeds(Protocol):
    """A seller's feeds. Any method may raise ChannelError; nothing is changed before `create`.

    The channel does not tell which document a feed was made of: where the outcome of `create` is unknown, any feed that
    `since` finds from that moment on may be ours.
    """

    @property
    def seller_id(self) -> str:
        """Whom documents name."""
        ...

    def place(self) -> Place:
        """Ask where to upload a document to."""
        ...

    def upload(self, place: Place, content: bytes) -> None:
        """Upload a document."""
        ...

    def create(self, document: str) -> Created:
        """Make a feed of an uploaded document: it is queued then."""
        ...

    def feed(self, feed: str) -> Feed:
        """Return how far a feed is. Raises Refused where there is none."""
        ...

    def since(self, created_since: Instant, token: str | None = None) -> FeedsPage:
        """Return the feeds created since then, whoever made them, a page at a time."""
        ...

    def report(self, feed: Feed) -> ProcessingReport:
        """Return what became of each message of a feed that is over."""
        ...
