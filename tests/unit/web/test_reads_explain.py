"""The ledger in words."""

from processor.engine import Engine
from stock.dispositions import Disposition
from stock.events import (
    BroadcastAccepted,
    BufferSet,
    ListingMapped,
    ReturnReceived,
    SaleCancelled,
    SaleRecorded,
    StockAdjusted,
    StockCounted,
)
from tests.unit.web.client import Client
from tests.unit.web.telling import of, on_amazon, tell


def test_why_is_it_7(client: Client, engine: Engine) -> None:
    tell(engine, of("TSHIRT"), StockAdjusted(99, "opening"), StockCounted(10))
    tell(engine, of("TSHIRT"), SaleRecorded(1, "o1"), SaleRecorded(2, "o2"), SaleRecorded(1, "o2"), SaleRecorded(1))
    tell(engine, of("TSHIRT"), SaleCancelled(1, "o2"), ReturnReceived(1, "merchant", Disposition.SELLABLE, "o1"))
    tell(engine, of("TSHIRT"), ReturnReceived(2, "merchant", Disposition.CUSTOMER_DAMAGED))
    tell(engine, of("TSHIRT"), ReturnReceived(1, "merchant", Disposition.UNKNOWN), BufferSet(3))
    tell(engine, of("TSHIRT"), ListingMapped("amazon", "TSHIRT"))
    tell(engine, on_amazon("TSHIRT"), BroadcastAccepted(1, 9, 3, "TSHIRT"))
    answer = client.get("/api/explain/TSHIRT").json()
    day = answer["events"][1]["at"][:10]
    told_at = client.get("/api/inventory/TSHIRT").json()["lastBroadcastAt"][:16].replace("T", " ")
    assert answer["summary"] == (
        f"TSHIRT: 7 on the shelf = 10 counted on {day} - 5 sold in 3 orders + 1 cancelled + 1 returned. "
        "3 held back, so channels are to show 4. "
        "Not for sale: 2 in quarantine, 1 on review. "
        f"Amazon was last told 9 at {told_at} UTC, and is to be told 4."
    )
    assert [event["text"] for event in answer["events"]] == [
        "99 brought in as opening stock: 99 on the shelf.",
        "10 counted, 99 were expected: 10 on the shelf.",
        "1 sold in order o1: 9 on the shelf.",
        "2 sold in order o2: 7 on the shelf.",
        "1 sold in order o2: 6 on the shelf.",
        "1 sold: 5 on the shelf.",
        "1 sold in order o2 and cancelled, free again: 6 on the shelf.",
        "1 came back SELLABLE from order o1, put on the shelf: 7 on the shelf.",
        "2 came back CUSTOMER_DAMAGED, put in quarantine: 7 on the shelf.",
        "1 came back UNKNOWN, held for review: 7 on the shelf.",
        "3 to be held back from channels: 7 on the shelf, 4 to show.",
        "sold on Amazon as TSHIRT: 7 on the shelf, 4 to show.",
    ]
    assert [event["version"] for event in answer["events"]] == list(range(1, 13))
    assert (answer["version"], answer["nextAfter"]) == (12, None)
    assert answer["events"][5]["after"]["physical"] == 5


def test_pages_join_and_each_tells_the_whole_in_short(client: Client, engine: Engine) -> None:
    tell(engine, of("A"), StockCounted(10), *(SaleRecorded(1) for _ in range(5)), StockCounted(4))
    whole = client.get("/api/explain/A").json()
    first = client.get("/api/explain/A", limit=3).json()
    second = client.get("/api/explain", sku="A", limit=3, after=first["nextAfter"]).json()
    third = client.get("/api/explain/A", limit=3, after=second["nextAfter"]).json()
    assert first["events"] + second["events"] + third["events"] == whole["events"]
    assert {page["summary"] for page in (first, second, third)} == {whole["summary"]}
    assert third["nextAfter"] is None
    assert whole["events"][-1]["text"] == "4 counted, 5 were expected: 4 on the shelf."
    assert client.get("/api/explain/A", limit=250).json() == whole
    assert client.get("/api/explain/A", limit=251).json()["field"] == "limit"


def test_what_was_never_counted_and_what_is_oversold_say_so(client: Client, engine: Engine) -> None:
    tell(engine, of("A"), SaleRecorded(3, "o1"))
    uncounted = client.get("/api/explain/A").json()
    assert uncounted["summary"] == (
        "A was never counted nor opened, so it reads as 0 and no channel is told: -3 sold in 1 order. "
        "It is not mapped to a listing on Amazon."
    )
    assert uncounted["events"][0]["text"] == "3 sold in order o1: not counted yet."
    tell(engine, of("A"), StockAdjusted(1, "opening"))
    assert (
        client.get("/api/explain/A")
        .json()["summary"]
        .startswith("A: 0 on the shelf, 2 sold beyond stock = 1 opening stock - 3 sold in 1 order.")
    )


def test_an_fba_return_never_reaches_the_shelf(client: Client, engine: Engine) -> None:
    tell(engine, of("A"), StockCounted(1), ReturnReceived(4, "fba", Disposition.SELLABLE))
    answer = client.get("/api/explain/A").json()
    assert "+4 in Amazon's own stock" in answer["summary"]
    assert answer["events"][1]["text"] == (
        "4 came back SELLABLE to Amazon's own stock, which is not this shelf: 1 on the shelf."
    )


def test_an_unknown_sku_is_404_and_no_sku_is_400(client: Client) -> None:
    assert client.get("/api/explain/NONE").status_code == 404
    assert client.get("/api/explain/%20").status_code == 400
    assert (client.get("/api/explain").status_code, client.get("/api/explain").json()["field"]) == (400, "sku")
