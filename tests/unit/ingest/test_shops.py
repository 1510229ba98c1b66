import pytest

from ingest.shopify.hmac import Shop
from ingest.shopify.shops import Shops

MINE = Shop("mine.myshopify.com", "acme", ["own"])


def test_registered_shops_are_found_by_their_domains_alone() -> None:
    shops = Shops([MINE], "default")
    assert shops["mine.myshopify.com"] is MINE
    assert dict(shops) == {"mine.myshopify.com": MINE}
    for domain in ("", "other.myshopify.com", "MINE.myshopify.com"):
        assert shops.get(domain) is None


def test_a_single_secret_signs_for_whichever_shop_is_not_registered() -> None:
    shops = Shops([MINE], "default", ["single"])
    assert shops["mine.myshopify.com"] is MINE
    for domain in ("", "other.myshopify.com"):
        assert (shops[domain].domain, shops[domain].tenant, shops[domain].secrets) == (domain, "default", ["single"])


@pytest.mark.parametrize("domain", ["jane@mail.example", "a b", "a\nb", "x" * 300, "-", "caf\u00e9.example"])
def test_what_is_no_domain_is_no_shop(domain: str) -> None:
    assert Shops([], "default", ["single"]).get(domain) is None


def test_a_store_of_shops_tells_whether_there_are_any() -> None:
    assert not Shops([], "default")
    assert Shops([], "default", ["single"])
    assert Shops([MINE], "default")
