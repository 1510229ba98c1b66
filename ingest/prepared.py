"""What came in, read and decided upon but not yet recorded: recording is all that takes time."""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import msgspec

from processor.log import Append
from processor.receipts import FactRecorder, Receipt

Done_co = TypeVar("Done_co", covariant=True)


class Prepared(msgspec.Struct, Generic[Done_co], frozen=True):
    """What to submit to the recorder: `appends`, behind `gate` where there is one.

    `finish` turns its receipts into what came of it.
    """

    appends: Sequence[Append]
    gate: Append | None
    finish: Callable[[Sequence[Receipt]], Done_co]

    def recorded(self, recorder: FactRecorder) -> Done_co:
        """Record it, and return what came of it. Raises as `FactRecorder.record` does."""
        return self.finish(recorder.record(self.appends, self.gate))
