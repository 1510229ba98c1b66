"""One stream's part of an append: settled event by event, in as few transactions as the limits allow.

A transaction holds events and their claims, each on the condition that nothing stands there yet. It is refused
because a tx_id is claimed (by an earlier append, or by our own earlier try that got no answer: the nonce tells), or
because the version is taken (a race was lost), and the refusal says which. What was learned is dropped or renumbered,
and the rest is tried again.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from processor.adapters.dynamodb.access import MAX_GETS, TableAccess
from processor.adapters.dynamodb.heads import Heads
from processor.adapters.dynamodb.items import Claim, bytes_of, claim_from, claim_item, claim_key, event_item
from processor.adapters.dynamodb.keys import ABSENT, key_of
from processor.adapters.dynamodb.retries import ConditionFailed
from processor.adapters.dynamodb.transactions import Present, present
from processor.adapters.dynamodb.workers import chunks
from processor.clock import Instant
from processor.errors import Contended
from processor.events import Event, Recorded, recorded
from processor.log import Append, Appended, Conflict, Duplicate, Outcome, Stale
from processor.streams import StreamId

if TYPE_CHECKING:
    from types_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

MAX_EVENTS = 50
MAX_BYTES = 3_500_000


class Appending:
    """The appends of one call to one stream. `nonce` is this call's alone."""

    def __init__(self, access: TableAccess, heads: Heads, stream: StreamId, nonce: str, now: Instant) -> None:
        self._access, self._heads = access, heads
        self._stream, self._nonce, self._now = stream, nonce, now
        self._claims: dict[str, Claim] = {}
        self._written: dict[str, Recorded] = {}

    def outcomes(self, appends: Sequence[Append]) -> Iterator[Outcome]:
        """Settle `appends` in order; those without `expected` that follow each other are settled as one."""
        for expected, group in groupby(appends, key=lambda append: append.expected):
            if expected is None:
                yield from self._settled([event for append in group for event in append.events], None)
            else:
                for append in group:
                    yield from self._settled(append.events, expected)

    def _settled(self, events: Sequence[Event], expected: int | None) -> list[Outcome]:
        stale = self._write(events, expected)
        return [self._outcome(event, stale) for event in events]

    def _outcome(self, event: Event, stale: int | None) -> Outcome:
        entry = self._written.pop(event.tx_id, None)
        if entry is not None:
            return Appended(entry)
        claim = self._claims.get(event.tx_id)
        if claim is None:
            assert stale is not None, "an event is written, claimed or stale"  # noqa: S101
            return Stale(stale)
        return Duplicate(claim.version) if claim.digest == event.digest else Conflict(claim.version)

    def _write(self, events: Sequence[Event], expected: int | None) -> int | None:
        """Write what is new of `events`. Returns the head where it is not the expected one, else None."""
        lost = 0
        while chunk := self._next_chunk(events):
            head = self._head()
            if expected is not None and head != (awaited := expected + len(self._written)):
                head = self._head(afresh=True)
                if head != awaited:
                    self._look_up(events)
                    return head
            known = len(self._claims)
            refusal = self._commit(chunk, head)
            if refusal is None:
                continue
            if refusal.claims or not refusal.raced:
                self._look_up(events)
            lost = 0 if len(self._claims) > known else self._lost(lost)
            if refusal.raced:
                self._head(afresh=True)
        return None

    def _unsettled(self, events: Sequence[Event]) -> Iterator[Event]:
        """Yield the events of which nothing is known yet, in order, each tx_id once."""
        seen = set(self._claims)
        for event in events:
            if event.tx_id not in seen:
                seen.add(event.tx_id)
                yield event

    def _next_chunk(self, events: Sequence[Event]) -> list[Event]:
        chunk: list[Event] = []
        weight = 0
        for event in self._unsettled(events):
            weight += bytes_of(self._stream, event)
            if chunk and (len(chunk) == MAX_EVENTS or weight > MAX_BYTES):
                break
            chunk.append(event)
        return chunk

    def _head(self, *, afresh: bool = False) -> int:
        hint = None if afresh else self._heads.hint(self._stream)
        return self._heads.saw(self._stream, self._heads.read(self._stream)) if hint is None else hint

    def _commit(self, chunk: Sequence[Event], head: int) -> Present | None:
        """Write `chunk` after `head`. Returns what stood in its way, None where nothing did."""
        entries = [recorded(self._stream, head + place, event, self._now) for place, event in enumerate(chunk, 1)]
        try:
            self._access.transact([write for entry in entries for write in self._writes(entry)])
        except ConditionFailed as refused:
            refusal = present(refused.response)
            for place, claim in refusal.claims.items():
                self._learn(chunk[place], claim)
            return refusal
        for event, entry in zip(chunk, entries, strict=True):
            self._learn(event, Claim(entry.version, entry.digest, self._nonce))
        return None

    def _writes(self, entry: Recorded) -> "Iterator[TransactWriteItemTypeDef]":
        table = self._access.table
        yield {"Put": {"TableName": table, "Item": event_item(entry), "ConditionExpression": ABSENT}}
        yield {
            "Put": {
                "TableName": table,
                "Item": claim_item(entry, self._nonce),
                "ConditionExpression": ABSENT,
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }
        }

    def _learn(self, event: Event, claim: Claim) -> None:
        """Take note that `event`'s tx_id is claimed; by this very call where the nonce is ours."""
        self._claims[event.tx_id] = claim
        self._heads.saw(self._stream, claim.version)
        if claim.nonce == self._nonce:
            self._written[event.tx_id] = recorded(self._stream, claim.version, event, self._now)

    def _look_up(self, events: Sequence[Event]) -> None:
        """Read the claims of all events that are still unsettled."""
        unsettled = {claim_key(self._stream, event.tx_id): event for event in self._unsettled(events)}
        for keys in chunks(list(unsettled), MAX_GETS):
            for item in self._access.items(keys):
                self._learn(unsettled[key_of(item)], claim_from(item))

    def _lost(self, lost: int) -> int:
        if lost >= self._access.patience.races:
            raise Contended(f"stream {self._stream}", lost)
        self._access.patience.pause(lost + 1)
        return lost + 1
