"""Writing facts down, one receipt each."""

from collections.abc import Sequence

from processor.events import Event
from processor.log import Append
from processor.receipts import FactRecorder, Receipt
from processor.streams import StreamId


def record(recorder: FactRecorder, facts: Sequence[tuple[StreamId, Event]]) -> list[Receipt]:
    """Append each fact, and return a receipt per fact, in order, once all are durable. No facts: no receipts.

    Every fact stands alone, so one that conflicts spoils no other. Raises Retryable as `FactRecorder.record` does.
    """
    return recorder.record([Append(stream, (event,)) for stream, event in facts]) if facts else []
