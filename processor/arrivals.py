"""What arrives from a log of somebody else's: records at their place there, readable or broken."""

from typing import NamedTuple

import msgspec

from processor.clock import Instant


class Place(NamedTuple):
    """Where a record stood: the same record always has the same place, however often it is delivered.

    `source` is the technology, `kinesis` say. `sub` counts the records inside an aggregate from 0; a record that is
    no aggregate holds one, 0. None stands for the record as a whole.
    """

    source: str
    stream: str
    shard: str
    sequence: str
    sub: int | None = None

    def __str__(self) -> str:
        whole = f"{self.source}:{self.stream}:{self.shard}:{self.sequence}"
        return whole if self.sub is None else f"{whole}:{self.sub}"

    @property
    def order(self) -> int:
        """The record's place among those of its shard: sequence numbers are decimal numbers of any length."""
        return int(self.sequence)


class Arrival(msgspec.Struct, frozen=True):
    """A record: its bytes, and when the log took it, by the log's clock."""

    place: Place
    data: bytes
    at: Instant


class Broken(msgspec.Struct, frozen=True):
    """A whole record of which not everything could be read, and why: what it holds is not lost while this is kept."""

    record: Arrival
    why: str
