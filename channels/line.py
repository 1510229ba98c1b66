"""The line to one seller's channel: every call within his rates, and only while a tenure outlasts it."""

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from channels.allowance import Allowance, Granting, Operation
from channels.decisions import Tell
from channels.errors import ChannelError
from channels.limits import Monotonic
from channels.offers import Offer, Submitted
from channels.sellers import Seller
from channels.tenure import Tenure

Answer = TypeVar("Answer", bound=Granting)


class Line:
    """Calls raise LeaseLost where the seller is held no longer, and ChannelError as `Offers` does. For one thread."""

    def __init__(self, seller: Seller, tenure: Tenure, monotonic: Monotonic) -> None:
        self._seller, self._tenure, self._monotonic = seller, tenure, monotonic
        self.begin_tenure()

    def begin_tenure(self) -> None:
        """Start from empty buckets."""
        self._allowance = Allowance(self._seller.rates, self._monotonic)

    def pause(self, *operations: Operation) -> timedelta:
        """Return how long until every one of `operations` may be asked; zero where it may be now."""
        return self._allowance.pause(*operations)

    def spare(self, operation: Operation) -> bool:
        """Whether `operation` may be asked for what is not urgent: half of its burst is left for what is."""
        return self._allowance.spare(operation)

    def tokens(self, operation: Operation) -> int:
        """Return how often `operation` may be asked now."""
        return self._allowance.tokens(operation)

    def know(self, operation: Operation, tokens: float) -> None:
        """Take note that `operation` may be asked so often now: a record of all that was asked before tells."""
        self._allowance.know(operation, tokens)

    def ensure(self) -> None:
        """Make sure that the seller is held for a call that begins now. Raises LeaseLost."""
        self._tenure.ensure()

    def look(self, listing: str) -> Offer:
        """Return the listing as the channel shows it."""
        return self.ask("listing", lambda: self._seller.client.listing(listing))

    def set_quantity(self, tell: Tell) -> Submitted:
        """Ask the channel to show the quantity."""
        client = self._seller.client
        return self.ask("set_quantity", lambda: client.set_quantity(tell.listing, tell.quantity, tell.product_type))

    def ask(self, operation: Operation, call: Callable[[], Answer]) -> Answer:
        """Make a call that the tenure outlasts, and account for it."""
        self._tenure.ensure()
        self._allowance.spend(operation)
        try:
            answer = call()
        except ChannelError as error:
            self._allowance.heard(operation, error)
            raise
        self._allowance.heard(operation, answer)
        return answer
