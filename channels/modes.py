"""How far a channel of a tenant is trusted."""

from datetime import timedelta
from enum import StrEnum

from channels.limits import Monotonic
from channels.switchboard import Watched
from stock.switches import Switch


class Mode(StrEnum):
    """A new channel starts in `OBSERVE`; a person sets it `LIVE`."""

    OFF = "off"
    """Nothing is read and nothing is sent."""

    OBSERVE = "observe"
    """What is shown is read and compared, what would be sent is counted and told; nothing is sent."""

    LIVE = "live"
    """What is due is sent."""


LOOK_AGAIN = timedelta(seconds=1)
"""So old may be what is known of the switch."""


def mode_of(switch: Switch, initial: Mode) -> Mode:
    """Return what the channel may do: `initial` where nobody set a mode. A live one that is paused is observed."""
    mode = initial if switch.mode is None else Mode(switch.mode)
    return Mode.OBSERVE if mode is Mode.LIVE and switch.pause is not None else mode


class Gate:
    """What one channel of a tenant may do now, looked up about once a second. For one thread."""

    def __init__(self, watched: Watched, initial: Mode, monotonic: Monotonic) -> None:
        self._watched, self._initial, self._monotonic = watched, initial, monotonic
        self._looked_at = -LOOK_AGAIN.total_seconds()

    def look(self) -> None:
        """Look again at the next question, however lately it was looked up."""
        self._looked_at = self._monotonic() - LOOK_AGAIN.total_seconds()

    @property
    def switch(self) -> Switch:
        """How the channel is switched. Raises StoreUnavailable."""
        if self._monotonic() - self._looked_at >= LOOK_AGAIN.total_seconds():
            self._watched.read()
            self._looked_at = self._monotonic()
        return self._watched.switch

    @property
    def mode(self) -> Mode:
        """What it may do. Raises StoreUnavailable."""
        return mode_of(self.switch, self._initial)
