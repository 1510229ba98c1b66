"""Who sent a request, and what that lets it do. A route takes one of these as a parameter."""

from http import HTTPStatus
from typing import Annotated, cast

from fastapi import Depends, Request

from ingest.shopify.hmac import HEADER
from web.guard.roles import Caller, Role
from web.incoming import Incoming
from web.problems import Problem
from web.services import Services

__all__ = ["Admin", "Caller", "Reader", "Role", "Sender", "Writer"]


async def reader(request: Request) -> Caller:
    """Return the caller, who may read. Raises Problem (401, 403, 415, 429) or Retryable."""
    return await _at_least("read", request)


async def writer(request: Request) -> Caller:
    """Return the caller, who may change stock. Raises as `reader` does."""
    return await _at_least("write", request)


async def admin(request: Request) -> Caller:
    """Return the caller, who may do everything within the tenant. Raises as `reader` does."""
    return await _at_least("admin", request)


async def sender(request: Request) -> Caller:
    """Return a writer, or who says to be a shop: what it sent must be taken only if its signature is right.

    Raises as `reader` does.
    """
    return await sender_of(request)


async def sender_of(request: Incoming) -> Caller:
    """Return what `sender` does."""
    if HEADER in request.headers:
        return _guarded(request).guard.admit_delivery(request, shop_of(request))
    return await _at_least("write", request)


def shop_of(request: Incoming) -> str:
    """Return the domain of the shop that a delivery names, in lower case; nothing vouches for it yet."""
    return request.headers.get("x-shopify-shop-domain", "").strip().lower()


async def _at_least(role: Role, request: Incoming) -> Caller:
    caller = await _guarded(request).guard.admit(request)
    if not caller.may(role):
        message = f"this needs a key that may {_DOING[role]}"
        hint = f"`syncstate keys create --role {role}` makes one"
        raise Problem(HTTPStatus.FORBIDDEN, "forbidden", message, hint=hint)
    return caller


_DOING: dict[Role, str] = {"read": "read", "write": "write", "admin": "administer"}


def _guarded(request: Incoming) -> Services:
    return cast(Services, request.app.state.services)


Reader = Annotated[Caller, Depends(reader)]
"""A route's parameter: the caller, who may read."""

Writer = Annotated[Caller, Depends(writer)]
"""A route's parameter: the caller, who may change stock."""

Admin = Annotated[Caller, Depends(admin)]
"""A route's parameter: the caller, who may do everything within the tenant."""

Sender = Annotated[Caller, Depends(sender)]
"""A route's parameter: a writer, or a delivery that says it is signed: the route verifies it."""
