"""What became of a transaction, by whatever name its sender gave it."""

import pytest

from processor.engine import Engine
from stock.events import BroadcastAccepted, BufferSet, ListingMapped, SaleRecorded, StockAdjusted, StockCounted
from tests.payloads import a_line, a_simple_body, an_order_body, shopify_headers
from tests.unit.web.client import Client
from tests.unit.web.telling import of, on_amazon, tell

HOOK = "/webhook/shopify"


def sell(client: Client, order: str, *items: tuple[str, int]) -> None:
    assert client.post(HOOK, a_simple_body(*items, order=order)).status_code == 200


def test_an_order_is_found_with_every_line_of_it(client: Client) -> None:
    sell(client, "o/1", ("A", 2), ("B", 1), ("A", 3), ("C", 0), ("C", 4))
    answer = client.get("/api/transactions/o%2F1").json()
    assert (answer["tx"], answer["action"], answer["status"]) == ("o/1", "sale", "recorded")
    assert answer["timestamp"].endswith("Z")
    assert sorted((f["sku"], f["version"], f["quantity"], f["action"]) for f in answer["facts"]) == [
        ("A", 1, 2, "sale"),
        ("A", 2, 3, "sale"),
        ("B", 1, 1, "sale"),
        ("C", 1, 4, "sale"),
    ]
    assert client.get("/api/transactions", tx="o/1").json() == answer


def test_an_order_whose_first_line_stored_nothing_is_found(client: Client) -> None:
    sell(client, "o1", ("A", 0), ("A", 0), ("A", 5))
    assert client.get("/api/transactions/o1").json()["facts"][0]["quantity"] == 5


@pytest.mark.parametrize("empty", range(3, 9))
def test_a_long_order_is_found_whole_wherever_lines_of_it_stored_nothing(client: Client, empty: int) -> None:
    sell(client, "o1", *((f"S{nth}", 0 if nth in {empty, empty + 1} else 1) for nth in range(60)))
    assert len(client.get("/api/transactions/o1").json()["facts"]) == 58


def test_opening_stock_is_an_adjustment(client: Client) -> None:
    sell(client, "init-1", ("A", 9))
    [fact] = client.get("/api/transactions/init-1").json()["facts"]
    assert (fact["action"], fact["quantity"], fact["data"]["reason"]) == ("adjustment", 9, "opening")


@pytest.mark.parametrize(
    ("happened", "action", "quantity"),
    [
        (StockCounted(0), "count", 0),
        (BufferSet(2), "buffer", 2),
        (StockAdjusted(-4, "damage"), "adjustment", -4),
        (ListingMapped("amazon", "A"), "mapping", None),
    ],
)
def test_a_fact_is_found_by_the_tx_its_client_chose(
    client: Client, engine: Engine, happened: StockCounted, action: str, quantity: int | None
) -> None:
    tell(engine, of("A"), happened, tx="tx:mine")
    answer = client.get("/api/transactions/mine").json()
    assert (answer["action"], answer["status"], answer["facts"][0]["quantity"]) == (action, "recorded", quantity)


def test_a_fact_is_found_by_its_stored_identity_and_by_one_that_was_hashed(client: Client, engine: Engine) -> None:
    tell(engine, of("A"), SaleRecorded(1), tx="return:abc")
    tell(engine, of("B"), SaleRecorded(2), tx="tx:" + "x" * 300)
    assert client.get("/api/transactions/return:abc").json()["facts"][0]["sku"] == "A"
    assert client.get("/api/transactions/" + "x" * 300).json()["facts"][0]["sku"] == "B"


def test_a_shop_s_order_is_found_by_its_number(client: Client) -> None:
    body = an_order_body(a_line(1, "A", 2), a_line(2, "B", 1), id_=9007199254740993)
    client.post(HOOK, body, shopify_headers(body))
    answer = client.get("/api/transactions/shopify:9007199254740993").json()
    assert (answer["action"], answer["source"]) == ("sale", "shopify")
    assert [(fact["sku"], fact["quantity"], fact["data"]["line"]) for fact in answer["facts"]] == [
        ("A", 2, "1"),
        ("B", 1, "2"),
    ]
    by_number = client.get("/api/transactions/9007199254740993").json()
    assert by_number == {**answer, "tx": "9007199254740993"}


def test_a_shop_s_order_that_changed_no_stock_is_found_too(client: Client) -> None:
    body = an_order_body(a_line(1, None), id_=7)
    client.post(HOOK, body, shopify_headers(body))
    answer = client.get("/api/transactions/shopify:7").json()
    assert (answer["action"], answer["status"], answer["facts"]) == ("order", "recorded", [])


def test_a_sale_is_pending_until_amazon_took_a_quantity_that_counts_it(client: Client, engine: Engine) -> None:
    tell(engine, of("A"), StockAdjusted(10, "opening"), ListingMapped("amazon", "A"))
    tell(engine, on_amazon("A"), BroadcastAccepted(1, 10, 1, "A"))
    sell(client, "o1", ("A", 1))
    assert client.get("/api/transactions/o1").json()["status"] == "pending"
    tell(engine, on_amazon("A"), BroadcastAccepted(2, 9, 3, "A"))
    assert client.get("/api/transactions/o1").json()["status"] == "completed"
    sell(client, "o2", ("A", 1))
    statuses = [client.get(f"/api/transactions/{order}").json()["status"] for order in ("o1", "o2")]
    assert statuses == ["completed", "pending"]


def test_an_order_is_completed_once_each_of_its_skus_is(client: Client, engine: Engine) -> None:
    for name in ("A", "B"):
        tell(engine, of(name), StockAdjusted(10, "opening"), ListingMapped("amazon", name))
    sell(client, "o1", ("A", 1), ("B", 1), ("UNMAPPED", 1))
    tell(engine, on_amazon("A"), BroadcastAccepted(1, 9, 3, "A"))
    assert client.get("/api/transactions/o1").json()["status"] == "pending"
    tell(engine, on_amazon("B"), BroadcastAccepted(1, 9, 3, "B"))
    assert client.get("/api/transactions/o1").json()["status"] == "completed"


def test_a_sale_that_changes_nothing_shown_is_completed_by_what_was_taken_before(
    client: Client, engine: Engine
) -> None:
    tell(engine, of("A"), StockAdjusted(3, "opening"), BufferSet(5), ListingMapped("amazon", "A"))
    tell(engine, on_amazon("A"), BroadcastAccepted(1, 0, 1, "A"))
    sell(client, "o1", ("A", 1))
    assert client.get("/api/transactions/o1").json()["status"] == "completed"


@pytest.mark.parametrize("tx", ["nothing", "shopify:", "shopify:1", "1", "shopify:" + "9" * 300, "attempt:1"])
def test_what_nobody_recorded_is_404(client: Client, engine: Engine, tx: str) -> None:
    tell(engine, on_amazon("A"), BroadcastAccepted(1, 9, 3, "A"), tx="attempt:1")
    answer = client.get(f"/api/transactions/{tx}")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_tx")


@pytest.mark.parametrize("tx", ["%20", "a%00b", "%0A", "x" * 501])
def test_what_is_no_tx_is_400(client: Client, tx: str) -> None:
    answer = client.get(f"/api/transactions/{tx}")
    assert (answer.status_code, answer.json()["field"]) == (400, "tx")


def test_another_tenant_s_transaction_is_404(client: Client, engine: Engine) -> None:
    tell(engine, of("A", tenant="other"), SaleRecorded(1), tx="simple:o1:1")
    assert client.get("/api/transactions/o1").status_code == 404


def test_a_transaction_of_many_facts_is_cut_and_says_so(client: Client) -> None:
    sell(client, "o1", *((f"S{n}", 1) for n in range(101)))
    answer = client.get("/api/transactions/o1").json()
    assert (len(answer["facts"]), answer["truncated"]) == (100, True)


def test_two_lines_of_one_sku_are_completed_by_a_quantity_that_counts_both(client: Client, engine: Engine) -> None:
    tell(engine, of("A"), StockAdjusted(10, "opening"), ListingMapped("amazon", "A"))
    sell(client, "o1", ("A", 1), ("A", 2))
    tell(engine, on_amazon("A"), BroadcastAccepted(1, 9, 3, "A"))
    assert client.get("/api/transactions/o1").json()["status"] == "pending"
    tell(engine, on_amazon("A"), BroadcastAccepted(2, 7, 4, "A"))
    tell(engine, of("A"), SaleRecorded(1))
    assert client.get("/api/transactions/o1").json()["status"] == "completed"
