"""Reading an archive through: whether it is whole, and every event in it what it says."""

from collections.abc import Iterator
from pathlib import Path

from processor.events import Recorded
from processor.streams import StreamId
from syncstate.care.archive import ArchiveDamaged, Reader
from syncstate.care.tally import Tally, Watch
from syncstate.care.truth import event_faults
from syncstate.care.verifying import Finding

_OFTEN = 10_000


def truth(file: Path, tally: Tally, watch: Watch) -> Iterator[Finding]:
    """Yield what is wrong with the archive; where it cannot be read on, that is the last finding.

    Raises OSError, or ArchiveTooNew.
    """
    try:
        for part in Reader(file).parts():
            if isinstance(part, StreamId):
                tally.streams += 1
            elif isinstance(part, Recorded):
                tally.events += 1
                tally.newest = max(tally.newest or part.recorded_at, part.recorded_at)
                yield from (Finding(f"{part.stream}: event {part.version} {fault}") for fault in event_faults(part))
                if tally.events % _OFTEN == 0:
                    watch("events", tally.events)
    except ArchiveDamaged as error:
        yield Finding(str(error))
