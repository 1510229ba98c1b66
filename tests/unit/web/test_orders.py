import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator

import pytest
from starlette.types import Message

from processor.adapters.memory import MemoryStore
from processor.engine import Engine
from processor.errors import Misuse
from tests.payloads import a_line, a_simple_body, an_order_body, payload, shopify_headers
from tests.unit.web.client import HOST, Client
from web.app import create_app
from web.services import Services

HOOK = "/webhook/shopify"


def opened(client: Client, sku: str, quantity: int) -> None:
    answer = client.post(HOOK, a_simple_body((sku, quantity), order=f"init-{sku}"))
    assert answer.status_code == 200, answer.text


def test_a_simple_order_answers_with_the_numbers_after_it(client: Client) -> None:
    opened(client, "A", 10)
    answer = client.post(HOOK, a_simple_body(("A", 3), order="o1"))
    assert answer.status_code == 200
    assert answer.json() == {
        "ok": True,
        "success": True,
        "tx": "o1",
        "queued": 1,
        "duplicates": 0,
        "inventoryAfter": {"A": 7},
        "broadcastAfter": {"A": 7},
        "pending": False,
    }


def test_a_signed_order_is_taken(client: Client) -> None:
    opened(client, "TSHIRT-RED-M", 10)
    body = payload("shopify/orders_create.json")
    answer = client.post(HOOK, body, shopify_headers(body)).json()
    assert answer["success"] is True
    assert answer["inventoryAfter"] == {"TSHIRT-RED-M": 8, "MUG/BLUE 11oz #2": 0}


def test_a_repetition_answers_with_the_present_numbers(client: Client) -> None:
    opened(client, "A", 10)
    for order, quantity in (("o1", 3), ("o2", 2)):
        client.post(HOOK, a_simple_body(("A", quantity), order=order))
    again = client.post(HOOK, a_simple_body(("A", 3), order="o1")).json()
    assert (again["queued"], again["duplicates"], again["inventoryAfter"]) == (1, 1, {"A": 5})


def test_of_two_lines_of_one_sku_the_answer_shows_what_is_left_after_both(client: Client) -> None:
    opened(client, "A", 10)
    answer = client.post(HOOK, a_simple_body(("A", 1), ("A", 2), ("B", 0), order="o1")).json()
    assert (answer["queued"], answer["inventoryAfter"]) == (3, {"A": 7, "B": 0})


def test_a_conflict_is_409_with_a_result_per_line(client: Client) -> None:
    opened(client, "A", 10)
    client.post(HOOK, a_simple_body(("A", 3), order="o1"))
    answer = client.post(HOOK, a_simple_body(("B", 1), ("A", 4), order="o1"))
    assert answer.status_code == 409
    body = answer.json()
    assert (body["ok"], body["success"], body["code"], body["field"]) == (False, False, "conflict", "items[1].quantity")
    assert [line["status"] for line in body["results"]] == ["recorded", "conflict"]
    assert body["inventoryAfter"] == {"B": 0, "A": 7}


def test_a_conflict_that_a_shop_sends_is_acknowledged_and_alerted(client: Client) -> None:
    """Two orders claim one line: the second tells its quantity, reached in one step, as the first did in two."""
    for order, quantity in ((9, 1), (9, 2), (10, 2)):
        body = an_order_body(a_line(1, "A", quantity), id_=order)
        assert client.post(HOOK, body, shopify_headers(body)).status_code == 200
    [alert] = client.get("/api/alerts").json()["alerts"]
    assert alert["type"] == "manual_review"
    assert alert["message"].startswith("shopify:10: ")


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        (b"{", "invalid_json", None),
        (b"[]", "invalid", None),
        (a_simple_body(("A", -1)), "invalid", "items[0].quantity"),
        (a_simple_body((" ", 1)), "invalid", "items[0].sku"),
    ],
)
def test_bad_input_is_400_and_names_the_field(client: Client, body: bytes, code: str, field: str | None) -> None:
    answer = client.post(HOOK, body)
    assert answer.status_code == 400
    error = answer.json()
    assert (error["ok"], error["code"], error.get("field")) == (False, code, field)
    assert error["error"]


def test_a_bad_signature_is_401(client: Client) -> None:
    body = an_order_body()
    answer = client.post(HOOK, body, shopify_headers(body, signer="guessed"))
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")


def test_an_empty_signature_is_no_way_around_it(client: Client) -> None:
    answer = client.post(HOOK, a_simple_body(("A", 1)), {"X-Shopify-Hmac-Sha256": ""})
    assert answer.status_code == 401


def test_a_topic_of_no_interest_is_acknowledged(client: Client) -> None:
    body = b"{}"
    answer = client.post(HOOK, body, shopify_headers(body, topic="carts/update"))
    assert (answer.status_code, answer.json()["ignored"]) == (200, "carts/update")


@pytest.mark.parametrize("declared", [True, False])
def test_a_body_over_256_kib_is_413(client: Client, *, declared: bool) -> None:
    async def in_pieces() -> AsyncIterator[bytes]:
        for _ in range(5):
            yield b" " * 65536

    body: object = b" " * (256 * 1024 + 1) if declared else in_pieces()
    answer = client.ask("POST", HOOK, content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_a_body_that_declares_itself_too_long_is_not_even_read(client: Client) -> None:
    async def unread() -> AsyncIterator[bytes]:
        pytest.fail("the body was read")
        yield b""

    headers = {"Content-Length": str(256 * 1024 + 1), "Content-Type": "application/json"}
    answer = client.ask("POST", HOOK, content=unread(), headers=headers)
    assert answer.status_code == 413


def test_a_client_that_leaves_in_the_middle_of_a_body_is_no_failure_of_ours(parts: Services) -> None:
    """Asked below HTTP: a client that has left reads no answer."""
    arriving: list[Message] = [
        {"type": "http.request", "body": b'{"orderId"', "more_body": True},
        {"type": "http.disconnect"},
    ]
    sent: list[Message] = []

    async def receive() -> Message:
        return arriving.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"host", b"localhost"), (b"content-type", b"application/json")]
    scope = {
        "type": "http",
        "method": "POST",
        "path": HOOK,
        "headers": headers,
        "query_string": b"",
        "client": ("127.0.0.1", 1),
    }
    asyncio.run(create_app(parts)(scope, receive, send))
    assert sent[0]["status"] == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": f"http://{HOST}:81"},
    ],
)
def test_a_page_of_another_site_cannot_send_orders(client: Client, headers: dict[str, str]) -> None:
    answer = client.post(HOOK, a_simple_body(("A", 1)), headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "foreign_origin")
    assert client.get("/api/inventory/A").status_code == 404


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {"Origin": f"http://{HOST}"}]
)
def test_a_page_of_our_own_may(client: Client, headers: dict[str, str]) -> None:
    assert client.post(HOOK, a_simple_body(("A", 1)), headers).status_code == 200


def test_a_store_that_waiting_does_not_mend_is_500_with_its_own_sentence(client: Client, engine: Engine) -> None:
    def damaged(*_: object) -> list[bool]:
        raise Misuse("the file is no database")

    engine.store.log.append = damaged  # type: ignore[method-assign, assignment]
    answer = client.post(HOOK, a_simple_body(("A", 1)))
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "no database" in answer.json()["error"]


def test_a_long_signed_order_is_taken(client: Client) -> None:
    lines = [a_line(number, "A", 1, name="x" * 3000) for number in range(500)]
    body = an_order_body(*lines)
    assert len(body) > 1024 * 1024
    answer = client.post(HOOK, body, shopify_headers(body))
    assert (answer.status_code, answer.json()["queued"]) == (200, 500)


def test_400_sales_at_once_leave_600_and_each_gets_a_number_of_its_own(client: Client) -> None:
    opened(client, "A", 1000)
    answers = client.post_at_once(HOOK, [(a_simple_body(("A", 1), order=f"o{n}"), {}) for n in range(400)])
    assert {answer.status_code for answer in answers} == {200}
    assert sorted(answer.json()["inventoryAfter"]["A"] for answer in answers) == list(range(600, 1000))
    assert client.get("/api/inventory/A").json()["physical"] == 600


def test_one_signed_order_delivered_twenty_times_at_once_counts_once(client: Client) -> None:
    opened(client, "A", 1000)
    body = an_order_body(a_line(1, "A", 2))
    answers = client.post_at_once(HOOK, [(body, shopify_headers(body))] * 20)
    assert Counter(answer.json()["duplicates"] for answer in answers) == {0: 1, 1: 19}
    assert client.get("/api/inventory/A").json()["physical"] == 998


def test_what_is_durable_but_not_folded_is_pending_with_unknown_numbers(client: Client, engine: Engine) -> None:
    store = engine.store
    assert isinstance(store, MemoryStore)

    def unavailable(*_: object) -> list[bool]:
        raise RuntimeError("the models are away")

    store.models.commit = unavailable  # type: ignore[method-assign, assignment]
    answer = client.post(HOOK, a_simple_body(("A", 1), order="o1"))
    assert answer.status_code == 200
    assert answer.json()["pending"] is True
    assert answer.json()["inventoryAfter"] == {"A": None}
    del store.models.commit
    engine.sweeper.sweep()
    assert client.get("/api/inventory/A").json()["version"] == 1


def test_a_stopping_server_answers_503_and_says_when_to_come_again(client: Client, engine: Engine) -> None:
    engine.recorder.close()
    answer = client.post(HOOK, a_simple_body(("A", 1)))
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert int(answer.headers["Retry-After"]) >= 1


def test_sku_numbers_in_answers_are_never_lost_to_json(client: Client) -> None:
    answer = client.post(HOOK, b'{"orderId": 9007199254740993, "items": [{"sku": "A", "quantity": "5"}]}')
    assert json.loads(answer.content)["tx"] == "9007199254740993"
