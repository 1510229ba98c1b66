"""Whom Amazon updates go to: the seller in the settings, or a small Amazon of our own."""

from contextlib import ExitStack
from typing import TypeVar

from channels.amazon.client import AmazonClient, http_client
from channels.amazon.regions import endpoint_of
from channels.amazon.tokens import TOKEN_ENDPOINT, Credentials
from channels.limits import Rate
from channels.modes import Mode
from channels.overseeing import Connected
from channels.sellers import Rates, Seller
from channels.simulators.amazon import SimulatedAmazon, Simulator, simulated_amazon
from projections.broadcasts.queries import BroadcastQueries
from projections.inventory.queries import InventoryQueries
from stock.identities import Channel
from syncstate.settings import Settings
from syncstate.stores import SettingMissing

Value = TypeVar("Value")

MOCK_RATES = Rates(Rate(5, 5), Rate(5, 10))
"""The published rates: the simulator keeps to them, and nobody wants to wait in front of a demo."""


def mock_seller(tenant: str, stack: ExitStack, zeroing: float) -> tuple[Seller, Simulator]:
    """Start a small Amazon and return its only seller; `stack` ends it."""
    simulator = stack.enter_context(simulated_amazon())
    http = stack.enter_context(http_client())
    client = AmazonClient(
        http,
        simulator.seller_id,
        simulator.marketplace,
        simulator.credentials,
        endpoint=simulator.url,
        token_endpoint=simulator.token_url,
    )
    seller = Seller(
        tenant,
        simulator.seller_id,
        simulator.marketplace,
        client,
        mode=Mode.LIVE,
        rates=MOCK_RATES,
        zeroing=zeroing,
        feeds=client.feeds,
        lookup=client.catalogue,
        orders=client.orders,
    )
    return seller, simulator


def real_seller(settings: Settings, stack: ExitStack) -> Seller | None:
    """Return the seller in the settings, None where they name none. Raises SettingMissing for half of one."""
    if settings.amazon_seller is None:
        return None
    marketplace = _wanted("amazon_marketplace", settings.amazon_marketplace)
    secret = _wanted("amazon_client_secret", settings.amazon_client_secret)
    grant = _wanted("amazon_refresh_token", settings.amazon_refresh_token)
    credentials = Credentials(
        _wanted("amazon_client_id", settings.amazon_client_id), secret.get_secret_value(), grant.get_secret_value()
    )
    http = stack.enter_context(http_client())
    client = AmazonClient(
        http,
        settings.amazon_seller,
        marketplace,
        credentials,
        endpoint=settings.amazon_endpoint or endpoint_of(marketplace),
        token_endpoint=settings.amazon_token_endpoint or TOKEN_ENDPOINT,
    )
    speed = settings.amazon_per_second
    return Seller(
        settings.tenant,
        settings.amazon_seller,
        marketplace,
        client,
        mode=Mode(settings.amazon_mode),
        rates=Rates(Rate(speed, 5), Rate(speed, 10)),
        zeroing=settings.zeroing_share,
        feeds=client.feeds,
        lookup=client.catalogue,
        orders=client.orders,
    )


def sellers_of(settings: Settings) -> dict[str, str]:
    """Return the ids of the sellers in the settings, each with its tenant."""
    return {} if settings.amazon_seller is None else {settings.amazon_seller: settings.tenant}


def connected(settings: Settings) -> dict[tuple[str, Channel], Connected]:
    """Return which channels of which tenants the settings connect, whether or not this process tends them."""
    if settings.mock_amazon:
        return {(settings.tenant, "amazon"): Connected("simulated", Mode.LIVE)}
    if settings.amazon_seller is None:
        return {}
    return {(settings.tenant, "amazon"): Connected(settings.amazon_seller, Mode(settings.amazon_mode))}


def stock_shelves(
    amazon: SimulatedAmazon, inventory: InventoryQueries, broadcasts: BroadcastQueries, tenant: str
) -> None:
    """Give the small Amazon a listing for each mapped SKU, showing what it last accepted (before that: nothing)."""
    after: str | None = None
    while True:
        page, after = inventory.listing(tenant, after, 1000)
        for sku, _ in page:
            row = broadcasts.one(tenant, sku)
            listing = row.channels.get("amazon") if row else None
            if listing is not None and listing.listing is not None:
                amazon.put_listing(listing.listing, quantity=listing.accepted or 0)
        if after is None:
            return


def _wanted(name: str, value: Value | None) -> Value:
    if value is None:
        raise SettingMissing(name, "SYNCSTATE_AMAZON_SELLER names a seller, who cannot be reached without it")
    return value
