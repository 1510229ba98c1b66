"""The dispatcher function: woken by "this seller has work" on the work queue, tells Amazon what is due.

The mapping asks for ReportBatchItemFailures. The function's timeout should be a minute or more (`visits.RESERVED` of it
is kept for a call that hangs) and shorter than the queue's visibility timeout.
"""

import os
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from datetime import timedelta
from functools import cache
from time import monotonic as system_monotonic
from typing import Any
from uuid import uuid4

import structlog

from channels.desk import Desk
from channels.limits import Monotonic
from channels.sellers import Seller
from channels.visits import Visit, visit
from channels.wakes import Address, Wake, wake_in, wake_letter
from processor.clock import Clock
from processor.engine import Engine
from processor.errors import Retryable
from processor.queues import Queue
from projections import PROJECTIONS
from stock.codec import decode
from stock.identities import Channel, Sku
from syncstate.amazon import real_seller
from syncstate.lambdas import telemetry
from syncstate.lambdas.runtime import parts
from syncstate.stores import SettingMissing

CHANNEL: Channel = "amazon"

opened = ExitStack()
"""What this process has opened. Lambda never ends a process politely; whoever does may close it."""

_log = structlog.get_logger("lambdas.dispatcher")


class Dispatching:
    """The desks of this process's sellers, and the queue that wakes it. Desks live on from visit to visit."""

    def __init__(  # noqa: PLR0913 - the engine, whom to tend, what wakes it, and the time
        self,
        engine: Engine,
        sellers: Sequence[Seller],
        work: Queue,
        *,
        holder: str,
        clock: Clock,
        monotonic: Monotonic = system_monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`holder` is unique among processes, copies of this one's memory included: made at its first call."""
        self._work, self._sleep = work, sleep
        self._desks = {
            (seller.tenant, CHANNEL): Desk(engine, seller, CHANNEL, holder, clock=clock, monotonic=monotonic)
            for seller in sellers
        }

    def answer(self, event: Mapping[str, Any], left: Callable[[], timedelta]) -> dict[str, list[dict[str, str]]]:
        """Visit each seller that the event's messages wake; answer the messages that are to be delivered again."""
        wakes: dict[Address, list[tuple[Wake, str]]] = defaultdict(list)
        failed: list[str] = []
        for message in event["Records"]:
            try:
                wake = wake_in(message["body"].encode())
            except ValueError as error:
                _log.error("dispatch.unreadable", message=message["messageId"], reason=str(error))
                failed.append(message["messageId"])
            else:
                wakes[wake.tenant, wake.channel].append((wake, message["messageId"]))
        for seller, woken in wakes.items():
            if not self._visit(seller, [sku for wake, _ in woken for sku in wake.skus], left):
                failed += [message for _, message in woken]
        meter = telemetry.meter()
        meter.count("BatchSize", len(event["Records"]))
        meter.count("Retries", len(failed))
        return {"batchItemFailures": [{"itemIdentifier": message} for message in failed]}

    def _visit(self, seller: Address, skus: Sequence[Sku], left: Callable[[], timedelta]) -> bool:
        """Visit one seller and see to the next visit; answer whether the wake is done with."""
        tenant, channel = seller
        desk = self._desks.get(seller)
        if desk is None:
            _log.info("dispatch.no_seller", tenant=tenant, channel=channel)
            return True
        try:
            visited = visit(desk, skus, left, self._sleep)
            if visited.again is not None:
                # Before the wake is deleted: a crash in between leaves one too many.
                self._work.send([wake_letter(Wake(tenant, channel))], visited.again)
        except Retryable as error:
            _log.warning("dispatch.waits", tenant=tenant, reason=str(error))
            return False
        except Exception:  # noqa: BLE001 - one seller's trouble must not be the others'
            _log.exception("dispatch.broken", tenant=tenant)
            return False
        _told(seller, visited)
        return True


def _told(seller: Address, visited: Visit) -> None:
    meter = telemetry.meter()
    meter.count("Accepted", visited.accepted)
    meter.count("Rejected", visited.rejected)
    _log.info(
        "dispatch.visited",
        tenant=seller[0],
        channel=seller[1],
        held=visited.held,
        accepted=visited.accepted,
        rejected=visited.rejected,
        would_tell=visited.would_tell,
        again=None if visited.again is None else visited.again.total_seconds(),
    )


@cache
def dispatching() -> Dispatching:
    """Return this process's desks. Raises SettingMissing where the work queue is not set."""
    found = parts()
    if found.work is None:
        raise SettingMissing("work_queue", "the dispatcher is woken by it, and wakes itself")
    seller = real_seller(found.settings, opened)
    engine = opened.enter_context(
        closing(Engine(found.store, PROJECTIONS, decode, watch="inventory", clock=found.clock))
    )
    holder = f"lambda:{os.environ.get('AWS_LAMBDA_LOG_STREAM_NAME', '')[-40:]}:{uuid4().hex[:12]}"
    return Dispatching(engine, [] if seller is None else [seller], found.work, holder=holder, clock=found.clock)


@telemetry.observed("dispatcher")
def handler(event: Mapping[str, Any], context: Any) -> dict[str, list[dict[str, str]]]:  # noqa: ANN401 - Lambda's own
    """Tend the sellers that an SQS event names, within the function's time."""
    return dispatching().answer(event, lambda: timedelta(milliseconds=context.get_remaining_time_in_millis()))
