import pytest

from ingest.shopify.hmac import Shop, is_signed, signature

BODY = b'{"id":1}'
SIGNED = "VnKUjZsLuN5iZWjn5EntcBVCF9kMN43LglzCE1/GSeY="


def a_shop(*secrets: str) -> Shop:
    return Shop("a.myshopify.com", "acme", secrets)


def test_the_signature_is_that_of_the_known_example() -> None:
    assert signature("hush", BODY) == SIGNED


@pytest.mark.parametrize("secrets", [("hush",), ("new", "hush"), ("hush", "old")])
def test_either_secret_may_sign(secrets: tuple[str, ...]) -> None:
    assert is_signed(a_shop(*secrets), BODY, SIGNED)


@pytest.mark.parametrize("given", ["", SIGNED[:-1], SIGNED.lower(), "é", SIGNED + " "])
def test_another_signature_is_none(given: str) -> None:
    assert not is_signed(a_shop("hush"), BODY, given)


def test_another_body_or_secret_is_not_signed() -> None:
    assert not is_signed(a_shop("hush"), BODY + b" ", SIGNED)
    assert not is_signed(a_shop("other"), BODY, SIGNED)


@pytest.mark.parametrize("secrets", [(), ("",), ("a", ""), ("a", "b", "c")])
def test_a_shop_has_one_or_two_secrets(secrets: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="secrets"):
        a_shop(*secrets)


def test_a_shop_shows_no_secret() -> None:
    assert "hush" not in repr(a_shop("hush"))
