"""Which facts may be appended later than they were told, after others of their stream."""

from processor.log import Append
from stock.events import ReturnReceived, SaleCancelled, SaleRecorded
from stock.identities import SKU

LATECOMERS = frozenset(kind.__name__ for kind in (SaleRecorded, SaleCancelled, ReturnReceived))
"""Units that move by themselves: a shop tells them late anyway, and in whichever order they come to the same stock.

Not what a person states about a SKU as it stands: a count, a buffer or a mapping that came late would undo a newer one,
and an adjustment that came after a count would be counted twice.
"""


def may_wait(append: Append) -> bool:
    """Tell whether all that is appended to a SKU's stock may come late."""
    return append.stream.category == SKU and all(event.type in LATECOMERS for event in append.events)
