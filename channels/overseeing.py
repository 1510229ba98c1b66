"""How a tenant's channels stand, and what an operator may do about them."""

from collections.abc import Mapping

import msgspec

from channels.modes import Mode
from channels.passes import Pass, Passes
from channels.requests import RequestBook
from channels.switchboard import Switchboard
from processor.clock import Clock, Instant
from processor.engine import Engine
from processor.log import Append
from projections.broadcasts.queries import BroadcastQueries
from stock.events import BroadcastsResumed, ChannelPaused, ModeName
from stock.facts import fact
from stock.identities import CHANNELS, Channel, Sku, channel_stream
from stock.switches import Switch

COUNTED_AT_MOST = 1000
SOURCE = "operator"


class Connected(msgspec.Struct, frozen=True):
    """A seller that this program's settings connect a tenant's channel to, and the mode he begins with."""

    seller: str
    mode: Mode = Mode.OBSERVE


class Standing(msgspec.Struct, frozen=True):
    """One channel: what it may do (`mode`, though it is paused), how much is due, and how far its walk is.

    `seller` is None where the settings connect none. Counts end at COUNTED_AT_MOST.
    """

    channel: Channel
    seller: str | None
    mode: Mode
    switch: Switch
    due: int
    awaited: int
    walk: Pass | None


class Overseer:
    """Sees to the channels of all tenants; the settings connect those of one. Any method may raise Retryable."""

    def __init__(
        self,
        engine: Engine,
        broadcasts: BroadcastQueries,
        connected: Mapping[tuple[str, Channel], Connected],
        clock: Clock,
    ) -> None:
        self._engine, self._broadcasts, self._connected, self._clock = engine, broadcasts, connected, clock
        self._switchboard = Switchboard(engine.store.log, engine.recorder, clock)

    def standing(self, tenant: str, channel: Channel) -> Standing:
        """Return how one channel stands."""
        switch, connected = self._switchboard.read(tenant, channel), self._connected.get((tenant, channel))
        initial = Mode.OBSERVE if connected is None else connected.mode
        registers = self._engine.store.registers
        walk, revision = Passes(registers, channel, self._clock).read(tenant)
        return Standing(
            channel,
            None if connected is None else connected.seller,
            initial if switch.mode is None else Mode(switch.mode),
            switch,
            len(self._broadcasts.due(tenant, channel, COUNTED_AT_MOST)),
            len(self._broadcasts.awaited(tenant, channel, self._clock(), COUNTED_AT_MOST)),
            walk if revision else None,
        )

    def channels(self, tenant: str) -> list[Channel]:
        """Return the channels that are connected, or were ever switched."""
        return [
            channel
            for channel in CHANNELS
            if (tenant, channel) in self._connected or self._switchboard.read(tenant, channel) != Switch()
        ]

    def set_mode(self, tenant: str, channel: Channel, mode: ModeName) -> bool:
        """Set how far a channel is trusted; answer whether that is new."""
        return self._switchboard.set_mode(tenant, channel, mode, source=SOURCE)

    def pause(self, tenant: str, channel: Channel) -> bool:
        """Let nothing be sent to a channel; answer whether it was not paused before."""
        return self._switchboard.pause(tenant, channel, ChannelPaused("operator"), source=SOURCE)

    def resume(self, tenant: str, channel: Channel) -> bool:
        """Let what is due be sent again, what was about to become zero included; answer whether it was paused."""
        return self._switchboard.resume(tenant, channel, source=SOURCE)

    def resume_sku(self, tenant: str, channel: Channel, sku: Sku) -> None:
        """Let a SKU be told of again that was stopped, or whose channel shows less and nobody reads its orders."""
        at = self._clock()
        event = fact(BroadcastsResumed(), tx=f"resumed:{at}", at=at, source=SOURCE)
        self._engine.recorder.record([Append(channel_stream(tenant, channel, sku), (event,))])
        self.reconcile(tenant, channel, sku)

    def reconcile(self, tenant: str, channel: Channel, sku: Sku | None = None) -> Instant:
        """Ask for a look at every listing, or at the one of `sku`; answer when that was asked."""
        at = self._clock()
        RequestBook(self._engine.store.registers, channel).ask(tenant, at, sku)
        return at
