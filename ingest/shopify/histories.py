"""The orders' streams, read and written: what is told of an order is kept there first, then acted upon."""

from collections.abc import Callable, Collection, Sequence

import msgspec

from ingest.prepared import Prepared
from ingest.recording import record
from ingest.shopify.links import Links, read_whole
from ingest.shopify.orders import Story, append_of, story_of
from ingest.shopify.tellings import (
    SHOP,
    Entry,
    Telling,
    contradicted,
    entry_of,
    telling_of_resolution,
    unseen,
)
from processor.clock import Instant
from processor.errors import Contended
from processor.events import Event
from processor.log import MAX_EVENTS_PER_APPEND, Append, Appended, Conflict, EventLog
from processor.receipts import Buffered, FactRecorder, Receipt
from stock.events import ReviewRequested
from stock.facts import fact
from stock.identities import order_stream, review_stream

_RACES = 20
_AT_FIRST = 20


class Seen(msgspec.Struct, frozen=True):
    """An order as far as it was told: what that comes to, and when it was first told."""

    story: Story
    at: Instant


class Account:
    """An order's story, all of whose facts are durable, with the receipts of those about stock.

    `news` tells that something was told of the order that its stream did not hold.
    """

    def __init__(self, story: Story, receipts: Sequence[Receipt], *, news: bool = False) -> None:
        """Take `receipts`: one per fact of the story, in order."""
        self.story, self.news = story, news
        self._lines: dict[str, list[Receipt]] = {}
        self._facts: dict[str, Receipt] = {}
        for found, receipt in zip(story.facts, receipts, strict=True):
            if found.sku is not None:
                self._lines.setdefault(found.line, []).append(receipt)
                self._facts[found.tx] = receipt

    def of_line(self, line: str) -> tuple[Receipt, ...]:
        """Return the receipts of the facts about a line's stock."""
        return tuple(self._lines.get(line, ()))

    def of_fact(self, tx: str) -> tuple[Receipt, ...]:
        """Return the receipt of one fact about stock; nothing where there is none."""
        return (self._facts[tx],) if tx in self._facts else ()


class Histories:
    """Every order's history, kept and acted upon. Whatever is done twice, or was cut short, comes to the same."""

    def __init__(
        self,
        recorder: FactRecorder,
        log: EventLog,
        links: Links,
        shop: str = SHOP,
        tell: Callable[[str, Sequence[Entry]], Story] = story_of,
    ) -> None:
        """`shop` names the kind of shop whose orders these are, and `tell` returns what an order's history comes to."""
        self._recorder, self._log, self._links = recorder, log, links
        self._shop, self._tell = shop, tell

    def take(self, tenant: str, order: str, tellings: Sequence[Telling]) -> Account:
        """Keep what is told of an order, and return what the order comes to once all of it is durable.

        Raises Retryable where the store failed: then take it again.
        """
        history, news = self._keep(tenant, order, tellings)
        self._review(tenant, order, [(told.tx, told.tx, told.at) for told in contradicted(history, tellings)])
        return self._act(tenant, order, history, tellings[0].at, news=news)

    def begin(self, tenant: str, order: str, tellings: Sequence[Telling]) -> Prepared[Account | None] | None:
        """Return what to record if these are the first tellings of an order; None where a line waits for its SKU.

        Nothing is read. Recording it yields None where the order was known, or a fact was: then `take` it.
        """
        history = _ahead(0, tellings)
        story = self._tell(order, history)
        if story.waiting or len({telling.tx for telling in tellings}) < len(tellings) or len(tellings) > _AT_FIRST:
            return None
        gate = Append(order_stream(tenant, self._shop, order), tuple(self._event(order, told) for told in tellings), 0)
        facts = (append_of(tenant, order, found, self._shop) for found in story.facts)
        appends = [Append(stream, (event,)) for stream, event in facts]

        def finish(receipts: Sequence[Receipt]) -> Account | None:
            new = all(isinstance(receipt.outcome, Appended | Buffered) for receipt in receipts)
            return Account(story, receipts[len(tellings) :]) if new else None

        return Prepared(appends, gate, finish)

    def complete(self, tenant: str, order: str, at: Instant) -> Account:
        """Act upon an order once more, now that the SKU of one of its lines may be known."""
        return self._act(tenant, order, self._read(tenant, order), at)

    def seen(self, tenant: str, orders: Collection[str]) -> dict[str, Seen]:
        """Return what was told of each of `orders`; one of which nothing was is absent."""
        streams = {order_stream(tenant, self._shop, order): order for order in orders}
        return {
            streams[stream]: Seen(self._tell(streams[stream], list(map(entry_of, events))), events[0].occurred_at)
            for stream, events in read_whole(self._log, streams).items()
        }

    def _keep(self, tenant: str, order: str, tellings: Sequence[Telling]) -> tuple[list[Entry], bool]:
        """Append what the order's stream does not hold; return the history, all of it included, and whether any was."""
        stream, races, news = order_stream(tenant, self._shop, order), 0, False
        history = self._read(tenant, order)
        while new := unseen(history, tellings):
            head = history[-1].version if history else 0
            known = self._resolutions(tenant, order, [*history, *_ahead(head, new)], new[0].at)
            events = tuple(self._event(order, telling) for telling in (*known, *new))[:MAX_EVENTS_PER_APPEND]
            receipts = self._recorder.record([Append(stream, events, head)])
            outcomes = [found.outcome for found in receipts if isinstance(found.outcome, Appended)]
            if len(outcomes) == len(events):
                history += [entry_of(appended.event) for appended in outcomes]
                news = True
                continue
            races += 1
            if races == _RACES:
                raise Contended(str(stream), _RACES)
            history = self._read(tenant, order)
        return history, news

    def _act(self, tenant: str, order: str, history: list[Entry], at: Instant, *, news: bool = False) -> Account:
        story = self._tell(order, history)
        if story.waiting:
            self._links.wait(tenant, order, story.waiting, at)
            known = self._resolutions(tenant, order, history, at)
            if known:
                stream = order_stream(tenant, self._shop, order)
                record(self._recorder, [(stream, self._event(order, telling)) for telling in known])
                story = self._tell(order, self._read(tenant, order))
        receipts = record(self._recorder, [append_of(tenant, order, found, self._shop) for found in story.facts])
        told = zip(story.facts, receipts, strict=True)
        conflicts = [found for found, receipt in told if isinstance(receipt.outcome, Conflict)]
        self._review(
            tenant, order, [(found.tx, f"line {found.line} of {found.sku}", found.cause.at) for found in conflicts]
        )
        return Account(story, receipts, news=news)

    def _resolutions(self, tenant: str, order: str, history: Sequence[Entry], at: Instant) -> list[Telling]:
        """Return the lines that wait and whose variant has a SKU by now."""
        waiting = self._tell(order, history).waiting
        known = self._links.of_lines(tenant, set(waiting.values())) if waiting else {}
        return [telling_of_resolution(line, known[via], at) for line, via in waiting.items() if via in known]

    def _read(self, tenant: str, order: str) -> list[Entry]:
        return [entry_of(recorded) for recorded in self._log.read(order_stream(tenant, self._shop, order))]

    def _review(self, tenant: str, order: str, conflicts: Sequence[tuple[str, str, Instant]]) -> None:
        """Ask a person about what was told before, differently (`tx`, detail, time): the vendor could not mend it."""
        subject = f"{self._shop}:{order}"
        asked = [
            fact(ReviewRequested("conflict", subject, detail), tx=f"conflict:{tx}", at=at, source=self._shop)
            for tx, detail, at in conflicts
        ]
        record(self._recorder, [(review_stream(tenant, subject), event) for event in asked])

    def _event(self, order: str, telling: Telling) -> Event:
        return fact(
            telling.happened,
            tx=telling.tx,
            at=telling.at,
            source=self._shop,
            correlation=f"{self._shop}:{order}",
            digested=telling.digest,
        )


def _ahead(head: int, new: Sequence[Telling]) -> list[Entry]:
    """Return the entries that `new` would become."""
    return [Entry(head + n, told.at, told.tx, "", told.happened) for n, told in enumerate(new, 1)]
