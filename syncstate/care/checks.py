"""What `doctor` looks at around the store: this program, its settings, its secrets, its channels."""

import sqlite3
import sys
from collections import defaultdict
from collections.abc import Iterator
from typing import Literal, NamedTuple

from processor.errors import StoreUnavailable
from syncstate import configuration
from syncstate.lambdas.secrets import SecretShops, secret_reader
from syncstate.settings import Settings

Verdict = Literal["ok", "warn", "fail"]

MIN_SQLITE = (3, 38)
"""The statements of the embedded store need it: `->>` came with it."""

_OF_A_SELLER = ("amazon_marketplace", "amazon_client_id", "amazon_client_secret", "amazon_refresh_token")


class Check(NamedTuple):
    """What was looked at, how it is, and what to do where it is not well."""

    name: str
    verdict: Verdict
    said: str
    advice: str = ""


def program() -> Iterator[Check]:
    """Check what this program runs on."""
    python, sqlite = sys.version.split()[0], sqlite3.sqlite_version
    yield Check("python", "ok", f"Python {python}")
    if sqlite3.sqlite_version_info < MIN_SQLITE:
        wanted = ".".join(map(str, MIN_SQLITE))
        yield Check("sqlite", "fail", f"SQLite {sqlite} is too old", f"install a Python built on {wanted} or newer")
    else:
        yield Check("sqlite", "ok", f"SQLite {sqlite}")


def names() -> Iterator[Check]:
    """Check for variables that look like ours and set nothing."""
    unknown = list(configuration.unknown(Settings))
    for found in unknown:
        hint = f"did you mean {found.nearest}?" if found.nearest else "see `syncstate config`"
        yield Check("settings", "warn", f"{found.name} ({found.origin}) sets nothing", hint)
    if not unknown:
        yield Check("settings", "ok", "every SYNCSTATE_ variable sets something")


def secrets(settings: Settings) -> Iterator[Check]:
    """Check the shops' secrets, of which nothing is told."""
    if settings.aws_secret is not None:
        yield _secret(settings.aws_secret, settings.tenant)
        return
    single, shops = settings.shopify_webhook_secret, settings.shopify_secrets
    if single is None and not shops:
        advice = "set SHOPIFY_WEBHOOK_SECRET, or SYNCSTATE_SHOPIFY_SECRETS for several shops"
        yield Check("secrets", "warn", "no shop's secret is set: signed orders are refused", advice)
        return
    owners: defaultdict[str, list[str]] = defaultdict(list)
    for domain, shop in shops.items():
        for secret in shop.secrets:
            owners[secret.get_secret_value()].append(domain)
    shared = [sorted(set(domains)) for domains in owners.values() if len(set(domains)) > 1]
    for domains in shared:
        advice = "give each its own: either could sign as the other"
        yield Check("secrets", "warn", f"{' and '.join(domains)} share a secret", advice)
    if not shared:
        told = f"{len(shops)} shops" if shops else "any shop, by one secret"
        yield Check("secrets", "ok", f"set for {told}")


def _secret(name: str, tenant: str) -> Check:
    try:
        number = len(SecretShops(secret_reader(name), tenant))
    except StoreUnavailable as error:
        return Check("secrets", "fail", str(error), "until it can be read, signed orders are refused")
    return Check("secrets", "ok", f"{number} shops in the secret {name}")


def channels(settings: Settings) -> Iterator[Check]:
    """Check whether updates can reach Amazon."""
    given = [name for name in _OF_A_SELLER if getattr(settings, name) is not None]
    if settings.mock_amazon:
        yield Check("amazon", "ok", "updates go to a small Amazon inside")
    elif settings.amazon_seller is None and given:
        advice = "set SYNCSTATE_AMAZON_SELLER, or remove the others"
        yield Check("amazon", "warn", f"{_variables(given)} without a seller: no updates are sent", advice)
    elif settings.amazon_seller is None:
        yield Check("amazon", "ok", "no seller is set: no updates are sent")
    elif missing := [name for name in _OF_A_SELLER if name not in given]:
        yield Check("amazon", "fail", "the seller cannot be reached", f"set {_variables(missing)}")
    else:
        mode = settings.amazon_mode
        told = {"off": "nothing is compared or sent", "observe": "updates are counted, none is sent", "live": "live"}
        yield Check(
            "amazon", "ok", f"seller {settings.amazon_seller}, mode {mode} unless another was set: {told[mode]}"
        )


def _variables(fields: list[str]) -> str:
    return ", ".join(configuration.PREFIX + name.upper() for name in fields)
