"""The demo around a server: what happens before it serves, while it serves, and when it stops."""

import os
import signal
import sys
from functools import partial
from pathlib import Path
from random import Random

from syncstate.demo import merchant, story
from syncstate.demo.shop import DemoShop
from syncstate.demo.traffic import Traffic
from syncstate.wiring import System


class Show:
    """One run of the demo: the three moments that `serving.run` calls it at."""

    def __init__(self, data: Path, secret: str, every: float, random: Random) -> None:
        """Take the shop's webhook `secret` and the seconds between orders."""
        self._data, self._secret, self._every, self._random = data, secret, every, random
        self._traffic: Traffic | None = None

    def prepare(self, system: System) -> None:
        """Seed the merchant."""
        services = system.services
        merchant.seed(services.engine.recorder, services.tenant, services.clock)

    def ready(self, system: System, url: str) -> None:
        """Tell where everything is, and let the orders come."""
        services = system.services
        restock = partial(merchant.restock, services.engine.recorder, services.tenant, services.clock)
        shop = DemoShop(url, self._secret, services.guard.token, self._random)
        self._traffic = Traffic(shop, restock, self._every, self._random, _end)
        try:
            story.tell_beginning(url, system.amazon.url if system.amazon else "", self._data, len(merchant.GOODS))
        except BrokenPipeError:
            _end()
        else:
            self._traffic.start()

    def stopping(self) -> None:
        """Let no more orders come."""
        if self._traffic is not None:
            self._traffic.end()


def _end() -> None:
    """End the demo as Ctrl-C does, quietly: who read it has gone (`syncstate demo | head`)."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    signal.raise_signal(signal.SIGTERM)
