"""Which shop is given what others changed: the one in the settings."""

from contextlib import ExitStack

from channels.deltas.shops import Shop
from channels.modes import Mode
from channels.overseeing import Connected
from channels.shopify.client import ShopifyClient, http_client
from stock.identities import Channel
from syncstate.settings import Settings
from syncstate.stores import SettingMissing


def real_shop(settings: Settings, stack: ExitStack) -> Shop | None:
    """Return the shop in the settings, None where they name none. Raises SettingMissing where its token is."""
    domain, token = settings.shopify_shop, settings.shopify_token
    if domain is None:
        return None
    if token is None:
        raise SettingMissing("shopify_token", "SYNCSTATE_SHOPIFY_SHOP names a shop, which cannot be reached without it")
    http = stack.enter_context(http_client())
    client = ShopifyClient(http, domain, token.get_secret_value(), endpoint=settings.shopify_endpoint)
    return Shop(
        settings.tenant,
        domain,
        client,
        mode=Mode(settings.shopify_mode),
        location=settings.shopify_location,
        unexplained=settings.shopify_unexplained,
    )


def connected_shops(settings: Settings) -> dict[tuple[str, Channel], Connected]:
    """Return the shop in the settings as a channel of its tenant, whether or not this process tends it."""
    if settings.shopify_shop is None:
        return {}
    return {(settings.tenant, "shopify"): Connected(settings.shopify_shop, Mode(settings.shopify_mode))}
