"""What becomes of a SKU when its channel answers something else than yes."""

import structlog

from channels.attempts import Check, Entry
from channels.decisions import Tell
from channels.errors import ChannelError, Refused, Throttled, Unauthorised, Unreachable
from channels.ledger import Begun, Ledger
from channels.line import Line
from channels.told import Later, Rejected, Told, Unreached
from stock.identities import Sku

NOT_MERCHANT_FULFILLED = "NOT_MERCHANT_FULFILLED"
"""Our own refusal: the merchant is not known to ship the listing. Telling it a quantity could corrupt the offer."""

_log = structlog.get_logger("channels.failures")


class Failures:
    """Settles them, in the log where it must know."""

    def __init__(self, ledger: Ledger, line: Line) -> None:
        self._ledger, self._line = ledger, line

    def refuse(self, sku: Sku, entry: Entry, tell: Tell, check: Check) -> Told:
        """Refuse in the channel's stead to tell a listing that is not known to be the merchant's."""
        self._ledger.rejected(self._ledger.begin(sku, entry, tell, check), NOT_MERCHANT_FULFILLED, retry=False)
        return Rejected()

    def unseen(self, error: ChannelError, sku: Sku, entry: Entry, tell: Tell) -> Told:
        """Settle a look that brought no answer. A refusal of it is one of the quantity: it cannot be told."""
        match error:
            case Refused() | Unauthorised():
                return self.failed(error, self._ledger.begin(sku, entry, tell, entry.delivery.check))
            case Throttled():
                return Later(self._line.pause("listing"), throttled=True)
            case _:
                return Unreached(str(error))

    def failed(self, error: ChannelError, begun: Begun) -> Told:
        """Settle what the channel answered instead of taking a quantity."""
        _log.warning("dispatch.failed", **self._ledger.names(begun), reason=str(error))
        match error:
            case Refused(code=code, retry=retry):
                self._ledger.rejected(begun, code, retry=retry)
                return Rejected()
            case Unauthorised(code=code):
                self._ledger.rejected(begun, code, retry=True)
                return Rejected(unauthorised=True)
            case Throttled():
                self._ledger.untaken(begun)
                return Later(self._line.pause("set_quantity"), throttled=True)
            case Unreachable(sent=False):
                self._ledger.untaken(begun)
                return Unreached(str(error))
            case _:
                return Unreached(str(error))
