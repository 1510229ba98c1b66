"""Whom a request comes from: a key, the local operator, this machine while there are no keys, or nobody we know."""

from collections.abc import Mapping
from hmac import compare_digest
from http import HTTPStatus

from web.guard.hosts import is_local, is_loopback
from web.guard.keys import KeyBook, found
from web.guard.presented import TENANT_HEADER, presented_in
from web.guard.rate import Rates
from web.guard.roles import KEYLESS, Caller, tenant_named
from web.incoming import CALLER, Incoming
from web.origins import not_foreign
from web.problems import Problem

SHOP = "shop"
"""The name of whoever says to be a shop."""

_SAME_SITE = frozenset({"same-origin", "same-site"})
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_FORWARDED = (
    "forwarded",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-port",
    "x-forwarded-proto",
    "x-forwarded-server",
    "x-real-ip",
    "x-client-ip",
    "true-client-ip",
    "cf-connecting-ip",
    "cdn-loop",
)
"""What a proxy may add to a request that it passes on."""


class Guard:
    """Admits requests. One per application; its coroutines belong to one event loop at a time."""

    def __init__(  # noqa: PLR0913 - each is one thing a guard must know
        self,
        keys: KeyBook,
        *,
        token: str,
        tenant: str,
        loopback: bool,
        key_rates: Rates,
        shop_rates: Rates,
        origins: frozenset[str] = frozenset(),
    ) -> None:
        """Take the operator's `token`, the default `tenant`, and whether we listen on `loopback` alone.

        `origins` are those of pages that may ask with a key. Raises ValueError for an empty token.
        """
        if not token:
            raise ValueError("the operator's token is empty: anyone could send it")
        self.keys, self.token, self.origins = keys, token, origins
        self._tenant, self._loopback = tenant, loopback
        self._key_rates, self._shop_rates = key_rates, shop_rates

    async def admit(self, request: Incoming) -> Caller:
        """Return who sent the request.

        Raises Problem: 401 for nobody we know, 403 for a foreign page, host or tenant, 415 and 429; or Retryable.
        """
        presented = presented_in(request.headers)
        if presented is None:
            not_foreign(request, frozenset())
            caller = await self._keyless(request)
        else:
            caller = await self._known(presented, request.headers)
            not_foreign(request, self.origins)
        request.scope[CALLER] = caller
        return caller

    def admit_delivery(self, request: Incoming, shop: str) -> Caller:
        """Return the sender of a delivery that says it is signed by `shop`: to be believed once that is verified.

        Raises Problem: 403 for a foreign page, 429 where `shop` has delivered too often.
        """
        not_foreign(request, frozenset())
        if wait := self._shop_rates.wait(shop):
            raise _too_often(wait)
        caller = Caller(self._tenant, "write", SHOP)
        request.scope[CALLER] = caller
        return caller

    def delivered(self, shop: str) -> None:
        """Count a delivery whose signature was right: forged ones must not use up what is the shop's."""
        self._shop_rates.spend(shop)

    async def _known(self, presented: str, headers: Mapping[str, str]) -> Caller:
        named = headers.get(TENANT_HEADER)
        if compare_digest(presented.encode(), self.token.encode()):
            return Caller(self._tenant if named is None else _tenant(named), "admin", "operator", operator=True)
        key = found(await self.keys.active(), presented)
        if key is None:
            message = "the key is not known here, or was revoked"
            raise Problem(HTTPStatus.UNAUTHORIZED, "unauthorized", message, hint=_MAKE_ONE)
        if wait := self._key_rates.take(key.id):
            raise _too_often(wait)
        return _within(Caller(key.tenant, key.role, key.id), named)

    async def _keyless(self, request: Incoming) -> Caller:
        client, headers = request.client, request.headers
        if not self._loopback or client is None or not is_loopback(client.host) or await self.keys.active():
            raise Problem(HTTPStatus.UNAUTHORIZED, "unauthorized", "this needs a key", hint=_SEND_IT)
        if _passed_on(request):
            message = "this came through a proxy, so it needs a key"
            raise Problem(HTTPStatus.UNAUTHORIZED, "unauthorized", message, hint=_MAKE_ONE)
        if not is_local(headers.get("host", "")):
            message = "without a key this machine is reached as localhost, 127.0.0.1 or [::1] alone"
            raise Problem(HTTPStatus.FORBIDDEN, "foreign_host", message, field="Host", hint=_MAKE_ONE)
        if request.method not in _READING and _has_body(headers) and not _is_json(headers):
            raise Problem(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
                "not_json",
                "a body must say that it is JSON",
                field="Content-Type",
                hint="send the header Content-Type: application/json",
            )
        return _within(Caller(self._tenant, "admin", KEYLESS), headers.get(TENANT_HEADER))


_MAKE_ONE = "make one with `syncstate keys create`, and send it as Authorization: Bearer ..."
_SEND_IT = "send it as Authorization: Bearer ...; `syncstate keys create` makes one"


def _tenant(named: str) -> str:
    try:
        return tenant_named(named)
    except ValueError as error:
        raise Problem(HTTPStatus.BAD_REQUEST, "invalid", str(error), field="X-SyncState-Tenant") from error


def _passed_on(request: Incoming) -> bool:
    """Tell whether somebody passed the request on to this machine, as far as it shows.

    A proxy that says nothing of itself, as nginx's `proxy_pass` alone, speaks HTTP/1.0 and calls us by our own name;
    but what a browser says of its page it passes on: one that is of the same site as we and not on this machine.
    """
    headers = request.headers
    if request.scope.get("http_version") == "1.0" or any(name in headers for name in _FORWARDED):
        return True
    page = headers.get("origin") or headers.get("referer") or ""
    host = page.partition("://")[2].partition("/")[0]
    return headers.get("sec-fetch-site") in _SAME_SITE and bool(host) and not is_local(host)


def _within(caller: Caller, named: str | None) -> Caller:
    """Return the caller. Raises Problem (403) where the request names another tenant than the caller's."""
    if named is not None and named != caller.tenant:
        message = f"this caller is of tenant {caller.tenant}"
        hint = "leave X-SyncState-Tenant out, or send a key of that tenant"
        raise Problem(HTTPStatus.FORBIDDEN, "foreign_tenant", message, field="X-SyncState-Tenant", hint=hint)
    return caller


def _has_body(headers: Mapping[str, str]) -> bool:
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"


def _is_json(headers: Mapping[str, str]) -> bool:
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))


def _too_often(wait: int) -> Problem:
    message = f"too many requests: the next one is taken in {wait} s"
    hint = "wait as long as Retry-After says; /api/batch takes up to 1,000 facts at once"
    return Problem(HTTPStatus.TOO_MANY_REQUESTS, "too_often", message, hint=hint, headers={"Retry-After": str(wait)})
