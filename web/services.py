"""What the routes stand on. The composition root builds it; the routes get it by `Use`."""

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request

from ingest.door import OrderDoor
from processor.clock import Clock
from processor.engine import Engine
from projections.alerts.queries import AlertQueries
from projections.broadcasts.queries import BroadcastQueries
from projections.inventory.queries import InventoryQueries
from projections.returns.queries import ReturnQueries


@dataclass(frozen=True)
class Services:
    """One program's parts, as the routes see them.

    `tenant` is whose data a request reads; `instance` names this run of the program and `mode` where it stores;
    `threads` is how many requests may wait for the store at once.
    """

    engine: Engine
    door: OrderDoor
    inventory: InventoryQueries
    alerts: AlertQueries
    returns: ReturnQueries
    broadcasts: BroadcastQueries
    clock: Clock
    tenant: str
    instance: str
    mode: str
    threads: int = 128


async def _of(request: Request) -> Services:
    """Find the services; a coroutine, for FastAPI would send a plain function through a thread."""
    return cast(Services, request.app.state.services)


Use = Annotated[Services, Depends(_of)]
"""A route's parameter that brings the services."""
