"""Records of the table's stream as they arrive, in a function on Lambda or in `syncstate consume`."""

from collections.abc import Sequence

import msgspec
import structlog

from processor.adapters.dynamodb.streams import StreamRecord, Unread, arrived
from processor.clock import Instant
from processor.delivery import Delivered, Delivery

_log = structlog.get_logger("syncstate.arriving")


class Taken(msgspec.Struct, frozen=True):
    """What became of records. `failed` are the sequence numbers to deliver from again; `unread` name no stream.

    `recorded` tells when the events in them were recorded that are folded now: not those of streams that must wait.
    """

    records: int
    delivered: Delivered
    failed: tuple[str, ...]
    unread: tuple[Unread, ...]
    recorded: tuple[Instant, ...] = ()


def take(records: Sequence[StreamRecord], delivery: Delivery, deadline: float | None = None) -> Taken:
    """Deliver what `records` ring. Never raises."""
    found = arrived(records)
    delivered = delivery.deliver(found.bells, deadline=deadline)
    for unread in found.unread:
        _log.error("stream.unread", sequence=unread.sequence, reason=unread.reason)
    _log.info(
        "stream.batch",
        records=len(records),
        passed=found.passed,
        streams=delivered.streams,
        folded=delivered.folded,
        later=len(delivered.later),
        failed=len(delivered.failed),
    )
    failed = tuple(found.first[stream] for stream in delivered.failed)
    behind = {*delivered.later, *delivered.failed}
    recorded = tuple(event.recorded_at for bell in found.bells if bell.stream not in behind for event in bell.hint)
    return Taken(len(records), delivered, failed, tuple(found.unread), recorded)
