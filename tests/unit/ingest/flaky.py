"""A log whose appends fail as a network's do: before they take effect, or after."""

from collections.abc import Iterable, Sequence
from typing import Literal

from processor.adapters.memory import MemoryStore
from processor.errors import Contended, StoreUnavailable
from processor.log import Append, EventLog, Outcome

Fate = Literal["works", "lost", "unanswered", "busy", "half_busy"]
"""`busy` writes nothing, `half_busy` all but the last append; both tell that a race was lost too often."""


class FlakyLog:
    """The memory log, each of whose appends meets the next fate; when they have run out, all work."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._fates: list[Fate] = []
        self.read, self.read_many = log.read, log.read_many
        self.heads, self.find = log.heads, log.find
        self.streams, self.count, self.named = log.streams, log.count, log.named

    def meet(self, fates: Iterable[Fate]) -> None:
        self._fates = list(fates)

    def append(self, appends: Sequence[Append]) -> list[Outcome]:
        fate = self._fates.pop(0) if self._fates else "works"
        if fate == "lost":
            raise StoreUnavailable("append", "the request was lost")
        if fate in ("busy", "half_busy"):
            self._log.append(appends[:-1] if fate == "half_busy" else ())
            raise Contended("a stream", 3)
        outcomes = self._log.append(appends)
        if fate == "unanswered":
            raise StoreUnavailable("append", "the answer was lost")
        return outcomes


class FlakyStore(MemoryStore):
    """The memory store with such a log."""

    def __init__(self) -> None:
        super().__init__()
        self.log: FlakyLog = FlakyLog(self.log)  # type: ignore[assignment]
