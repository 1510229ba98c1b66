"""The HTTP API's function, called as AWS calls it, cold and warm, over DynamoDB Local."""

import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from fastapi import FastAPI

from processor.adapters.dynamodb import DynamoStore
from processor.clock import system_clock
from syncstate.lambdas import api, runtime
from syncstate.lambdas.telemetry import ON_LAMBDA
from tests.gateway import Front, http_event
from tests.integration.aws.functions import header
from tests.metrics import measured
from tests.payloads import SHOP, a_line, a_simple_body, an_order_body, shopify_headers
from web.guard.keys import KeyBook

LOCAL = ("127.0.0.1", "::1", "localhost", "10.0.0.1")


@pytest.fixture(autouse=True)
def cold(surroundings: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have each test begin cold; no fold is ever late, however busy the machine."""
    del surroundings
    monkeypatch.setattr("processor.recorder.INLINE_SECONDS", 60.0)
    monkeypatch.setenv("SYNCSTATE_SHOPIFY_SECRETS", json.dumps({SHOP: {"tenant": "acme", "secrets": ["hush"]}}))
    for kept in (api._function, runtime.settings):  # noqa: SLF001 - a process begins with it empty
        kept.cache_clear()
    yield
    if api._function.cache_info().currsize:  # noqa: SLF001
        api._function().close()  # noqa: SLF001
    for kept in (api._function, runtime.settings):  # noqa: SLF001
        kept.cache_clear()


@pytest.fixture
def key(stores: Callable[[], DynamoStore]) -> dict[str, str]:
    """The header of a key that may do everything."""
    return {"authorization": f"Bearer {KeyBook(stores().registers, system_clock).create('acme', 'admin', '')[1]}"}


def asked(method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None, **more: Any) -> Any:
    given = {"content-type": "application/json", **(headers or {})}
    answer = api.handler(http_event(method, path, body, given, **more), None)
    return answer["statusCode"], json.loads(answer["body"]) if answer.get("body") else None


def test_it_answers_when_it_is_cold() -> None:
    status, told = asked("GET", "/health")
    assert (status, told["ok"], told["status"]) == (200, True, "ok")


def test_it_is_ready_although_nothing_runs_in_the_background(key: dict[str, str]) -> None:
    status, told = asked("GET", "/health/ready", headers=key)
    assert (status, told["reasons"]) == (200, [])


@pytest.mark.parametrize("address", LOCAL)
@pytest.mark.parametrize(
    "name", ["x-forwarded-for", "forwarded", "x-real-ip", "x-forwarded-host", "x-forwarded-port", "host"]
)
def test_nobody_is_local(address: str, name: str) -> None:
    """Neither by the address in the event, nor by any header, nor while there are no keys at all."""
    value = f"for={address}" if name == "forwarded" else address.replace("::1", "[::1]") if name == "host" else address
    for method, path, body in (("GET", "/api/inventory", b""), ("POST", "/webhook/shopify", a_simple_body(("A", 1)))):
        status, told = asked(method, path, body, {name: value}, address=address)
        assert (status, told["code"]) == (401, "unauthorized")


@pytest.mark.parametrize("stage", ["$default", "prod"])
@pytest.mark.parametrize("front", ["http_api", "function_url"])
def test_facts_come_in_and_are_read_again(key: dict[str, str], front: Front, stage: str) -> None:
    def ask(method: str, path: str, body: bytes = b"", query: str = "") -> Any:
        status, told = asked(method, path, body, key, front=front, stage=stage, query=query)
        assert status == 200, told
        return told

    sku = "100%25%20wool%2Fä%23".replace("ä", "%C3%A4")
    ask("POST", "/api/adjustments", json.dumps({"sku": "100% wool/ä#", "count": 7}).encode())
    assert ask("GET", f"/api/inventory/{sku}")["physical"] == 7
    assert ask("GET", "/api/inventory", query=f"sku={sku}")["physical"] == 7
    assert ask("GET", f"/api/events/{sku}")["events"][0]["after"]["physical"] == 7


def test_a_signed_delivery_is_counted_for_its_tenant(key: dict[str, str]) -> None:
    body = an_order_body(a_line(1, "A", 2))
    for queued, duplicates in ((1, 0), (1, 1)):
        status, told = asked("POST", "/webhook/shopify", body, shopify_headers(body))
        assert (status, told["queued"], told["duplicates"]) == (200, queued, duplicates)
    assert asked("GET", "/api/inventory/A", headers=key)[1]["version"] == 1
    assert asked("GET", "/api/events/A", headers=key)[1]["events"][0]["data"]["quantity"] == 2
    assert asked("POST", "/webhook/shopify", body, shopify_headers(body, signer="guessed"))[0] == 401


def test_not_even_who_reaches_an_emulator_on_this_machine_is_local() -> None:
    event = http_event("GET", "/api/inventory", address="127.0.0.1")
    event["headers"] = {"host": "localhost:4566"}
    event["requestContext"]["domainName"] = "localhost:4566"
    answer = api.handler(event, None)
    assert (answer["statusCode"], json.loads(answer["body"])["code"]) == (401, "unauthorized")


def test_a_key_is_of_its_tenant_alone(key: dict[str, str]) -> None:
    status, told = asked("GET", "/api/inventory", headers={**key, "x-syncstate-tenant": "other"})
    assert (status, told["code"]) == (403, "foreign_tenant")


def test_the_application_begins_once_whatever_is_asked() -> None:
    begun: list[str] = []

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        begun.append("begun")
        yield
        begun.append("ended")

    app = FastAPI(lifespan=lifespan)
    app.get("/")(lambda: {"ok": True})
    function = api.Function(app)
    for _ in range(3):
        assert function(http_event("GET", "/"), None)["statusCode"] == 200
    assert begun == ["begun"]
    function.close()
    assert begun == ["begun", "ended"]


def test_an_older_payload_format_says_what_to_set() -> None:
    answer = api.handler({**http_event("GET", "/health"), "version": "1.0"}, None)
    told = json.loads(answer["body"])
    assert (answer["statusCode"], told["code"]) == (500, "internal")
    assert "set the integration's to 2.0" in told["error"]


def test_a_store_that_cannot_be_opened_is_503_and_is_tried_anew(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as down:
        down.setenv("SYNCSTATE_DYNAMODB_ENDPOINT", "http://127.0.0.1:9")
        down.setenv(ON_LAMBDA, "api")
        answer = api.handler(http_event("GET", "/health"), None)
        told = json.loads(answer["body"])
        assert (answer["statusCode"], told["ok"], told["code"]) == (503, False, "unavailable")
        assert header(answer, "retry-after") == "1"
        assert "127.0.0.1" not in answer["body"], "a stranger is not told where"
        assert measured(capsys.readouterr().out, "api")["Errors"] == 1
    runtime.settings.cache_clear()
    assert asked("GET", "/health")[0] == 200


def test_it_measures_what_became_of_the_facts_it_took(
    key: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(ON_LAMBDA, "api")

    def counts(quantity: int) -> dict[str, float]:
        body = json.dumps({"facts": [{"type": "sale", "sku": sku, "quantity": quantity, "tx": sku} for sku in "AB"]})
        asked("POST", "/api/batch", body.encode(), key)
        found = measured(capsys.readouterr().out, "api")
        return {name: found[name] for name in ("Appended", "Duplicates", "Conflicts") if name in found}

    assert counts(1) == {"Appended": 2}
    assert counts(1) == {"Duplicates": 2}
    assert counts(2) == {"Conflicts": 2}
    asked("GET", "/api/inventory/A", headers=key)
    assert "Conflicts" not in measured(capsys.readouterr().out, "api"), "each request counts its own"


def test_a_failure_within_is_answered_in_the_api_s_form(key: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    asked("GET", "/health")
    monkeypatch.setattr("projections.inventory.queries.InventoryQueries.one", broken)
    status, told = asked("GET", "/api/inventory/A", headers=key)
    assert (status, told["code"]) == (500, "internal")
