"""The one place where operators' facts are recorded: single ones, batches and imports."""

from collections.abc import Callable, Sequence
from collections.abc import Mapping as Map
from typing import Annotated, Any, Literal, Protocol, assert_never
from uuid import uuid4

import msgspec
from pydantic import RootModel

from ingest.operators.facts import KINDS, event_of, read_correction, read_fact
from ingest.operators.fields import up_to
from ingest.operators.mappings import HearsOfMappings, asked, mapped_by, unchanged
from ingest.operators.payloads import Fact, Kind, Unmapping
from ingest.operators.simple import SOURCE
from ingest.outcome import Refused
from ingest.reading import Payload, check, read
from processor.clock import Clock, Instant
from processor.events import Event
from processor.log import Append, Appended, Conflict, Duplicate, EventLog, Stale
from processor.receipts import Buffered, FactRecorder, Receipt, Settled
from stock.identities import Channel, Sku, sku_stream
from stock.listings import Listings

MAX_FACTS = 1000
Status = Literal["recorded", "buffered", "duplicate", "conflict", "stale"]


class KnownListings(Protocol):
    """Where SKUs are sold, as far as a read model knows."""

    def listings(self, tenant: str, skus: Sequence[Sku]) -> Map[Sku, Listings]:
        """Return the listings of those of `skus` that anything happened to."""
        ...


class Told(msgspec.Struct, frozen=True):
    """What became of one fact.

    `version` is its place in the SKU's stream, or that of what stands against it; None where it is not known yet: the
    fact is `buffered`, durable, and will be counted or found known. `tx` is its identity, None for a fact that changes
    nothing: it has no receipt either.
    """

    fact: Fact
    status: Status
    version: int | None = None
    tx: str | None = None
    receipt: Receipt | None = None


class _Batch(Payload):
    facts: Annotated[tuple[Any, ...], up_to(MAX_FACTS, "facts")]


class _Body(RootModel[dict[str, Any]]):
    pass


class FactDoor:
    """Takes facts that a tenant's own people and programs state."""

    def __init__(  # noqa: PLR0913 - what the door stands on
        self,
        recorder: FactRecorder,
        log: EventLog,
        known: KnownListings,
        clock: Clock,
        new_id: Callable[[], str] = lambda: uuid4().hex,
        *,
        mapped: HearsOfMappings | None = None,
    ) -> None:
        """Take `new_id`: names a fact that brings no identity, so that each telling is a new one.

        `mapped` hears of mappings to Amazon's listings, if anybody does.
        """
        self._recorder, self._log, self._known, self._mapped = recorder, log, known, mapped
        self._clock, self._new_id = clock, new_id

    def receive(self, tenant: str, kind: Kind, body: bytes, *, source: str = SOURCE, **given: object) -> Told | Refused:
        """Record the one fact in `body`; `given` are fields that came otherwise, and go before the body's.

        Raises Retryable where the store failed.
        """
        fields = read(_Body, body)
        if isinstance(fields, Refused):
            return fields
        return self._one(tenant, check(KINDS[kind], {**fields.root, **given}), source)

    def receive_correction(self, tenant: str, body: bytes) -> Told | Refused:
        """Record the adjustment or the count in `body`. Raises Retryable where the store failed."""
        fields = read(_Body, body)
        return fields if isinstance(fields, Refused) else self._one(tenant, read_correction(fields.root), SOURCE)

    def receive_batch(self, tenant: str, body: bytes) -> list[Told | Refused] | Refused:
        """Record the facts in `body`, `{"facts": [{"type": ...}, ...]}`; answer for each in its place.

        One that is refused spoils no other. Raises Retryable where the store failed.
        """
        batch = read(_Batch, body)
        if isinstance(batch, Refused):
            return batch
        read_ = [read_fact(given) for given in batch.facts]
        told = iter(self.take(tenant, [fact for fact in read_ if isinstance(fact, Fact)]))
        return [fact if isinstance(fact, Refused) else next(told) for fact in read_]

    def unmap(self, tenant: str, sku: Sku, channel: Channel) -> Told:
        """Record that the SKU is no longer sold on `channel`: a duplicate where it was not. Raises Retryable."""
        return self.take(tenant, [Unmapping(sku=sku, channel=channel)])[0]

    def _one(self, tenant: str, stated: Fact | Refused, source: str) -> Told | Refused:
        return stated if isinstance(stated, Refused) else self.take(tenant, [stated], source)[0]

    def take(self, tenant: str, facts: Sequence[Fact], source: str = SOURCE) -> list[Told]:
        """Record facts in one commit, in their order; answer for each. Raises Retryable where the store failed."""
        now = self._clock()
        same = unchanged(facts, self._listings(tenant, asked(facts)))
        new = [(fact, event_of(fact, now, source, self._new_id)) for n, fact in enumerate(facts) if n not in same]
        appends = [Append(sku_stream(tenant, fact.sku), (event,), fact.expected) for fact, event in new]
        receipts = self._recorder.record(appends) if appends else []
        answers = (_told(fact, event, receipt) for (fact, event), receipt in zip(new, receipts, strict=True))
        told = [Told(fact, "duplicate", same[n]) if n in same else next(answers) for n, fact in enumerate(facts)]
        self._tell_of_mappings(tenant, told, now)
        return told

    def _tell_of_mappings(self, tenant: str, told: Sequence[Told], at: Instant) -> None:
        """Pass on mappings to Amazon, known ones too: what was cut short is completed by stating it again."""
        stated = (mapped_by(one.fact, one.tx) for one in told if one.status in ("recorded", "duplicate"))
        mapped = [one for one in stated if one is not None]
        if mapped and self._mapped is not None:
            self._mapped.mapped(tenant, mapped, at)

    def _listings(self, tenant: str, skus: Sequence[Sku]) -> dict[Sku, Listings]:
        """Return the listings that are known up to the newest event: what trails the log decides nothing."""
        if not skus:
            return {}
        known = self._known.listings(tenant, skus)
        heads = self._log.heads([sku_stream(tenant, name) for name in skus])
        found = {name: known.get(name, _NONE) for name in skus}
        return {name: has for name, has in found.items() if has.version == heads[sku_stream(tenant, name)]}


_NONE = Listings(0, {})


def _told(fact: Fact, event: Event, receipt: Receipt) -> Told:
    status, version = _verdict(receipt.outcome)
    return Told(fact, status, version, event.correlation, receipt)


def _verdict(outcome: Settled) -> tuple[Status, int | None]:
    match outcome:
        case Appended(version=version):
            return "recorded", version
        case Duplicate(version=version):
            return "duplicate", version
        case Conflict(version=version):
            return "conflict", version
        case Stale(actual=version):
            return "stale", version
        case Buffered():
            return "buffered", None
        case _:
            assert_never(outcome)
