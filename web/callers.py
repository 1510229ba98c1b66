"""Who sent a request, and what that lets it do."""

from dataclasses import dataclass
from typing import Annotated, Literal, cast

from fastapi import Depends, Request

from web.services import Services

Role = Literal["read", "write", "admin"]
"""Each may do what those before it may."""


@dataclass(frozen=True)
class Caller:
    """Whose data the request reads and writes, and as what. `name` is the key's, for logs."""

    tenant: str
    role: Role
    name: str


async def _caller(request: Request) -> Caller:
    services = cast(Services, request.app.state.services)
    return Caller(services.tenant, "admin", "local")


Reader = Annotated[Caller, Depends(_caller)]
"""A route's parameter: the caller, who may read."""

Writer = Annotated[Caller, Depends(_caller)]
"""A route's parameter: the caller, who may change stock."""

Admin = Annotated[Caller, Depends(_caller)]
"""A route's parameter: the caller, who may do everything."""
