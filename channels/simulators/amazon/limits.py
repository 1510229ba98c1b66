"""Usage plans as Amazon keeps them, and the count of who passed them."""

from channels.limits import Rate


class Limit:
    """A usage plan: full at first, refused requests cost nothing."""

    def __init__(self, rate: Rate) -> None:
        self.rate = rate
        self._free_at = 0.0

    def admits(self, now: float) -> bool:
        """Whether a request may pass now."""
        free_at = max(self._free_at, now)
        if free_at - now > (self.rate.burst - 1) / self.rate.per_second + 1e-9:
            return False
        self._free_at = free_at + 1 / self.rate.per_second
        return True
