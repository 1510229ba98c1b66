"""The shops whose deliveries can be verified."""

import re
from collections.abc import Iterator, Mapping, Sequence

from ingest.shopify.hmac import Shop

_DOMAIN = re.compile(r"[a-z0-9][a-z0-9.-]{0,252}|")


def domain_of(stated: str) -> str:
    """Return the domain that a delivery states, in lower case; empty where it is none and must not be logged."""
    domain = stated.strip().lower()
    return domain if _DOMAIN.fullmatch(domain) else ""


class Shops(Mapping[str, Shop]):
    """The registered shops by their domains, in lower case.

    With `anyone`, secrets of a single shop that nobody named, every other domain, the empty one too, is that shop.
    """

    def __init__(self, registered: Sequence[Shop], tenant: str, anyone: Sequence[str] = ()) -> None:
        self._registered = {shop.domain: shop for shop in registered}
        self._tenant, self._anyone = tenant, anyone

    def __getitem__(self, domain: str) -> Shop:
        shop = self._registered.get(domain)
        if shop is not None:
            return shop
        if not self._anyone or not _DOMAIN.fullmatch(domain):
            raise KeyError(domain)
        return Shop(domain, self._tenant, self._anyone)

    def __iter__(self) -> Iterator[str]:
        return iter(self._registered)

    def __len__(self) -> int:
        return len(self._registered) + bool(self._anyone)
