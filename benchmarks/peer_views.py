"""The peer's exactly-once projection: its tracking record and the changes of one event, in one transaction.

The peer hands a view one event with its place in the log, and a place can be recorded once: that is its exactly-once,
and why it commits per event. This is the fastest such view we found: states in memory, so that nothing is read; the
states of all four projections in one row, so that one statement writes them; one tracking record for all four; no
runner's threads, but a loop over its log. On PostgreSQL a pipeline was slower than statements one by one.
"""

from abc import abstractmethod
from collections.abc import Sequence

from eventsourcing.persistence import Notification, Tracking
from eventsourcing.postgres import PostgresDatastore, PostgresTrackingRecorder
from eventsourcing.sqlite import SQLiteDatastore, SQLiteTrackingRecorder

from benchmarks.peer import Recorder, recorded
from benchmarks.peer_model import DOCUMENTS, TABLES, UPSERT, States, Values
from processor.events import Recorded

LOG = "shop"
_SECTION = 500
"""How many events the peer's own subscriptions read at once."""

Written = list[tuple[str, Values]]


class View:
    """Read models that know up to where they have followed the peer's log."""

    def __init__(self) -> None:
        self.states = States()
        self.position = 0

    def follow(self, log: Recorder, events: int) -> None:
        """Process the next `events` events of the log, each in its own transaction."""
        last = self.position + events
        while self.position < last:
            for notification in self._next(log, last):
                self.process(notification)

    def take(self, events: Sequence[Recorded]) -> None:
        """Process the next events in one transaction: not the peer's way, but a limit to what grouping can gain."""
        documents: Written = []
        for event in events:
            documents += self.states.fold(event)
        self.position += len(events)
        rows = [self.states.row(stream) for stream in {event.stream for event in events}]
        self.write_many(Tracking(LOG, self.position), rows, documents)

    def process(self, notification: Notification) -> None:
        """Fold one event and commit it."""
        event = recorded(notification)
        documents = self.states.fold(event)
        self.write(Tracking(LOG, notification.id), self.states.row(event.stream), documents)
        self.position = notification.id

    def _next(self, log: Recorder, last: int) -> Sequence[Notification]:
        return log.select_notifications(self.position + 1, min(_SECTION, last - self.position))

    @abstractmethod
    def close(self) -> None:
        """Let go of connections."""

    @abstractmethod
    def content(self) -> tuple[dict[str, Values], dict[str, int]]:
        """Return the rows by SKU, and how many documents of each projection there are."""

    @abstractmethod
    def write(self, tracking: Tracking, row: Values, documents: Written) -> None:
        """Commit a row and documents with the tracking record, once."""

    @abstractmethod
    def write_many(self, tracking: Tracking, rows: Sequence[Values], documents: Written) -> None:
        """Commit many rows and documents with the tracking record."""


class SqliteView(View, SQLiteTrackingRecorder):
    """The view on SQLite."""

    def __init__(self, datastore: SQLiteDatastore) -> None:
        View.__init__(self)
        SQLiteTrackingRecorder.__init__(self, datastore)
        self.create_table()

    def construct_create_table_statements(self) -> list[str]:
        return [*super().construct_create_table_statements(), *TABLES]

    def close(self) -> None:
        self.datastore.close()

    def content(self) -> tuple[dict[str, Values], dict[str, int]]:
        with self.datastore.transaction(commit=False) as cursor:
            cursor.execute("SELECT * FROM skus")
            rows = {row["sku"]: tuple(row) for row in cursor.fetchall()}
            counts = {}
            for kind in DOCUMENTS:
                cursor.execute(f"SELECT count(*) FROM {kind}")  # noqa: S608 - a constant
                counts[kind] = cursor.fetchone()[0]
            return rows, counts

    def write(self, tracking: Tracking, row: Values, documents: Written) -> None:
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute(UPSERT, row)
            for kind, document in documents:
                cursor.execute(DOCUMENTS[kind], document)

    def write_many(self, tracking: Tracking, rows: Sequence[Values], documents: Written) -> None:
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.executemany(UPSERT, rows)
            for kind, statement in DOCUMENTS.items():
                cursor.executemany(statement, [document for of, document in documents if of == kind])


class PostgresView(View, PostgresTrackingRecorder):
    """The view on PostgreSQL."""

    def __init__(self, datastore: PostgresDatastore) -> None:
        View.__init__(self)
        PostgresTrackingRecorder.__init__(self, datastore)
        self.create_table()
        with datastore.transaction(commit=True) as cursor:
            for statement in TABLES:
                cursor.execute(statement.replace("BLOB", "BYTEA"))

    def close(self) -> None:
        self.datastore.close()

    def content(self) -> tuple[dict[str, Values], dict[str, int]]:
        with self.datastore.transaction() as cursor:
            rows = {row["sku"]: tuple(row.values()) for row in cursor.execute("SELECT * FROM skus")}
            counts = {}
            for kind in DOCUMENTS:
                found = cursor.execute(f"SELECT count(*) AS n FROM {kind}").fetchone()  # noqa: S608 - a constant
                counts[kind] = found["n"] if found else 0
            return rows, counts

    def write(self, tracking: Tracking, row: Values, documents: Written) -> None:
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute(_UPSERT, row, prepare=True)
            for kind, document in documents:
                cursor.execute(_DOCUMENTS[kind], document, prepare=True)

    def write_many(self, tracking: Tracking, rows: Sequence[Values], documents: Written) -> None:
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.executemany(_UPSERT, rows)
            for kind, statement in _DOCUMENTS.items():
                cursor.executemany(statement, [document for of, document in documents if of == kind])


_UPSERT = UPSERT.replace("?", "%s")
_DOCUMENTS = {kind: statement.replace("?", "%s") for kind, statement in DOCUMENTS.items()}
