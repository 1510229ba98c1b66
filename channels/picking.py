"""Whom to look at: what is due, riskiest first; what is in doubt; what word is awaited of for long."""

from collections import deque
from datetime import timedelta
from typing import assert_never

from channels.attempts import Attempts
from channels.decisions import CONFIRM_AFTER, Rest, Wait
from channels.patience import RECONSIDER, Patience
from channels.tenure import LENGTH
from channels.told import Accepted, Again, Later, Rejected, Told, Unreached, Would
from processor.clock import Clock, Instant, later
from projections.broadcasts.queries import BroadcastQueries
from stock.identities import Channel, Sku

BATCH = 20
"""So many SKUs are looked at in a round; then the riskiest are picked anew."""

LOOK_FOR_AWAITED = timedelta(seconds=5)
"""How often those are looked for of which word is awaited."""


class Picker:
    """Picks one seller's SKUs, and remembers what waits. For one thread, but for `moved`."""

    def __init__(
        self, tenant: str, channel: Channel, broadcasts: BroadcastQueries, attempts: Attempts, clock: Clock
    ) -> None:
        self._tenant, self._channel, self._clock = tenant, channel, clock
        self._broadcasts, self._attempts = broadcasts, attempts
        self._moved: deque[Sku] = deque(maxlen=BATCH)
        self._asked: set[Sku] = set()
        self.forget()

    def forget(self) -> None:
        """Know nothing, as at the beginning of a tenure."""
        self.patience = Patience(self._clock)
        self._doubtful: set[Sku] = set()
        self._awaited: set[Sku] = set()
        self.waits_for_looks = False
        """Whether there were more that word is awaited of than may be asked now."""
        self._rescan: Instant | None = None
        self._look_at = Instant("")

    def begin(self) -> int:
        """Read which SKUs are in doubt, and return how many.

        A scan may trail a write by moments, so the last ones of the holder before are looked for again: `rescan`.
        """
        self.forget()
        self._rescan = later(self._clock(), LENGTH)
        self._doubtful.update(self._attempts.doubtful(self._tenant))
        return len(self._doubtful)

    def rescan(self) -> None:
        """Read again which SKUs are in doubt, once, when it is time."""
        if self._rescan is not None and self._clock() >= self._rescan:
            self._rescan = None
            self._doubtful.update(self._attempts.doubtful(self._tenant))

    def moved(self, sku: Sku) -> None:
        """Look at `sku` in the next round, whatever it waits for. From any thread."""
        self._moved.append(sku)

    @property
    def has_moved(self) -> bool:
        """Whether there is somebody to be looked at in the next round."""
        return bool(self._moved)

    def riskiest(self, looks: int) -> list[Sku]:
        """Return whom to look at: lowest quantity first, then oldest change.

        Of those that word is awaited of, at most as many as may be asked now: `looks`.
        """
        moved = {self._moved.popleft() for _ in range(len(self._moved))}
        for sku in moved:
            self.patience.reconsider(sku)
        waiting = self.patience.waiting()
        indexed = self._broadcasts.due(self._tenant, self._channel, BATCH + len(waiting))
        # What a round did not come to is asked for until the index shows it.
        self._asked = (self._asked - set(indexed)) | moved
        due = [sku for sku in indexed if sku not in waiting][:BATCH]
        # Not in the index: what is only in doubt, and what an index that trails does not show yet.
        beside = sorted((self._asked | self._doubtful | self._overdue(waiting, looks)) - waiting - set(due))[:BATCH]
        return sorted(due + beside, key=self._risk) if beside else due

    def noted(self, sku: Sku, told: Told) -> None:
        """Take note of what became of `sku` when a round came to it."""
        match told:
            case Later():
                return  # the round ends, and comes to it again
            case Accepted():
                self.certain(sku)
                self.patience.answered(sku)
            case Rejected(unauthorised=True):
                self.patience.unauthorised()
            case Rejected():
                self.patience.answered(sku)
            case Unreached():
                self.patience.unreached(sku)
            case Again():
                self._awaited.discard(sku)
                self.moved(sku)
            case Wait(until=until):
                self.patience.wait(sku, until)
            case Would() | Rest(doubtful=True):
                self.patience.wait(sku, later(self._clock(), RECONSIDER))
            case Rest():
                self._rest(sku)
            case _:
                assert_never(told)
        self._asked.discard(sku)

    def doubt(self, sku: Sku) -> bool:
        """Put `sku` in doubt; answer whether it was before."""
        doubtful = sku in self._doubtful
        self._doubtful.add(sku)
        return doubtful

    def certain(self, sku: Sku) -> None:
        """Take note that `sku` is in doubt no longer."""
        self._doubtful.discard(sku)

    def _overdue(self, waiting: set[Sku], looks: int) -> set[Sku]:
        """Return those of which word is awaited for long, looking for them anew now and then."""
        now = self._clock()
        if now >= self._look_at:
            self._look_at = later(now, LOOK_FOR_AWAITED)
            since = later(now, -CONFIRM_AFTER)
            found = self._broadcasts.awaited(self._tenant, self._channel, since, BATCH + len(waiting))
            self._awaited.update(sku for sku in found if sku not in waiting)
        found = sorted(self._awaited - waiting)
        self.waits_for_looks = len(found) > looks
        return set(found[:looks])

    def _rest(self, sku: Sku) -> None:
        """There is nothing to do; one that word is awaited of is looked at again after a while."""
        self.certain(sku)
        if sku in self._awaited:
            self._awaited.discard(sku)
            self.patience.wait(sku, later(self._clock(), RECONSIDER))

    def _risk(self, sku: Sku) -> tuple[int, Instant]:
        state = self._broadcasts.one(self._tenant, sku)
        return (state.wanted(self._channel), state.changed_at) if state is not None else (0, Instant(""))
