"""What the routes stand on. The composition root builds it; the routes get it by `Use`."""

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request

from channels.deltas.deciding import Decider
from channels.overseeing import Overseer
from ingest.amazon.door import NotificationDoor
from ingest.door import OrderDoor
from ingest.operators.door import FactDoor
from ingest.shopify.linking import LinkDoor
from processor.clock import Clock
from processor.engine import Engine
from projections.alerts.queries import AlertQueries
from projections.broadcasts.queries import BroadcastQueries
from projections.inventory.queries import InventoryQueries
from projections.returns.queries import ReturnQueries
from web.counts import Counts
from web.guard.guard import Guard
from web.incoming import Incoming
from web.kept import Kept
from web.letters import LetterDesk
from web.metrics import Metrics
from web.standing import Probe, Standing
from web.transactions import Transactions


@dataclass(frozen=True)
class Services:
    """One program's parts, as the routes see them.

    `tenant` is whose data a request reads; `instance` names this run of the program and `mode` where it stores;
    `threads` is how many requests may wait for the store at once; `sweeps` tells that this program keeps the read
    models up, rather than functions beside it.
    """

    engine: Engine
    guard: Guard
    door: OrderDoor
    notifications: NotificationDoor
    facts: FactDoor
    links: LinkDoor
    letters: LetterDesk
    overseer: Overseer
    decider: Decider
    inventory: InventoryQueries
    alerts: AlertQueries
    returns: ReturnQueries
    broadcasts: BroadcastQueries
    transactions: Transactions
    skus: Kept[int]
    unread: Kept[int]
    dead: Kept[int]
    due: Kept[int]
    streams: Kept[Counts]
    standing: Kept[Standing]
    probe: Probe
    metrics: Metrics
    clock: Clock
    tenant: str
    instance: str
    mode: str
    threads: int = 128
    sweeps: bool = True


def services_of(request: Incoming) -> Services:
    """Return the services of the application that the request came to."""
    return cast(Services, request.app.state.services)


async def _of(request: Request) -> Services:
    """Find the services; a coroutine, for FastAPI would send a plain function through a thread."""
    return services_of(request)


Use = Annotated[Services, Depends(_of)]
"""A route's parameter that brings the services."""
