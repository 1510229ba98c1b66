"""A seller's feeds, step by step: a document, its upload, the feed, how far it is, and what became of each message.

Nothing reaches a listing before `create`. When its outcome is unknown, the feed may exist: Amazon does not tell which
document a feed was made of, so every feed that `since` finds from that moment on may be ours.
"""

from datetime import timedelta
from enum import StrEnum

import msgspec

from channels.amazon.answers import read
from channels.amazon.connection import Call, Connection, query_time, segment
from channels.amazon.feeds import wire
from channels.amazon.feeds.reports import ProcessingReport, read_report
from channels.amazon.feeds.transfers import CONTENT_TYPE, download, upload
from channels.errors import Unreachable
from channels.http import Answer
from processor.clock import Instant

PATH = "/feeds/2021-06-30"
FEED_TYPE = "JSON_LISTINGS_FEED"
PAGE = 100
"""So many feeds come on a page, the most that Amazon gives."""

TRANSFER_BUDGET = timedelta(minutes=2)
"""What an upload or a download may take; their addresses live for five minutes."""


class FeedStatus(StrEnum):
    """How far a feed is. A FATAL one may have changed some listings, none or all; a CANCELLED one none."""

    IN_QUEUE = "IN_QUEUE"
    IN_PROGRESS = "IN_PROGRESS"
    DONE = "DONE"
    FATAL = "FATAL"
    CANCELLED = "CANCELLED"

    @property
    def over(self) -> bool:
        """Whether the feed will change nothing more."""
        return self not in (FeedStatus.IN_QUEUE, FeedStatus.IN_PROGRESS)


class Place(msgspec.Struct, frozen=True):
    """Where to upload a document to, within five minutes. The address is a secret while it lives."""

    document: str
    url: str
    granted: float | None = None
    requests: int = 1

    def __repr__(self) -> str:
        return f"Place(document={self.document!r}, url=...)"


class Created(msgspec.Struct, frozen=True):
    """Amazon took a feed: it is queued."""

    feed: str
    granted: float | None = None
    requests: int = 1


class Feed(msgspec.Struct, frozen=True):
    """A feed as Amazon shows it. `result` names its processing report, None where there is none (yet)."""

    feed: str
    status: FeedStatus
    created_at: Instant
    result: str | None = None
    granted: float | None = None
    requests: int = 1


class FeedsPage(msgspec.Struct, frozen=True):
    """Some feeds. `token` leads to the next page, None on the last."""

    feeds: tuple[Feed, ...]
    token: str | None
    granted: float | None = None
    requests: int = 1


class Feeds:
    """The seller's feeds of quantities. Each method asks the API once, so that the caller keeps to the rates."""

    def __init__(self, connection: Connection, seller_id: str, marketplace: str) -> None:
        self._connection, self.seller_id, self._marketplace = connection, seller_id, marketplace

    def place(self) -> Place:
        """Ask where to upload a document to: createFeedDocument. A failure has changed nothing."""
        body = msgspec.json.encode({"contentType": CONTENT_TYPE})
        call = Call("createFeedDocument", "POST", f"{PATH}/documents", {}, body)
        try:
            heard = self._connection.ask(call, lambda answer: read(call.name, answer, wire.DocumentCreated))
        except Unreachable as error:
            raise Unreachable(
                call.name, error.reason, sent=False, granted=error.granted, requests=error.requests
            ) from error
        return Place(heard.value.document_id, heard.value.url, heard.granted, heard.requests)

    def upload(self, place: Place, content: bytes) -> None:
        """Upload a document. A failure has changed nothing; after a Refused, ask for another place."""
        deadline = self._connection.deadline(TRANSFER_BUDGET)
        upload(self._connection.http, f"upload {place.document}", place.url, content, deadline)

    def create(self, document: str) -> Created:
        """Make a feed of an uploaded document: createFeed. After an Unreachable that was sent, it may exist."""
        specification = {
            "feedType": FEED_TYPE,
            "marketplaceIds": [self._marketplace],
            "inputFeedDocumentId": document,
        }
        call = Call("createFeed", "POST", f"{PATH}/feeds", {}, msgspec.json.encode(specification), document)
        heard = self._connection.ask(call, lambda answer: read(call.name, answer, wire.FeedCreated))
        return Created(heard.value.feed_id, heard.granted, heard.requests)

    def feed(self, feed: str) -> Feed:
        """Return how far a feed is: getFeed. Raises Refused where there is none."""
        call = Call("getFeed", "GET", f"{PATH}/feeds/{segment(feed)}", subject=feed)
        heard = self._connection.ask(call, lambda answer: read(call.name, answer, wire.Feed))
        found = _feed(heard.value)
        return msgspec.structs.replace(found, granted=heard.granted, requests=heard.requests)

    def cancel(self, feed: str) -> None:
        """Cancel a feed that is not yet worked on: cancelFeed. Raises Refused where it is too late."""
        call = Call("cancelFeed", "DELETE", f"{PATH}/feeds/{segment(feed)}", subject=feed)
        self._connection.ask(call, lambda _: None)

    def since(self, created_since: Instant, token: str | None = None) -> FeedsPage:
        """Return feeds of quantities created at `created_since` or later, anyone's of this seller: getFeeds."""
        first = {
            "feedTypes": FEED_TYPE,
            "marketplaceIds": self._marketplace,
            "pageSize": str(PAGE),
            "createdSince": query_time(created_since),
        }
        call = Call("getFeeds", "GET", f"{PATH}/feeds", first if token is None else {"nextToken": token})
        heard = self._connection.ask(call, lambda answer: read(call.name, answer, wire.FeedsFound))
        found = heard.value
        return FeedsPage(tuple(map(_feed, found.feeds)), found.next_token, heard.granted, heard.requests)

    def report(self, feed: Feed) -> ProcessingReport:
        """Return what became of a feed that is over: getFeedDocument, and the download it leads to.

        Raises ValueError for a feed that has no result, Unreachable for a report that cannot be read.
        """
        if feed.result is None:
            raise ValueError(f"feed {feed.feed} has no processing report")
        call = Call("getFeedDocument", "GET", f"{PATH}/documents/{segment(feed.result)}", subject=feed.result)

        def found(answer: Answer) -> wire.DocumentFound:
            return read(call.name, answer, wire.DocumentFound)

        heard = self._connection.ask(call, found)
        what = f"report of feed {feed.feed}"
        deadline = self._connection.deadline(TRANSFER_BUDGET)
        content = download(self._connection.http, what, heard.value.url, deadline)
        report = read_report(what, feed.feed, content)
        return msgspec.structs.replace(report, granted=heard.granted, requests=heard.requests)


def _feed(told: wire.Feed) -> Feed:
    return Feed(told.feed_id, FeedStatus(told.status), told.created, told.result)
