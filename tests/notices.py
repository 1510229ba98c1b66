"""What couriers have noted of targets, for tests of what operators are shown."""

import msgspec

from channels.notices.progress import Ending, begun, finished
from processor.clock import Instant
from processor.registers import Registers


def noted(registers: Registers, name: str, *endings: tuple[Ending, Instant]) -> None:
    """Write down what became of the messages to target `name`, `tenant/target`."""
    progress = begun(endings[0][1])
    for ending, at in endings:
        progress = finished(progress, at, ending)
    held = registers.read(f"notices/{name}")
    assert registers.write(f"notices/{name}", msgspec.msgpack.encode(progress), held.revision if held else 0)
