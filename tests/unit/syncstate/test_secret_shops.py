"""The shops in a secret: read rarely, kept when that fails, read at once when a signature is not right."""

import json

import pytest

from processor.errors import StoreUnavailable
from syncstate.lambdas.secrets import EARLY_SECONDS, FRESH_SECONDS, SecretShops

SHOP = "quiet-goods.myshopify.com"


class Vault:
    """A secret that can be changed and can fail, and a clock."""

    def __init__(self) -> None:
        self.text, self.down, self.reads, self.now = json.dumps({SHOP: ["old"]}), False, 0, 1000.0
        self.shops = SecretShops(self._read, "acme", lambda: self.now)

    def _read(self) -> str:
        self.reads += 1
        if self.down:
            raise StoreUnavailable("read the shops' secrets", "it is down")
        return self.text

    def secrets(self) -> list[str]:
        return list(self.shops[SHOP].secrets)


@pytest.fixture
def vault() -> Vault:
    return Vault()


def test_nothing_is_read_before_a_shop_is_asked_for_and_then_once_in_five_minutes(vault: Vault) -> None:
    assert vault.reads == 0
    for _ in range(10):
        assert vault.secrets() == ["old"]
        vault.now += FRESH_SECONDS / 10 - 1
    assert vault.reads == 1
    vault.text = json.dumps({SHOP: ["new", "old"]})
    vault.now += 10
    assert (vault.secrets(), vault.reads) == (["new", "old"], 2)


def test_a_shop_is_its_tenant_s_or_the_default_one_s(vault: Vault) -> None:
    vault.text = json.dumps({SHOP: ["old"], "Other.myshopify.com": {"tenant": "other", "secrets": ["s"]}})
    assert [vault.shops[domain].tenant for domain in (SHOP, "other.myshopify.com")] == ["acme", "other"]
    assert (len(vault.shops), "nobody.myshopify.com" in vault.shops) == (2, False)


def test_the_old_reading_stays_while_the_secret_cannot_be_read(vault: Vault) -> None:
    assert vault.secrets() == ["old"]
    vault.down = True
    vault.now += FRESH_SECONDS
    for _ in range(5):
        assert vault.secrets() == ["old"]
    assert vault.reads == 2
    vault.now += EARLY_SECONDS
    vault.down, vault.text = False, json.dumps({SHOP: ["new"]})
    assert (vault.secrets(), vault.reads) == (["new"], 3)


@pytest.mark.parametrize("broken", ["no JSON", "[]", '{"a.myshopify.com": []}', '{"a.myshopify.com": ["x","y","zzz"]}'])
def test_a_secret_that_is_no_registration_changes_nothing(vault: Vault, broken: str) -> None:
    vault.secrets()
    vault.text = broken
    assert not vault.shops.renew()
    assert vault.secrets() == ["old"]


@pytest.mark.parametrize("broken", ["no JSON", '{"a.myshopify.com": ["x", "y", "zzz"]}'])
def test_a_first_reading_that_fails_says_why_and_tells_no_secret(vault: Vault, broken: str) -> None:
    vault.text = broken
    with pytest.raises(StoreUnavailable, match="shops' secrets") as failed:
        vault.secrets()
    assert "zzz" not in str(failed.value)
    vault.text = json.dumps({SHOP: ["new"]})
    assert vault.secrets() == ["new"]


def test_a_rotation_works_at_once_and_forged_deliveries_do_not_make_us_ask_all_day(vault: Vault) -> None:
    vault.secrets()
    vault.text = json.dumps({SHOP: ["new"]})
    vault.now += 1
    assert vault.shops.renew()
    assert vault.secrets() == ["new"]
    assert [vault.shops.renew() for _ in range(100)] == [False] * 100
    assert vault.reads == 2
    vault.now += EARLY_SECONDS
    assert vault.shops.renew()
