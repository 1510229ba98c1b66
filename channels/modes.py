"""How far a channel of a tenant is trusted."""

from enum import StrEnum


class Mode(StrEnum):
    """A new channel starts in `OBSERVE`; a person sets it `LIVE`."""

    OFF = "off"
    """Nothing is read and nothing is sent."""

    OBSERVE = "observe"
    """What would be sent is counted and told; nothing is sent."""

    LIVE = "live"
    """What is due is sent."""
