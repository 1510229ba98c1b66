"""The dispatcher of deltas: a thread and a fenced lease for each shop, woken by a sale, else once a second."""

from collections.abc import Sequence
from datetime import timedelta
from time import monotonic as system_monotonic

from channels.deltas.desk import DeltaDesk
from channels.deltas.shops import Shop
from channels.dispatcher import POLL, Post, Report
from channels.limits import Monotonic
from processor.clock import Clock, system_clock
from processor.engine import Engine
from processor.rung import Rung
from stock.identities import SKU, Sku


class DeltaDispatcher:
    """Gives every shop what it is owed. Safe for several threads; any number of processes may run one."""

    def __init__(  # noqa: PLR0913 - the engine, whom to tend, and the time
        self,
        engine: Engine,
        shops: Sequence[Shop],
        *,
        holder: str,
        clock: Clock = system_clock,
        monotonic: Monotonic = system_monotonic,
        poll: timedelta = POLL,
    ) -> None:
        """`holder` is unique among processes on the same store; `clock` is the engine's.

        Raises ValueError for two shops of one tenant, or one shop twice: an account is with one shop.
        """
        if len({shop.tenant for shop in shops}) < len(shops):
            raise ValueError("a tenant has one shop")
        if len({shop.domain for shop in shops}) < len(shops):
            raise ValueError("a shop belongs to one tenant")
        self._posts = {
            shop.tenant: Post(DeltaDesk(engine, shop, holder, clock=clock, monotonic=monotonic), poll) for shop in shops
        }

    def round(self) -> Report:
        """Do one bounded round for every shop, one after the other. Raises Retryable where the store failed."""
        return Report(tuple(post.desk.round() for post in self._posts.values()))

    def start(self) -> None:
        """Tend every shop in a thread of its own until `stop`; one whose channel is off is left alone."""
        for post in self._posts.values():
            post.start()

    def stop(self) -> None:
        """End after the calls under way, and let others take over at once."""
        for post in self._posts.values():
            post.begin_stop()
        for post in self._posts.values():
            post.stop()

    def heard(self, rung: Rung) -> None:
        """Wake whom a ring of the engine's concerns: give this as its `on_rung`."""
        for stream, _ in rung.glimpses:
            post = self._posts.get(stream.tenant) if stream.category == SKU else None
            if post is not None:
                post.wake(Sku(stream.key))
