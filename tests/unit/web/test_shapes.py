"""What long answers are sent as is what their models describe, field for field and in the same order."""

import json

import pytest

from processor.engine import Engine
from stock.dispositions import Disposition
from stock.events import BroadcastAccepted, ListingMapped, ReturnReceived, SaleRecorded, StockAdjusted
from tests.unit.web.client import Client
from tests.unit.web.telling import of, on_amazon, tell
from web.answers import Answer
from web.api.alerts import AlertsAnswer, SevereAnswer
from web.api.explain import ExplainAnswer
from web.api.inventory import ListingAnswer
from web.api.ledger import LedgerAnswer
from web.api.mapping import MappingsAnswer
from web.api.report import ReportAnswer
from web.api.returns import ReturnsAnswer
from web.api.transactions import TransactionAnswer

SHAPES: dict[str, type[Answer]] = {
    "/api/alerts": AlertsAnswer,
    "/api/alerts/unread": AlertsAnswer,
    "/api/alerts/severity/warning": SevereAnswer,
    "/api/inventory": ListingAnswer,
    "/api/returns": ReturnsAnswer,
    "/api/events/A": LedgerAnswer,
    "/api/explain/A": ExplainAnswer,
    "/api/mapping": MappingsAnswer,
    "/api/report": ReportAnswer,
    "/api/transactions/sold": TransactionAnswer,
}


@pytest.mark.parametrize("path", SHAPES)
def test_an_answer_reads_as_it_is_described(client: Client, engine: Engine, path: str) -> None:
    for name in ("A", "B"):
        tell(engine, of(name), StockAdjusted(9, "opening"), ListingMapped("amazon", name, "B0DEMO0001"))
        tell(engine, of(name), ReturnReceived(1, "merchant", Disposition.CUSTOMER_DAMAGED, "o1", "torn"))
        tell(engine, of(name), SaleRecorded(2, "o1"), tx="tx:sold")
        tell(engine, on_amazon(name), BroadcastAccepted(1, 9, 3, name))
    answer = client.get(path)
    assert answer.headers["content-type"] == "application/json"
    read = SHAPES[path].model_validate_json(answer.content)
    assert json.dumps(answer.json()) == json.dumps(json.loads(read.model_dump_json()))
    assert sum(len(part) for part in answer.json().values() if isinstance(part, list | dict)) >= 2
