"""Shopify's signature, after "Verify the webhook" in its documentation: base64 HMAC-SHA256 over the raw body."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from hmac import compare_digest, digest

HEADER = "x-shopify-hmac-sha256"
MAX_SECRETS = 2
"""After a rotation Shopify may sign with the old secret for an hour: two are accepted."""


@dataclass(frozen=True, slots=True)
class Shop:
    """A registered shop: whose it is, and the secrets that may sign for it, 1 to MAX_SECRETS.

    Raises ValueError for another number of secrets, or an empty one: anyone could sign with it.
    """

    domain: str
    tenant: str
    secrets: Sequence[str] = field(repr=False)

    def __post_init__(self) -> None:
        if not 1 <= len(self.secrets) <= MAX_SECRETS or not all(self.secrets):
            raise ValueError(f"{self.domain} needs one or {MAX_SECRETS} secrets, none of them empty")


def signature(secret: str, body: bytes) -> str:
    """Return what Shopify puts into the header for `body`."""
    return b64encode(digest(secret.encode(), body, "sha256")).decode()


def is_signed(shop: Shop, body: bytes, given: str) -> bool:
    """Tell whether one of the shop's secrets signed `body`, in a time that tells nothing about them."""
    matches = [compare_digest(signature(secret, body).encode(), given.encode()) for secret in shop.secrets]
    return any(matches)
