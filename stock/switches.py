"""What one channel of a tenant may do as a whole: the fold of its switch stream, a few events in a lifetime."""

import msgspec

from processor.clock import Instant
from stock.events import ChannelModeSet, ChannelPaused, ChannelResumed, ModeName

SwitchFact = ChannelModeSet | ChannelPaused | ChannelResumed


class Switch(msgspec.Struct, frozen=True):
    """How a channel is switched. `mode` None: nobody has set one, so the setting's holds, `observe` by default.

    `pause` is why nothing is sent, since `paused_at`; None while it is not paused. `resumed_at` is when it was last
    resumed: what was to become zero until then is confirmed.
    """

    mode: ModeName | None = None
    pause: ChannelPaused | None = None
    paused_at: Instant | None = None
    resumed_at: Instant | None = None

    def after(self, fact: object, at: Instant) -> "Switch":
        """Return the switch after one more event, recorded at `at`; facts of other kinds change nothing."""
        match fact:
            case ChannelModeSet(mode=mode):
                return msgspec.structs.replace(self, mode=mode)
            case ChannelPaused():
                return msgspec.structs.replace(self, pause=fact, paused_at=at)
            case ChannelResumed():
                return msgspec.structs.replace(self, pause=None, paused_at=None, resumed_at=at)
            case _:
                return self
