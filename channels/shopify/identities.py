"""Names as Shopify gives them: shops, versions of its API, and ids, which we keep as digits."""

import re

SHOPIFY_VERSION = "2026-04"
"""The version spoken by default: the first that refuses an inventory change without a key and a quantity to compare."""

_DOMAIN = re.compile(r"[a-z0-9][a-z0-9-]{0,60}\.myshopify\.com")
_VERSION = re.compile(r"(20\d\d)-(01|04|07|10)")
_GID = re.compile(r"gid://shopify/[A-Za-z]+/(\d{1,20})(?:\?\S*)?")
_DIGITS = re.compile(r"\d{1,20}")


def shop_domain(stated: str) -> str:
    """Return the shop's own domain in lower case. Raises ValueError for another: a token must not go astray."""
    domain = stated.strip().lower()
    if not _DOMAIN.fullmatch(domain):
        raise ValueError(f"a shop is named by its own domain, like your-shop.myshopify.com, not {stated!r}")
    return domain


def api_version(stated: str) -> str:
    """Return the version. Raises ValueError for none, or one older than SHOPIFY_VERSION."""
    if not _VERSION.fullmatch(stated) or stated < SHOPIFY_VERSION:
        raise ValueError(f"the API's version is a quarter from {SHOPIFY_VERSION} on, like 2026-07, not {stated!r}")
    return stated


def gid(kind: str, digits: str) -> str:
    """Return the id as the GraphQL API knows it. Raises ValueError where `digits` are none."""
    if not _DIGITS.fullmatch(digits):
        raise ValueError(f"an id of Shopify's is a number, like 43729076003, not {digits!r}")
    return f"gid://shopify/{kind}/{digits}"


def digits_of(stated: object) -> str:
    """Return the digits of a global id. Raises ValueError for anything else."""
    found = _GID.fullmatch(stated) if isinstance(stated, str) else None
    if found is None:
        raise ValueError("not a global id of Shopify's")
    return found[1]
