"""The small Amazon's feeds: documents at presigned addresses, and feeds that take their time, one after another."""

from collections.abc import Callable
from datetime import timedelta
from gzip import compress
from itertools import count
from threading import RLock
from typing import Literal

import msgspec

from channels.simulators.amazon.processing import Processed, Run
from channels.simulators.amazon.time import Agenda, SimulatedTime
from processor.clock import Instant

Status = Literal["IN_QUEUE", "IN_PROGRESS", "DONE", "FATAL", "CANCELLED"]

ADDRESS_LIFE = timedelta(minutes=5)

_REMEMBERED = 1000
"""So many documents are kept, the newest."""


class FeedPace(msgspec.Struct, frozen=True):
    """How long a feed waits and how long it is worked on, whatever it holds."""

    queued: timedelta = timedelta(seconds=15)
    processing: timedelta = timedelta(seconds=60)


class SimulatedDocument(msgspec.Struct):
    """A document: uploaded by a client, or a report of ours. Its address is good until `expires`, in seconds."""

    document: str
    content_type: str
    signature: str
    expires: float
    content: bytes | None = None
    gzip: bool = False


class SimulatedFeed(msgspec.Struct):
    """A feed, and how far it is."""

    feed: str
    feed_type: str
    document: str
    created: Instant
    status: Status = "IN_QUEUE"
    started: Instant | None = None
    ended: Instant | None = None
    result: str | None = None


class Feeds:
    """Documents and feeds. `begin` starts the work on a document; `finished` is told of each feed that is over.

    Safe for several threads.
    """

    def __init__(
        self,
        lock: RLock,
        time: SimulatedTime,
        agenda: Agenda,
        begin: Callable[[str, bytes], Run],
        finished: Callable[[SimulatedFeed], None],
    ) -> None:
        self._lock, self._time, self._agenda = lock, time, agenda
        self._begin, self._finished = begin, finished
        self.pace = FeedPace()
        self.gzip_reports = True
        self._documents: dict[str, SimulatedDocument] = {}
        self._feeds: dict[str, SimulatedFeed] = {}
        self._numbers = count(50_000_000_001)
        self._free_at = 0.0

    def all(self) -> list[SimulatedFeed]:
        """Return a copy of every feed, newest first."""
        with self._lock:
            return [msgspec.structs.replace(feed) for feed in reversed(self._feeds.values())]

    def feed(self, feed: str) -> SimulatedFeed | None:
        """Return a copy of a feed."""
        with self._lock:
            found = self._feeds.get(feed)
            return msgspec.structs.replace(found) if found else None

    def place(self, content_type: str) -> SimulatedDocument:
        """Make room for a document to be uploaded."""
        with self._lock:
            return self._document(content_type, None)

    def signed(self, document: str) -> SimulatedDocument | None:
        """Return a document with an address that is good from now on."""
        with self._lock:
            found = self._documents.get(document)
            if found is not None:
                found.expires = self._time.seconds() + ADDRESS_LIFE.total_seconds()
            return found

    def at(self, document: str, signature: str) -> SimulatedDocument | None:
        """Return the document at a presigned address, None where the address is wrong or too old."""
        with self._lock:
            found = self._documents.get(document)
            good = found is not None and found.signature == signature and self._time.seconds() < found.expires
            return found if good else None

    def create(self, feed_type: str, document: str) -> str | None:
        """Queue a feed of an uploaded document; None where nothing was uploaded. Returns the feed's id."""
        with self._lock:
            found = self._documents.get(document)
            if found is None or found.content is None:
                return None
            feed = SimulatedFeed(str(next(self._numbers)), feed_type, document, self._time.now())
            self._feeds[feed.feed] = feed
            now = self._time.seconds()
            begins = max(now + self.pace.queued.total_seconds(), self._free_at)
            self._free_at = begins + self.pace.processing.total_seconds()
            content, pace = found.content, self.pace.processing
            self._agenda.after(timedelta(seconds=begins - now), lambda: self._start(feed, content, pace))
            return feed.feed

    def cancel(self, feed: str) -> bool:
        """Cancel a feed that is queued; False where it is not."""
        with self._lock:
            found = self._feeds.get(feed)
            if found is None or found.status != "IN_QUEUE":
                return False
            self._end(found, "CANCELLED", None)
            return True

    def _start(self, feed: SimulatedFeed, content: bytes, pace: timedelta) -> None:
        if feed.status != "IN_QUEUE":
            return
        feed.status, feed.started = "IN_PROGRESS", self._time.now()
        run = self._begin(feed.feed, content)
        pause = pace / (run.messages + 1)
        self._agenda.after(pause, lambda: self._work(feed, run, pause))

    def _work(self, feed: SimulatedFeed, run: Run, pause: timedelta) -> None:
        """Take one message; report once there is none left, or the feed failed."""
        if run.step():
            self._agenda.after(pause, lambda: self._work(feed, run, pause))
            return
        processed: Processed = run.processed()
        self._end(feed, "FATAL" if processed.fatal else "DONE", processed.report)

    def _end(self, feed: SimulatedFeed, status: Status, report: bytes | None) -> None:
        feed.status, feed.ended = status, self._time.now()
        if report is not None:
            content = compress(report, mtime=0) if self.gzip_reports else report
            document = self._document("application/json", content)
            document.gzip = self.gzip_reports
            feed.result = document.document
        self._finished(feed)

    def _document(self, content_type: str, content: bytes | None) -> SimulatedDocument:
        number = next(self._numbers)
        expires = self._time.seconds() + ADDRESS_LIFE.total_seconds()
        document = SimulatedDocument(f"amzn1.tortuga.4.na.{number}", content_type, f"s{number:x}", expires, content)
        self._documents[document.document] = document
        if len(self._documents) > _REMEMBERED:
            del self._documents[next(iter(self._documents))]
        return document
