"""DynamoDB: what a sale costs along the whole chain, and how many sales a second one process puts through."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from itertools import count, cycle, islice

from benchmarks.metering import Meter
from benchmarks.peer_model import FOLDS
from benchmarks.places import dynamodb_client
from benchmarks.report import Cost, Row, Section
from benchmarks.rounds import interleave, rate
from benchmarks.traffic import TENANT, sale, stocked
from localstack.dynamodb import missing
from processor.adapters.dynamodb import DynamoStore, tables
from processor.engine import Engine
from processor.log import Append, Appended
from processor.receipts import Receipt
from processor.source import Doorbell
from processor.streams import StreamId
from stock.codec import decode
from stock.identities import sku, sku_stream

THREADS = 32
STREAMS = 1000
_GROUP = 50


def sections(rounds: int, *, quick: bool) -> Iterator[Section]:
    """Measure costs, then throughput; where DynamoDB Local is not here, say so."""
    absent = missing()
    if absent is not None:
        yield Section(f"DynamoDB was not measured. {absent}.", "")
        return
    with ExitStack() as stack:
        client = dynamodb_client(stack, THREADS)
        tables.create(client)
        meter = Meter(client)
        store = stack.enter_context(closing(DynamoStore(client)))
        shop = Shop(store, meter)
        stack.callback(shop.close)
        yield Section("DynamoDB: what one sale costs", "", costs=tuple(shop.costs(5 if quick else 50)), notes=(_COSTS,))
        number = 100 if quick else 600
        one, many = shop.streams(1), shop.streams(20 if quick else STREAMS)
        found = interleave(rounds, {"one stream": shop.selling(one, number), "many": shop.selling(many, number)})
        rows = (
            Row(f"one stream, {THREADS} threads", found["one stream"]),
            Row(f"{len(many):,} streams, {THREADS} threads", found["many"]),
        )
        told = (
            f"{shop.pending:.0%} of the sales were answered before their fold was done, for it took more than 200 ms."
        )
        yield Section("DynamoDB Local: sales through the recorder", "sales/s", rows, (_SPEED, told))


_COSTS = """\
Sales of one unit of a SKU that Amazon lists, through the whole chain: the fact and its claim, inventory, alerts,
returns and broadcasts, indexes included. Streams are on; reading them costs a Lambda nothing. *Recorder*: `record`
appends and folds inline, as the server does, rows that no reader sees stored later. *Append, then ring*: as a webhook's
Lambda and the stream's Lambda share the work; every row is stored; *cold* loads the rows first. Units are DynamoDB's
own answers (ReturnConsumedCapacity), but for transactions, of which DynamoDB Local reports too few: they are counted by
AWS's rule, two units per item of up to 1 KB."""

_SPEED = """\
Each sale is durable when its thread goes on, and mostly folded. **DynamoDB Local's speed is not AWS's**: it is one Java
process on this machine, sharing its cores with the client. The units and requests above are what count; these rates
only show that group commit keeps one hot stream from being slower than a thousand."""


class Shop:
    """A merchant on DynamoDB."""

    def __init__(self, store: DynamoStore, meter: Meter) -> None:
        self._store, self._meter = store, meter
        self._engine = Engine(store, FOLDS, decode, watch="inventory")
        self._skus, self._sales = count(1), count(1)
        self._receipts: list[Receipt] = []

    def close(self) -> None:
        """Finish what was accepted."""
        self._engine.close()

    @property
    def pending(self) -> float:
        """The share of what was sold by `selling` whose answer did not wait for the fold."""
        return sum(receipt.pending for receipt in self._receipts) / len(self._receipts)

    def streams(self, number: int) -> list[StreamId]:
        """Return so many new SKUs, stocked, listed and folded."""
        made = [sku_stream(TENANT, sku(f"SKU-{next(self._skus):05d}")) for _ in range(number)]
        self._store.log.append(stocked(made))
        self._engine.runner.ring(Doorbell(stream) for stream in made)
        return made

    def costs(self, number: int) -> Iterator[Cost]:
        """Yield what a sale costs on each path, the average of `number`."""
        yield self._cost("recorder, a sale a call", number, self._record)
        yield self._cost("append, then ring", number, self._append_and_ring)
        yield self._cost("append, then ring, cold", number, self._append_and_ring_cold)
        yield self._cost(f"recorder, {_GROUP} sales of a SKU at once", number, self._record_group, _GROUP)

    def _cost(self, name: str, number: int, sell: Callable[[StreamId], None], group: int = 1) -> Cost:
        (stream,) = self.streams(1)
        sell(stream)
        self._meter.clear()
        for _ in range(number):
            sell(stream)
        bill, sold = self._meter.bill, number * group
        return Cost(name, bill.written / sold, bill.read / sold, bill.requests / sold)

    def _record(self, stream: StreamId) -> None:
        self._engine.recorder.record([sale(stream, next(self._sales))])

    def _record_group(self, stream: StreamId) -> None:
        sales = [sale(stream, next(self._sales)) for _ in range(_GROUP)]
        self._engine.recorder.record([Append(stream, tuple(event for one in sales for event in one.events))])

    def _append_and_ring(self, stream: StreamId) -> None:
        self._ring(self._engine, stream)

    def _append_and_ring_cold(self, stream: StreamId) -> None:
        with closing(Engine(self._store, FOLDS, decode, watch="inventory")) as engine:
            engine.runner.generations = self._engine.generations
            self._ring(engine, stream)

    def _ring(self, engine: Engine, stream: StreamId) -> None:
        (outcome,) = self._store.log.append([sale(stream, next(self._sales))])
        assert isinstance(outcome, Appended)
        engine.runner.ring([Doorbell(stream, (outcome.event,))])

    def _sell(self, one: Append) -> Receipt:
        (receipt,) = self._engine.recorder.record([one])
        assert isinstance(receipt.outcome, Appended)
        return receipt

    def selling(self, streams: list[StreamId], number: int) -> Callable[[], float]:
        """Return a side that sells `number` units, one a call, from THREADS threads, over `streams` in turn."""
        turns = cycle(streams)

        def work() -> float:
            sales = [sale(stream, next(self._sales)) for stream in islice(turns, number)]
            with ThreadPoolExecutor(THREADS) as pool:
                return rate(number, lambda: self._receipts.extend(pool.map(self._sell, sales)))

        return work
