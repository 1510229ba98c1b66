"""Attempts go on after the newest that the log tells of, whatever became of the registers."""

from collections.abc import Iterator

import msgspec

from channels.attempts import PREFIX, Delivery
from processor.log import EventLog
from processor.registers import Registers
from processor.streams import StreamId
from stock.codec import decode
from stock.events import BroadcastAccepted, BroadcastRejected

CHANNEL = "channel"


def number_attempts(log: EventLog, registers: Registers, streams: Iterator[StreamId]) -> int:
    """Give each listing a delivery row that was told of in the log and has none, or an older one, in the registers.

    An attempt's number names one content for ever: the next one must be past every number that the log tells of.
    """
    numbered = 0
    for stream in streams:
        if stream.category != CHANNEL:
            continue
        facts = map(decode, log.read(stream))
        attempts = [fact.attempt for fact in facts if isinstance(fact, BroadcastAccepted | BroadcastRejected)]
        channel, _, sku = stream.key.partition(":")
        name = f"{PREFIX}{stream.tenant}/{channel}/{sku}"
        register = registers.read(name)
        row = Delivery() if register is None else msgspec.json.decode(register.value, type=Delivery)
        if attempts and row.attempt < max(attempts):
            row = msgspec.structs.replace(row, attempt=max(attempts), outcome="unknown", suspect=True)
            registers.write(name, msgspec.json.encode(row), register.revision if register else 0)
            numbered += 1
    return numbered
