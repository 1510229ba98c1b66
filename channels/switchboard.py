"""Switching a channel of a tenant: its mode, its pauses. Durable, and honoured by whoever tends the seller."""

from collections.abc import Callable

from processor.clock import Clock
from processor.errors import Contended
from processor.log import Append, Appended, EventLog
from processor.receipts import FactRecorder
from stock.codec import decode
from stock.events import ChannelModeSet, ChannelPaused, ChannelResumed, ModeName
from stock.facts import fact
from stock.identities import Channel, switch_stream
from stock.switches import Switch, SwitchFact

RACES = 20


class Watched:
    """One channel's switch, read from where it was read last. For one thread."""

    def __init__(self, log: EventLog, tenant: str, channel: Channel) -> None:
        self._log, self.stream = log, switch_stream(tenant, channel)
        self.switch, self.version = Switch(), 0

    def read(self) -> Switch:
        """Return the switch as it is now. Raises StoreUnavailable."""
        for event in self._log.read(self.stream, self.version):
            self.switch, self.version = self.switch.after(decode(event), event.recorded_at), event.version
        return self.switch


class Switchboard:
    """Switches the channels of all tenants. Any method may raise Retryable; what was asked twice is done once."""

    def __init__(self, log: EventLog, recorder: FactRecorder, clock: Clock) -> None:
        self._log, self._recorder, self._clock = log, recorder, clock

    def read(self, tenant: str, channel: Channel) -> Switch:
        """Return how a channel is switched."""
        return Watched(self._log, tenant, channel).read()

    def set_mode(self, tenant: str, channel: Channel, mode: ModeName, *, source: str) -> bool:
        """Set how far a channel is trusted; answer whether that is new."""
        return self._switch(
            tenant, channel, lambda switch: None if switch.mode == mode else ChannelModeSet(mode), source
        )

    def pause(self, tenant: str, channel: Channel, pause: ChannelPaused, *, source: str) -> bool:
        """Let nothing be sent any more; answer whether something was until now."""
        return self._switch(tenant, channel, lambda switch: None if switch.pause is not None else pause, source)

    def resume(self, tenant: str, channel: Channel, *, source: str) -> bool:
        """Let what is due be sent again; answer whether the channel was paused."""
        return self._switch(tenant, channel, lambda switch: None if switch.pause is None else ChannelResumed(), source)

    def _switch(
        self, tenant: str, channel: Channel, decide: Callable[[Switch], SwitchFact | None], source: str
    ) -> bool:
        """Append what `decide` makes of the switch as it stands, unless that is nothing."""
        watched = Watched(self._log, tenant, channel)
        for _ in range(RACES):
            happened = decide(watched.read())
            if happened is None:
                return False
            event = fact(happened, tx=f"switch:{watched.version + 1}", at=self._clock(), source=source)
            (receipt,) = self._recorder.record([Append(watched.stream, (event,), watched.version)])
            if isinstance(receipt.outcome, Appended):
                return True
        raise Contended(str(watched.stream), RACES)
