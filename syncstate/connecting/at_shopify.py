"""Connecting a shop, from the settings to the account of what was done."""

import re
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import timedelta

import msgspec

from channels.errors import ChannelError
from channels.http import http_client
from channels.shopify.client import ShopifyClient
from channels.shopify.shelves import Location, Variant
from processor.clock import Instant, system_clock
from syncstate.cli.connection import Api
from syncstate.cli.failures import Failure, sentences
from syncstate.cli.printing import progress
from syncstate.cli.progress import Progress
from syncstate.connecting import counting, products
from syncstate.connecting.account import Account, Told
from syncstate.connecting.comparing import Found, Judged, compared
from syncstate.connecting.here import Reach, begun, read_here
from syncstate.connecting.mapping import map_all
from syncstate.connecting.shopify import OF_ORDERS, Shop, chosen_location, found_of, webhooks_told
from syncstate.connecting.troubles import of_shopify
from syncstate.settings import Settings

_ADDRESS = re.compile(r"https://[^\s/]+/\S*|http://(127\.0\.0\.1|localhost):\d+/\S*")


class Wishes(msgspec.Struct, frozen=True):
    """What was asked for. Without `yes` nothing is changed.

    `count`: SKUs that nobody has counted begin with the level of `location`, unless something happens to them within
    `settle`, which `sleep` waits for. `webhooks` is the address that deliveries go to; `told_otherwise`: they come by a
    way that is not listed.
    """

    yes: bool = False
    count: bool = False
    location: str | None = None
    webhooks: str | None = None
    told_otherwise: bool = False
    settle: timedelta = timedelta(seconds=10)
    sleep: Callable[[float], object] = time.sleep


class Read(msgspec.Struct, frozen=True):
    """What the shop has, read from `since` on."""

    since: Instant
    location: Location
    variants: Sequence[Variant]
    found: Sequence[Found]
    webhooks: list[Told]


def connect_shopify(settings: Settings, wishes: Wishes, reach: Reach = begun) -> Account:
    """Read the shop, compare, and do what is wished. Raises Failure. Interrupted, it goes on where it was.

    Webhooks come first: what is sold from then on is told, so that a count that follows misses no sale.
    """
    if wishes.webhooks is not None and not _ADDRESS.fullmatch(wishes.webhooks):
        raise Failure(f"--webhooks {wishes.webhooks}: it is an address like https://stock.example/webhook/shopify", 2)
    with sentences(), ExitStack() as stack:
        client = _client(settings, stack)
        told = Progress("reading the shop")
        shop = Shop(client, told)
        try:
            read = _read(shop, wishes, settings)
            api = stack.enter_context(reach(settings))
            new = products.unlike(api, read.variants, told)
        except ChannelError as error:
            raise of_shopify(error) from error
        finally:
            told.end()
        account = Account(
            "shopify",
            f"{settings.shopify_shop}, location {read.location.id} ({read.location.name})",
            compared(read.found, read_here(api, "shopify"), new=True),
            read.webhooks,
        )
        errand = _Errand(api, shop, read, wishes, settings.shopify_shop or "")
        return errand.done(account, new)


class _Errand:
    """What is to be done at one shop, and is done where that is wished."""

    def __init__(self, api: Api, shop: Shop, read: Read, wishes: Wishes, domain: str) -> None:
        self._api, self._shop, self._read, self._wishes, self._domain = api, shop, read, wishes, domain

    def done(self, account: Account, new: list[list[Variant]]) -> Account:
        """Fill the account. `new` are products whose SKUs are not known here as the shop has them."""
        fit, unfit = self._countable(account)
        account.more = {
            "location": self._read.location.id,
            "link": {"products": len(new), "variants": sum(map(len, new))},
            "count": [{"sku": one.sku, "count": one.found.quantity} for one in fit],
            "notCountable": unfit,
        }
        account.facts = [("products to be linked", len(new)), ("SKUs to be counted", len(fit))]
        if unfit:
            account.facts = [*account.facts, ("no level for a count", len(unfit))]
        if self._wishes.yes:
            try:
                self._do(account, new, fit)
            except ChannelError as error:
                raise of_shopify(error) from error
        return account

    def _countable(self, account: Account) -> tuple[list[Judged], dict[str, str]]:
        chosen = counting.to_count(account.compared.judged) if self._wishes.count else []
        reasons = [(one, counting.unfit_reason(one.found.quantity)) for one in chosen]
        fit = [one for one, reason in reasons if reason is None]
        return fit, {one.sku or "": reason for one, reason in reasons if reason is not None}

    def _do(self, account: Account, new: list[list[Variant]], fit: list[Judged]) -> None:
        account.subscriptions = self._subscribed()
        self._refuse_blind_counts(account.subscriptions, fit)
        with progress("linking products", len(new)) as told:
            applied = products.tell_products(self._api, self._domain, new, self._read.since, told)
        with progress("mapping variants", len(account.chosen)) as told:
            account.done = map_all(self._api, "shopify", account.chosen, told)
        account.more["applied"] = applied
        account.sentences = [f"{len(new):,} products linked, {applied:,} order lines that waited were applied"]
        if self._wishes.count:
            self._count(account, fit)

    def _count(self, account: Account, fit: list[Judged]) -> None:
        with progress("counting SKUs", len(fit)) as told:
            counting_ = counting.Counting(self._api, self._shop, self._read.location.id, self._rest)
            counted = counting_.count(fit, told)
        account.more["counted"] = msgspec.to_builtins(counted)
        account.left += len(counted.moved)
        sentence = f"{counted.counted:,} SKUs counted, {counted.before:,} were counted before"
        account.sentences = [*account.sentences, sentence]
        if counted.moved:
            advice = "give the same command again when the shop is quieter, or count them by hand"
            account.sentences = [*account.sentences, f"{len(counted.moved):,} moved while they were counted: {advice}"]

    def _rest(self) -> None:
        self._wishes.sleep(self._wishes.settle.total_seconds())

    def _subscribed(self) -> list[Told]:
        address = self._wishes.webhooks
        if address is None:
            return self._read.webhooks
        return [
            one if one.status == "there" else self._shop.subscribe(one.topic, address) for one in self._read.webhooks
        ]

    def _refuse_blind_counts(self, webhooks: Sequence[Told], fit: list[Judged]) -> None:
        """Count nothing while the shop's sales do not come in: every sale would make the count wrong."""
        if not fit or self._wishes.told_otherwise:
            return
        told = {one.topic for one in webhooks if one.status in ("there", "made")}
        if silent := [topic for topic in OF_ORDERS if topic not in told]:
            advice = "register them with --webhooks URL, or say --told-otherwise where the app's configuration does"
            raise Failure(
                f"nothing was mapped or counted: the shop does not tell of {', '.join(silent)}: {advice}", kind="untold"
            )


def _read(shop: Shop, wishes: Wishes, settings: Settings) -> Read:
    since = system_clock()
    location = chosen_location(shop.locations(), wishes.location or settings.shopify_location)
    variants, levels = shop.variants(), shop.levels(location.id)
    webhooks = webhooks_told(shop.webhooks(), wishes.webhooks)
    return Read(since, location, variants, found_of(variants, levels), webhooks)


def _client(settings: Settings, stack: ExitStack) -> ShopifyClient:
    if settings.shopify_shop is None:
        raise Failure("no shop is set: set SYNCSTATE_SHOPIFY_SHOP and SYNCSTATE_SHOPIFY_TOKEN", 2)
    if settings.shopify_token is None:
        raise Failure("set SYNCSTATE_SHOPIFY_TOKEN: SYNCSTATE_SHOPIFY_SHOP cannot be read without it", 2)
    http = stack.enter_context(http_client())
    token = settings.shopify_token.get_secret_value()
    return ShopifyClient(http, settings.shopify_shop, token, endpoint=settings.shopify_endpoint)
