"""Shopify's side of a SKU: what it is owed, what it was given, and what is known of its own count."""

from datetime import timedelta

import msgspec

from processor.clock import Instant, later

SETTLING = timedelta(minutes=10)
"""A shop's orders are told within so long after its level shows them; what differs for longer is not explained."""

TOLD_WITHIN = timedelta(minutes=1)
"""A level that the shop told and that differs from what is known is looked at after so long, if it differs still."""

MOST_DOUBTS = 10
"""With so many changes of which nobody knows whether they were made, no more are begun."""


class Open(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An intent without an outcome, as `DeltaIntended` tells it; in the log since `at`."""

    number: int
    delta: int
    change_from: int
    key: str
    item: str
    location: str
    since: int
    at: Instant


class Doubt(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A change of which nobody knows whether it was made."""

    number: int
    delta: int
    since: int


class Question(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Are `difference` units, which nothing explains, there? An operator knows."""

    number: int
    difference: int


class Deltas(msgspec.Struct, array_like=True, gc=False):
    """Sums since the SKU came to be sold under its inventory item. Two streams feed two parts.

    By the SKU's stream: it is mapped since its event `since` (0: not now), recorded at `since_at`. From then on others'
    events changed on_hand less buffer by `owed`, the newest of them event `owed_up_to`, and the shop's own by `theirs`.
    Question `adopted` is the newest whose units became stock.

    By the channel's, all for the mapping `given_since`: intents that are open, in doubt or made gave `given`, those
    that were made `landed`, and what operators took back is owed as `corrected`. `number` is the newest intent's. After
    `hold_at` something of a retried intent may still be on its way. `base` is what the shop had beside all that, as
    seen at `base_at`; `firm` once it was seen to last. `gap` is how much more it was seen to have, since `gap_at`;
    `told` what it told of itself after we looked last. `adopting` is the question whose units are to become stock.
    """

    since: int = 0
    since_at: Instant = Instant("")
    owed: int = 0
    owed_up_to: int = 0
    theirs: int = 0
    adopted: int = 0

    given_since: int = 0
    number: int = 0
    given: int = 0
    landed: int = 0
    corrected: int = 0
    open: Open | None = None
    doubts: tuple[Doubt, ...] = ()
    refused: int | None = None
    retry: bool = True
    refusals: int = 0
    refused_at: Instant = Instant("")
    hold_at: Instant | None = None
    base: int | None = None
    base_at: Instant = Instant("")
    firm: bool = False
    gap: int = 0
    gap_at: Instant = Instant("")
    told: int | None = None
    told_at: Instant = Instant("")
    told_time: Instant = Instant("")
    questions: int = 0
    question: Question | None = None
    adopting: Question | None = None

    @property
    def current(self) -> bool:
        """Whether the channel's part is of the present mapping."""
        return self.since > 0 and self.given_since == self.since

    @property
    def outstanding(self) -> int:
        """What the shop is still to be given, signed."""
        if not self.since:
            return 0
        return self.owed + (self.corrected - self.given if self.current else 0)

    @property
    def moved(self) -> int:
        """What is known to have changed the shop's count since it was mapped."""
        return self.theirs + (self.landed if self.current else 0)

    @property
    def expected(self) -> int | None:
        """What the shop has, if all it does is known; None where it was never looked at."""
        return self.base + self.moved if self.current and self.base is not None else None

    @property
    def adopts(self) -> Question | None:
        """The question whose units are to become stock, and did not yet."""
        return self.adopting if self.adopting is not None and self.adopting.number > self.adopted else None

    @property
    def stuck(self) -> bool:
        """Whether the shop refused for good what is to be given, or too much is in doubt."""
        for_good = self.current and self.refused is not None and not self.retry and self.refused == self.outstanding
        return for_good or len(self.doubts) >= MOST_DOUBTS

    def due(self, *, counted: bool) -> bool:
        """Whether there is something to do now. A SKU that is not `counted` is owed nothing."""
        if self.open is not None or self.adopts is not None:
            return True
        return counted and self.since > 0 and (self.expected is None or (self.outstanding != 0 and not self.stuck))

    @property
    def look_at(self) -> Instant | None:
        """When the shop is to be looked at, None for no time. While something is in doubt a look explains nothing."""
        expected = self.expected
        if expected is None:
            return self.since_at if self.since else None
        if self.doubts:
            return None
        times = [
            *([] if self.firm else [later(self.base_at, SETTLING)]),
            *([later(self.gap_at or self.base_at, SETTLING)] if self.gap != self.asked else []),
            *([later(self.told_at, TOLD_WITHIN)] if self.told not in (None, expected + self.gap) else []),
        ]
        return min(times, default=None)

    @property
    def pending(self) -> Question | None:
        """The question that an operator is asked about the present mapping."""
        return self.question if self.current else None

    @property
    def asks(self) -> bool:
        """Whether an operator is to decide something."""
        return bool(self.doubts) or self.pending is not None

    @property
    def asked(self) -> int:
        """The difference that an operator is asked about, 0 for none."""
        return self.question.difference if self.question is not None else 0
