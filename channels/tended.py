"""What sits a thread down at a desk: the port of whatever is tended in rounds."""

from collections.abc import Callable
from typing import Protocol

from channels.rounds import SellerRound
from stock.identities import Sku


class Whose(Protocol):
    """A seller, or a shop."""

    @property
    def tenant(self) -> str:
        """Whose it is."""
        ...


class Tended(Protocol):
    """A desk. Rounds exclude each other; `moved` may be called from any thread."""

    @property
    def seller(self) -> Whose:
        """Whom it tends."""
        ...

    def round(self, stopping: Callable[[], bool] = ...) -> SellerRound:
        """Do what is due, within bounds. Raises Retryable where the store failed."""
        ...

    def moved(self, sku: Sku) -> None:
        """Look at `sku` in the next round, whatever it waits for."""
        ...

    def leave(self) -> None:
        """Let another process take over at once."""
        ...
