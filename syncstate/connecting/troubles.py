"""Why a channel does not let us in, in one sentence that says which setting to look at."""

from channels.errors import ChannelError, Refused, Throttled, Unauthorised, Unreachable
from syncstate.cli.failures import Failure

LOGIN = "Login with Amazon"

_LOGIN = {
    "invalid_client": "SYNCSTATE_AMAZON_CLIENT_ID or SYNCSTATE_AMAZON_CLIENT_SECRET is not right, or the secret has "
    "expired",
    "invalid_grant": "SYNCSTATE_AMAZON_REFRESH_TOKEN is not right, or the seller has taken his consent back: let him "
    "authorise the application again",
    "unauthorized_client": "SYNCSTATE_AMAZON_REFRESH_TOKEN was given to another application than that of "
    "SYNCSTATE_AMAZON_CLIENT_ID",
    "invalid_scope": "the application may not ask for notifications: look at its roles in the developer console",
}
"""By the error code of OAuth 2 (RFC 6749, 5.2)."""

_ANOTHER = "look at SYNCSTATE_AMAZON_CLIENT_ID, SYNCSTATE_AMAZON_CLIENT_SECRET and SYNCSTATE_AMAZON_REFRESH_TOKEN"
_NOT_THIS = (
    "the keys are good, but not for this: SYNCSTATE_AMAZON_SELLER is not the seller who gave "
    "SYNCSTATE_AMAZON_REFRESH_TOKEN, or the application lacks a role, or SYNCSTATE_AMAZON_ENDPOINT is of another region"
)
_MARKETPLACE = "look at SYNCSTATE_AMAZON_MARKETPLACE, and that SYNCSTATE_AMAZON_ENDPOINT is of its region"

_NO_TOKEN = "SYNCSTATE_SHOPIFY_TOKEN is not a token of SYNCSTATE_SHOPIFY_SHOP, or the app was removed there"  # noqa: S105 - a sentence
_SCOPES = (
    "the app lacks a scope: it needs read_products, read_inventory and read_locations, and read_orders for webhooks"
)
_NO_SHOP = "there is no such shop: look at SYNCSTATE_SHOPIFY_SHOP"
_FROZEN = "the shop is frozen or locked: its owner must see to it"


def of_amazon(error: ChannelError) -> Failure:
    """Return the failure that says what to do about what Amazon answered."""
    at_login = str(error).startswith(LOGIN)
    match error:
        case Unauthorised(code=code):
            return _failure(error, _LOGIN.get(code, _ANOTHER) if at_login else _NOT_THIS)
        case Refused() if "marketplace" in error.detail.lower():
            return _failure(error, _MARKETPLACE)
        case Unreachable():
            return _unreachable(error, f"SYNCSTATE_AMAZON_{'TOKEN_' if at_login else ''}ENDPOINT")
        case _:
            return _other(error)


def of_shopify(error: ChannelError) -> Failure:
    """Return the failure that says what to do about what Shopify answered."""
    match error:
        case Unauthorised(code=code):
            return _failure(error, {"401": _NO_TOKEN, "SHOP_INACTIVE": _FROZEN}.get(code, _SCOPES))
        case Refused(code="404"):
            return _failure(error, _NO_SHOP)
        case Refused(code="402" | "423" | "430"):
            return _failure(error, _FROZEN)
        case Unreachable():
            return _unreachable(error, "SYNCSTATE_SHOPIFY_SHOP, or SYNCSTATE_SHOPIFY_ENDPOINT")
        case _:
            return _other(error)


def _failure(error: ChannelError, advice: str) -> Failure:
    return Failure(f"{error}: {advice}", kind="credentials")


def _unreachable(error: ChannelError, setting: str) -> Failure:
    advice = f"look at the network and at {setting}, then give the same command again"
    return Failure(f"{error}: {advice}", kind="unreachable")


def _other(error: ChannelError) -> Failure:
    if isinstance(error, Throttled):
        return Failure(f"{error}: give the same command again in some minutes", kind="throttled")
    return Failure(str(error), kind="refused")
