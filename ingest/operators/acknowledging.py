"""A person has read an alert."""

from ingest.operators.simple import SOURCE
from ingest.recording import record
from processor.clock import Clock
from processor.receipts import FactRecorder, Receipt
from processor.streams import StreamId
from stock.events import AlertAcknowledged
from stock.facts import fact


def acknowledge(recorder: FactRecorder, clock: Clock, stream: StreamId, alert: str) -> Receipt:
    """Record that the alert with id `alert`, which arose from `stream`, was read: once, however often it is told.

    Raises Retryable where the store failed.
    """
    event = fact(AlertAcknowledged(alert), tx=f"read:{alert}", at=clock(), source=SOURCE)
    [receipt] = record(recorder, [(stream, event)])
    return receipt
