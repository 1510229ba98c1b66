"""Addresses: a slash too many, and bytes that are no UTF-8."""

import pytest

from tests.payloads import a_simple_body
from tests.unit.web.client import Client


@pytest.mark.parametrize("path", ["/api/alerts", "/api/inventory", "/health", "/api/returns", "/health/ready"])
def test_a_slash_at_the_end_of_a_fixed_path_is_forgiven(client: Client, path: str) -> None:
    assert client.get(f"{path}/").status_code == client.get(path).status_code
    assert client.get(f"{path}/").json().keys() == client.get(path).json().keys()


@pytest.mark.parametrize("path", ["/webhook/shopify/", "/webhook/amazon/return/", "/api/sku-mapping/", "/api/batch/"])
def test_a_webhook_that_is_registered_with_a_slash_is_taken(client: Client, path: str) -> None:
    assert client.post(path, {}).json()["code"] == "invalid"


def test_a_slash_at_the_end_of_a_sku_is_the_skus(client: Client) -> None:
    client.post("/webhook/shopify", a_simple_body(("A/", 3), order="init-1"))

    assert client.get("/api/inventory/A%2F").json()["physical"] == 3
    assert client.get("/api/inventory/A").status_code == 404


@pytest.mark.parametrize("address", ["/api/buffer/caf%E9", "/api/buffer/x?sku=caf%E9", "/api/inventory?cursor=%ff"])
def test_what_is_not_utf_8_is_refused_and_nothing_stored(client: Client, address: str) -> None:
    for answer in (client.post(address, {"bufferQty": 5}), client.ask("GET", address)):
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
        assert "UTF-8" in answer.json()["error"]
    assert client.get("/api/inventory").json()["inventory"] == {}


def test_letters_of_any_language_and_the_sign_for_a_missing_one_are_text(client: Client) -> None:
    for sku in ("caf%C3%A9", "%EF%BF%BD"):
        assert client.post(f"/api/buffer/{sku}", {"bufferQty": 5}).json()["buffer"] == 5
