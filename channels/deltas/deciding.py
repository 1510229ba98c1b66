"""What an operator decides: whether a change in doubt was made, and what becomes of units that nothing explains."""

from typing import Literal

import msgspec

from channels.deltas.journal import Journal
from processor.clock import Clock
from processor.engine import Engine
from processor.errors import Contended
from processor.log import Append, Appended, Duplicate
from processor.source import Doorbell
from projections.broadcasts.balancing import SHOP
from projections.broadcasts.delta_queries import DeltaQueries
from projections.broadcasts.deltas import Doubt, Question
from stock.events import DeltaDecided
from stock.facts import fact
from stock.identities import Sku, channel_stream

SOURCE = "operator"
RACES = 20

Decided = Literal["decided", "known", "otherwise", "unknown"]
"""It is now so; it was so before; somebody said otherwise before; there is nothing to decide under this number."""


class Asked(msgspec.Struct, frozen=True):
    """What is to be decided about a SKU: changes in doubt, and a question about units."""

    sku: Sku
    doubts: tuple[Doubt, ...]
    question: Question | None


class Decider:
    """Writes down what operators decide, for all tenants. Any method may raise Retryable."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine, self._clock = engine, clock
        self._accounts = DeltaQueries(engine.store.models, lambda: engine.live("broadcasts"))

    def asked(self, tenant: str, after: str | None = None, limit: int = 100) -> tuple[list[Asked], str | None]:
        """Return a page of SKUs about which something is to be decided, and what continues it (None: the end)."""
        found, more = self._accounts.asked(tenant, after, limit)
        return [Asked(sku, deltas.doubts, deltas.pending) for sku, deltas in found], more

    def change(self, tenant: str, sku: Sku, number: int, *, made: bool) -> Decided:
        """Say whether the shop made change `number`. If not, its units are owed again."""
        stream, tx = channel_stream(tenant, SHOP, sku), f"decided:{number}"
        self._engine.runner.ring([Doorbell(stream)])
        account = self._accounts.account(tenant, sku)
        doubts = account.deltas.doubts if account is not None else ()
        if all(doubt.number != number for doubt in doubts) and not self._engine.store.log.find([(stream, tx)]):
            return "unknown"
        said = fact(DeltaDecided(number, made), tx=tx, at=self._clock(), source=SOURCE)
        (receipt,) = self._engine.recorder.record([Append(stream, (said,))])
        if isinstance(receipt.outcome, Appended):
            return "decided"
        return "known" if isinstance(receipt.outcome, Duplicate) else "otherwise"

    def units(self, tenant: str, sku: Sku, number: int, *, adopt: bool) -> Decided:
        """Make the units of question `number` stock, or have the shop give them back."""
        journal = Journal(tenant, self._engine, self._clock, source=SOURCE)
        for _ in range(RACES):
            self._engine.runner.ring([Doorbell(channel_stream(tenant, SHOP, sku))])
            before = journal.answer_of(sku, number)
            if before is not None:
                return "known" if before.adopted is adopt else "otherwise"
            account = self._accounts.account(tenant, sku)
            question = account.deltas.pending if account is not None else None
            if account is None or question is None or question.number != number:
                return "unknown"
            if journal.answered(sku, account, question, adopted=adopt):
                if adopt:
                    journal.adopt(sku, question)
                return "decided"
        raise Contended(str(channel_stream(tenant, SHOP, sku)), RACES)
