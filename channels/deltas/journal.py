"""What is written down of a shop's changes: each in the SKU's channel stream, under a number of its own.

What is decided upon an account is appended only where the stream ends as the account knew it. So each event's units
are in exactly one intent, whoever else decides at the same time. An outcome is a fact: the first one told of a number
holds.
"""

import structlog

from channels.deltas.decisions import Begin
from processor.clock import Clock, Instant
from processor.engine import Engine
from processor.events import Event
from processor.log import Append, Appended, Conflict
from processor.source import Doorbell
from projections.broadcasts.balancing import SHOP
from projections.broadcasts.delta_queries import Account
from projections.broadcasts.deltas import Open, Question
from stock.codec import decode
from stock.events import (
    DeltaApplied,
    DeltaInDoubt,
    DeltaIntended,
    DeltaRefused,
    LevelCompared,
    LevelDecided,
    LevelUnexplained,
    StockAdjusted,
    StockEvent,
    adoption_tx,
)
from stock.facts import fact
from stock.identities import Sku, channel_stream, sku_stream

SOURCE = "dispatcher"
Ended = DeltaApplied | DeltaRefused | DeltaInDoubt

_log = structlog.get_logger("channels.deltas")


class Journal:
    """The writer of one tenant's. Raises Retryable where the store failed: whether it was written is unknown then."""

    def __init__(self, tenant: str, engine: Engine, clock: Clock, *, source: str = SOURCE) -> None:
        self._tenant, self._engine, self._clock, self._source = tenant, engine, clock, source

    def intend(self, sku: Sku, account: Account, begin: Begin, intended: DeltaIntended) -> Open | None:
        """Write an intent down before it is sent; None where the account was overtaken, and nothing may be sent."""
        if not self._decided(sku, account, intended, f"intent:{begin.number}"):
            return None
        told = intended
        return Open(
            told.number, told.delta, told.change_from, told.key, told.item, told.location, told.since, self._clock()
        )

    def unstocked(self, sku: Sku, account: Account, begin: Begin, code: str) -> bool:
        """Write down that a change could not even be intended."""
        return self._decided(sku, account, DeltaRefused(begin.number, code), f"outcome:{begin.number}")

    def compared(self, sku: Sku, account: Account, item: str, available: int, at: Instant) -> bool:
        """Write down what a look at the shop found; False where the account was overtaken meanwhile."""
        found = LevelCompared(item, available, account.deltas.moved, account.deltas.since, at)
        return self._decided(sku, account, found, f"compared:{item}:{at}")

    def unexplained(self, sku: Sku, account: Account, available: int) -> bool:
        """Ask about the units that nothing explained for long."""
        number = account.deltas.questions + 1
        asked = LevelUnexplained(number, account.deltas.gap, available)
        return self._decided(sku, account, asked, f"unexplained:{number}")

    def answered(self, sku: Sku, account: Account, question: Question, *, adopted: bool) -> bool:
        """Write down what is to become of the units of a question."""
        return self._decided(sku, account, LevelDecided(question.number, adopted), f"answer:{question.number}")

    def answer_of(self, sku: Sku, number: int) -> LevelDecided | None:
        """Return what was decided about a question, None where nothing was. Strongly consistent."""
        named = (channel_stream(self._tenant, SHOP, sku), f"answer:{number}")
        event = self._engine.store.log.find([named]).get(named)
        told = decode(event) if event is not None else None
        return told if isinstance(told, LevelDecided) else None

    def adopt(self, sku: Sku, question: Question) -> None:
        """Make stock of the units of a question, once. They came from the shop, so it is not told of them."""
        found = StockAdjusted(question.difference, "correction")
        event = fact(found, tx=adoption_tx(question.number), at=self._clock(), source=SHOP)
        self._engine.recorder.record([Append(sku_stream(self._tenant, sku), (event,))])

    def ended(self, sku: Sku, ended: Ended, group: str | None = None) -> None:
        """Write down what became of an intent; `group` is the shop's own id for it."""
        event = self._event(ended, f"outcome:{ended.number}", group)
        stream = channel_stream(self._tenant, SHOP, sku)
        (receipt,) = self._engine.recorder.record([Append(stream, (event,))])
        if isinstance(receipt.outcome, Conflict):
            # Another who tends the shop, or did, has told it first.
            _log.error("deltas.told_otherwise", tenant=self._tenant, sku=sku, number=ended.number)

    def has_ended(self, sku: Sku, number: int) -> bool:
        """Whether the log tells what became of an intent, though its account may not yet. Then it is brought up."""
        stream = channel_stream(self._tenant, SHOP, sku)
        if not self._engine.store.log.find([(stream, f"outcome:{number}")]):
            return False
        self._engine.runner.ring([Doorbell(stream)])
        return True

    def _decided(self, sku: Sku, account: Account, happened: StockEvent, tx: str) -> bool:
        """Append what was decided upon an account; where that was overtaken, bring it up."""
        stream = channel_stream(self._tenant, SHOP, sku)
        append = Append(stream, (self._event(happened, tx),), account.position)
        (receipt,) = self._engine.recorder.record([append])
        if isinstance(receipt.outcome, Appended):
            return True
        self._engine.runner.ring([Doorbell(stream)])
        return False

    def _event(self, happened: StockEvent, tx: str, correlation: str | None = None) -> Event:
        return fact(happened, tx=tx, at=self._clock(), source=self._source, correlation=correlation)
