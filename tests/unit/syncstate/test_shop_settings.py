import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ingest.shopify.shops import Shops
from syncstate.cli.failures import Failure
from syncstate.cli.options import settings_with
from syncstate.shops import shops_of

DOMAIN = "a.myshopify.com"


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings of this machine, nor of a `.env` here."""
    monkeypatch.chdir(tmp_path)
    for name in ("SYNCSTATE_SHOPIFY_SECRETS", "SYNCSTATE_SHOPIFY_WEBHOOK_SECRET", "SHOPIFY_WEBHOOK_SECRET"):
        monkeypatch.delenv(name, raising=False)


def registered(monkeypatch: pytest.MonkeyPatch, value: Any, **more: str) -> Shops:
    """Return the shops of an environment."""
    for name, text in {"SYNCSTATE_SHOPIFY_SECRETS": json.dumps(value), **more}.items():
        monkeypatch.setenv(name, text)
    settings = settings_with()
    return shops_of(settings.shopify_secrets, settings.shopify_webhook_secret, settings.tenant)


def facts(shops: Mapping[str, Any]) -> dict[str, tuple[str, list[str]]]:
    return {domain: (shop.tenant, list(shop.secrets)) for domain, shop in shops.items()}


def test_a_shop_is_registered_with_secrets_alone_or_with_its_tenant(monkeypatch: pytest.MonkeyPatch) -> None:
    shops = registered(
        monkeypatch, {DOMAIN: ["s1", "s2"], "b.example": {"tenant": "acme", "secrets": ["s3"]}}, SYNCSTATE_TENANT="main"
    )
    assert facts(shops) == {DOMAIN: ("main", ["s1", "s2"]), "b.example": ("acme", ["s3"])}


def test_blanks_around_what_was_copied_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    single = {"SHOPIFY_WEBHOOK_SECRET": " single \n"}
    shops = registered(monkeypatch, {f" {DOMAIN.upper()}\n": [" s1\n"]}, **single)
    assert facts(shops) == {DOMAIN: ("default", ["s1"])}
    assert shops["other.example"].secrets == ["single"]


def test_the_single_secret_has_two_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPIFY_WEBHOOK_SECRET", "theirs")
    assert registered(monkeypatch, {})[""].secrets == ["theirs"]
    monkeypatch.setenv("SYNCSTATE_SHOPIFY_WEBHOOK_SECRET", "ours")
    assert registered(monkeypatch, {})[""].secrets == ["ours"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SYNCSTATE_SHOPIFY_SECRETS", "hush"),
        ("SYNCSTATE_SHOPIFY_SECRETS", '{"a.example": "hush"}'),
        ("SYNCSTATE_SHOPIFY_SECRETS", '{"a.example": ["hush", "hush1", "hush2"]}'),
        ("SYNCSTATE_SHOPIFY_SECRETS", '{"a.example": [" "]}'),
        ("SYNCSTATE_SHOPIFY_SECRETS", '{"a.example": {"tenant": "No Slug", "secrets": ["hush"]}}'),
        ("SYNCSTATE_SHOPIFY_SECRETS", '{"a.example": {"tenants": "acme", "secrets": ["hush"]}}'),
        ("SYNCSTATE_SHOPIFY_SECRETS", '["hush"]'),
        ("SYNCSTATE_SHOPIFY_WEBHOOK_SECRET", "  "),
        ("SYNCSTATE_CORS_ORIGINS", "*"),
        ("SYNCSTATE_CORS_ORIGINS", "https://a.example/path"),
        ("SYNCSTATE_CORS_ORIGINS", "https://a.example,null"),
        ("SYNCSTATE_CORS_ORIGINS", '{"a": 1}'),
        ("SYNCSTATE_RATE_PER_SECOND", "0"),
        ("SYNCSTATE_RATE_BURST", "-1"),
    ],
)
def test_what_cannot_be_read_is_named_and_never_shown(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(Failure) as failure:
        settings_with()
    assert name in str(failure.value)
    assert "\n" not in str(failure.value)
    assert "hush" not in str(failure.value)
    assert failure.value.code == 2


def test_origins_are_divided_by_commas_or_written_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    for text in ("https://a.example, http://localhost:5173", '["https://a.example", "http://localhost:5173"]'):
        monkeypatch.setenv("SYNCSTATE_CORS_ORIGINS", text)
        assert settings_with().cors_origins == ("https://a.example", "http://localhost:5173")
