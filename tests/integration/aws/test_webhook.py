"""The webhook's function, called as AWS calls it, over DynamoDB Local and Secrets Manager."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import boto3
import pytest
from moto import mock_aws

from ingest.shopify.hmac import signature
from processor.adapters.dynamodb import DynamoStore
from processor.clock import system_clock
from syncstate.lambdas import webhook
from syncstate.lambdas.telemetry import ON_LAMBDA
from tests.gateway import Front, http_event
from tests.integration.aws.functions import header, kinds, sold
from tests.metrics import measured
from tests.payloads import LIFE, SHOP, a_line, a_simple_body, an_order_body, life_of, shopify_headers
from web.guard.keys import KeyBook
from web.guard.roles import Role

SHOPS = {SHOP: {"tenant": "acme", "secrets": ["hush"]}}
RETURNS = "/webhook/amazon/return"


@pytest.fixture(autouse=True)
def cold() -> Iterator[None]:
    """Have each test begin cold."""
    webhook._doors.cache_clear()  # noqa: SLF001 - a process begins with it empty
    yield
    webhook._doors.cache_clear()  # noqa: SLF001


@pytest.fixture
def store(surroundings: None, stores: Callable[[], DynamoStore], monkeypatch: pytest.MonkeyPatch) -> DynamoStore:
    """What the function writes to, seen from outside. Its shops are in the environment."""
    del surroundings
    monkeypatch.setenv("SYNCSTATE_SHOPIFY_SECRETS", json.dumps(SHOPS))
    return stores()


def asked(body: bytes = b"", headers: Mapping[str, str] | None = None, **more: Any) -> dict[str, Any]:
    answer = webhook.handler(http_event(body=body, headers=headers, **more), None)
    return {**answer, "json": json.loads(answer["body"])}


def delivered(body: bytes, **more: Any) -> dict[str, Any]:
    return asked(body, shopify_headers(body), **more)


def a_key(store: DynamoStore, role: Role = "write", tenant: str = "acme") -> str:
    return KeyBook(store.registers, system_clock).create(tenant, role, "")[1]


@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize("stage", ["$default", "prod"])
@pytest.mark.parametrize("front", ["http_api", "function_url"])
def test_a_signed_delivery_is_durable_when_it_is_answered(
    store: DynamoStore, front: Front, stage: str, *, binary: bool
) -> None:
    body = an_order_body(a_line(1, "A", 2), a_line(2, "日本 ä", 1), note="ä 👍🏽")
    answer = delivered(body, front=front, stage=stage, binary=binary)
    assert (answer["statusCode"], header(answer, "content-type")) == (200, "application/json")
    told = answer["json"]
    assert (told["ok"], told["tx"], told["queued"], told["pending"]) == (True, "shopify:4501", 2, True)
    assert told["inventoryAfter"] == {"A": None, "日本 ä": None}
    assert (sold(store, "A"), sold(store, "日本 ä")) == (2, 1)


def test_headers_come_in_any_case(store: DynamoStore) -> None:
    body = an_order_body(a_line(1, "A", 1))
    shouted = {name.upper(): value for name, value in shopify_headers(body).items()}
    event = http_event(body=body)
    event["headers"] = {**event["headers"], **shouted}
    assert webhook.handler(event, None)["statusCode"] == 200
    assert sold(store, "A") == 1


def test_a_delivery_that_comes_twenty_times_counts_once(store: DynamoStore) -> None:
    body = an_order_body(a_line(1, "A", 2))
    answers = [delivered(body)["json"] for _ in range(20)]
    assert [answer["duplicates"] for answer in answers] == [0] + [1] * 19
    assert sold(store, "A") == 2


def test_a_life_of_an_order_ends_in_the_same_stock(store: DynamoStore) -> None:
    for topic, body in reversed(life_of(1) * 2):
        assert asked(body, shopify_headers(body, topic=topic))["statusCode"] == 200
    assert len(LIFE) == 6
    counted = kinds(store, "1/TSHIRT-RED-M")
    assert sum(counted.values()) == 3


def test_a_wrong_signature_is_401_and_stores_nothing(store: DynamoStore) -> None:
    body = an_order_body(a_line(1, "A", 1))
    for given in (signature("other", body), "", "no base64"):
        answer = asked(body, {**shopify_headers(body), "x-shopify-hmac-sha256": given})
        assert (answer["statusCode"], answer["json"]["code"]) == (401, "unauthorized")
        assert answer["json"]["hint"]
    assert sold(store, "A") == 0


def test_what_is_not_signed_needs_a_key_that_may_write(store: DynamoStore) -> None:
    body = a_simple_body(("A", 1), order="o1")
    reading, writing = a_key(store, "read"), a_key(store)
    for headers, status in (
        ({}, 401),
        ({"x-forwarded-for": "127.0.0.1", "x-real-ip": "127.0.0.1"}, 401),
        ({"authorization": "Bearer sks_nobody_x"}, 401),
        ({"authorization": f"Bearer {reading}"}, 403),
        ({"authorization": f"Bearer {writing}", "x-syncstate-tenant": "other"}, 403),
        ({"authorization": f"bearer {writing}"}, 200),
        ({"x-api-key": writing, "x-syncstate-tenant": "acme"}, 200),
    ):
        answer = asked(body, headers, address="127.0.0.1")
        assert answer["statusCode"] == status, headers
        assert bool(header(answer, "www-authenticate")) is (status == 401)
    assert sold(store, "A") == 1


def test_a_client_s_conflict_is_409_and_a_shop_s_is_a_person_s(store: DynamoStore) -> None:
    key = {"authorization": f"Bearer {a_key(store)}"}
    assert asked(a_simple_body(("A", 1), order="o1"), key)["statusCode"] == 200
    answer = asked(a_simple_body(("A", 2), ("B", 1), order="o1"), key)
    assert (answer["statusCode"], answer["json"]["code"], answer["json"]["ok"]) == (409, "conflict", False)
    assert [line["status"] for line in answer["json"]["results"]] == ["conflict", "recorded"]
    assert sold(store, "B") == 1


def test_a_return_is_taken_once(store: DynamoStore) -> None:
    key = {"authorization": f"Bearer {a_key(store)}"}
    body = {"sku": "A", "quantity": 2, "disposition": "SELLABLE", "tx": "r1"}
    first = asked(json.dumps(body).encode(), key, path=RETURNS)
    again = asked(json.dumps(body).encode(), key, path=RETURNS)
    other = asked(json.dumps({**body, "quantity": 3}).encode(), key, path=RETURNS)
    assert (first["json"]["processed"], first["json"]["action"], first["json"]["synced"]) == (True, "sync", True)
    assert (again["json"]["processed"], again["json"]["action"], again["json"]["version"]) == (False, "skipped", 1)
    assert (other["statusCode"], other["json"]["code"], other["json"]["field"]) == (409, "conflict", "tx")
    assert kinds(store, "A") == {"ReturnReceived": 1}


def test_it_measures_what_became_of_orders_and_of_returns(
    store: DynamoStore, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(ON_LAMBDA, "webhook")
    key = {"authorization": f"Bearer {a_key(store)}"}
    order = an_order_body(a_line(1, "A", 2), a_line(2, "B", 2))
    back = json.dumps({"sku": "A", "quantity": 1, "disposition": "SELLABLE", "returnOrderId": "r1"}).encode()

    def counts(ask: Callable[[], object]) -> dict[str, float]:
        ask()
        found = measured(capsys.readouterr().out, "webhook")
        return {name: found[name] for name in ("Appended", "Duplicates", "Conflicts", "Errors") if name in found}

    assert counts(lambda: delivered(order)) == {"Appended": 2}
    assert counts(lambda: delivered(order)) == {"Duplicates": 2}
    assert counts(lambda: asked(back, key, path=RETURNS)) == {"Appended": 1}
    assert counts(lambda: asked(back, key, path=RETURNS)) == {"Duplicates": 1}
    assert counts(lambda: asked(a_simple_body(("A", 1), order="o1"), key)) == {"Appended": 1}
    assert counts(lambda: asked(a_simple_body(("A", 2), order="o1"), key)) == {"Conflicts": 1}
    webhook._doors.cache_clear()  # noqa: SLF001 - cold again
    monkeypatch.setenv("SYNCSTATE_DYNAMODB_PREFIX", "nowhere-")
    monkeypatch.setenv("SYNCSTATE_DYNAMODB_ENDPOINT", "http://127.0.0.1:9")
    assert counts(lambda: delivered(order)) == {"Errors": 1}


def test_what_cannot_be_read_is_400_with_what_was_wrong(store: DynamoStore) -> None:
    key = {"authorization": f"Bearer {a_key(store)}"}
    for body, field in ((b"{", None), (b'{"items": []}', "items"), (a_simple_body(("A", -1)), "items[0].quantity")):
        answer = asked(body, key)
        assert (answer["statusCode"], answer["json"].get("field")) == (400, field)
    event = http_event(body=b"x", headers=key)
    assert webhook.handler({**event, "isBase64Encoded": True, "body": "%%%"}, None)["statusCode"] == 400


def test_other_paths_methods_and_sizes_are_told_apart(store: DynamoStore) -> None:
    del store
    assert asked(path="/webhook/elsewhere")["statusCode"] == 404
    gotten = asked(method="GET")
    assert (gotten["statusCode"], header(gotten, "allow")) == (405, "POST")
    assert asked(b"x" * (256 * 1024 + 1))["statusCode"] == 413
    long = b"x" * (4 * 1024 * 1024 + 1)
    assert asked(long, shopify_headers(long))["statusCode"] == 413


def test_an_older_payload_format_is_told_what_to_set(store: DynamoStore) -> None:
    del store
    answer = webhook.handler({**http_event(), "version": "1.0"}, None)
    assert (answer["statusCode"], "set the integration's to 2.0" in answer["body"]) == (500, True)


def test_a_store_that_cannot_be_reached_is_503_and_says_to_come_again(
    surroundings: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    del surroundings
    monkeypatch.setenv("SYNCSTATE_SHOPIFY_SECRETS", json.dumps(SHOPS))
    monkeypatch.setattr("syncstate.lambdas.webhook.open_dynamodb", _away)
    answer = delivered(an_order_body())
    assert (answer["statusCode"], header(answer, "retry-after")) == (503, "1")


def _away(*_: object, **__: object) -> None:
    from processor.errors import StoreUnavailable

    raise StoreUnavailable("open", "it is away")


@pytest.fixture
def vault(store: DynamoStore, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[object], None]]:
    """Secrets Manager, and what changes the secret that the function's shops are in."""
    del store
    monkeypatch.delenv("SYNCSTATE_SHOPIFY_SECRETS")
    monkeypatch.setenv("SYNCSTATE_AWS_SECRET", "syncstate/shops")

    with mock_aws(config={"core": {"mock_credentials": False, "passthrough": {"urls": ["http://127.0.0.1.*"]}}}):
        client = boto3.client("secretsmanager")
        client.create_secret(Name="syncstate/shops", SecretString=json.dumps(SHOPS))
        yield lambda value: client.put_secret_value(SecretId="syncstate/shops", SecretString=json.dumps(value)) and None


def test_secrets_come_from_secrets_manager_and_a_rotation_works_at_once(
    vault: Callable[[object], None], store: DynamoStore
) -> None:
    body = an_order_body(a_line(1, "A", 1))
    assert delivered(body)["statusCode"] == 200
    rotated = an_order_body(a_line(2, "B", 1), id_=4502)
    headers = shopify_headers(rotated, signer="fresh")
    assert asked(rotated, headers)["statusCode"] == 401
    webhook._doors.cache_clear()  # noqa: SLF001 - half a minute passes
    assert delivered(body)["statusCode"] == 200
    vault({SHOP: {"tenant": "acme", "secrets": ["fresh", "hush"]}})
    assert asked(rotated, headers)["statusCode"] == 200
    assert delivered(body)["statusCode"] == 200
    assert (sold(store, "A"), sold(store, "B")) == (1, 1)


@pytest.mark.parametrize(("value", "hint"), [(None, "make it in this region"), ([], "it holds JSON such as")])
def test_without_a_secret_that_can_be_read_deliveries_come_again(
    vault: Callable[[object], None], monkeypatch: pytest.MonkeyPatch, value: object, hint: str
) -> None:
    if value is None:
        monkeypatch.setenv("SYNCSTATE_AWS_SECRET", "syncstate/elsewhere")
    else:
        vault(value)
    answer = delivered(an_order_body())
    assert (answer["statusCode"], hint in answer["json"]["error"]) == (503, True)


def test_after_its_first_delivery_a_process_has_imported_only_what_reaches_aws(store: DynamoStore) -> None:
    program = """
import json, sys
from syncstate.lambdas import webhook
before = set(sys.modules)
answer = webhook.handler(json.loads(sys.argv[1]), None)
late = set(sys.modules) - before
roots = {"structlog", "rich", "fastapi", "httpx", "ingest", "stock", "web", "projections", "channels"}
print(answer["statusCode"], *sorted(name for name in late if name.split(".")[0] in roots))
"""
    body = an_order_body(a_line(1, "A", 1))
    event = json.dumps(http_event(body=body, headers=shopify_headers(body)))
    done = subprocess.run(
        [sys.executable, "-c", program, event],
        env={**os.environ, ON_LAMBDA: "webhook"},
        capture_output=True,
        text=True,
        check=True,
    )
    *metrics, told = done.stdout.splitlines()
    assert [json.loads(line)["Appended"] for line in metrics] == [[1.0]]
    assert told == "200"
    assert sold(store, "A") == 1
