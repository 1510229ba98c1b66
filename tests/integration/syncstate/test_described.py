"""The API does what its OpenAPI document says, whatever it is sent: on both SQL stores, every operation."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from hypothesis import HealthCheck, Phase, settings
from schemathesis.core.transport import Response
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from processor.adapters.memory import MemoryStore
from processor.clock import system_clock
from processor.engine import Engine
from processor.store import Store
from projections import PROJECTIONS
from projections.alerts.documents import alert_id
from stock.codec import decode
from stock.events import (
    DeltaInDoubt,
    DeltaIntended,
    LevelCompared,
    LevelUnexplained,
    ListingMapped,
    ProductSeen,
    ProductVariant,
    StockAdjusted,
)
from stock.identities import channel_stream, product_stream, sku, sku_stream
from syncstate.settings import Settings
from syncstate.wiring import services
from tests.integration.syncstate.stocked import AT, SHIRT, record, stock
from tests.kinesis import arrival
from tests.payloads import SECRET, SHOP
from tests.stores import Place
from tests.unit.web.test_quarantine import poison
from web.answers import ErrorAnswer
from web.api.questions import EXAMPLE
from web.app import create_app
from web.services import Services

BOTH = pytest.mark.parametrize("kind", ["sqlite", "postgres"], indirect=True)

DAMAGED = sku_stream("default", sku("DAMAGED"))
IN_QUESTION = (
    LevelCompared("7", 30, 0, 2, AT),
    DeltaIntended(1, -2, 30, "k1", "7", "48", 2, 2),
    DeltaInDoubt(1, -2),
    LevelUnexplained(1, 3, 33),
)
PRODUCT = "9007199254740993"
A_KEY, A_STREAM, A_RECORD = "a-key-that-is-there", "a-stream-that-is-stopped", "a-record-that-is-kept"
KNOWN = {
    "sku": ["SHIRT", "MUG 100% #1"],
    "id": [alert_id(SHIRT, 5, "stock_low"), A_KEY],
    "tx": ["t5", "shopify:4501"],
    "product_id": [PRODUCT],
    "level": ["warning", "critical"],
    "projection": ["inventory"],
    "stream": [A_STREAM],
    "record": [A_RECORD],
}
"""Half of the values of these parameters: of what is made up, nothing is known."""

BATCH = "POST /api/batch"
"""It takes a body that does not fit, for a fact that is wrong is told so in its place. Of eight kinds of facts there
are some 500 edge cases, which the routes of single facts are sent already: it is sent random ones alone.
"""

WEBHOOK = "POST /webhook/shopify"
"""A topic that nobody knows is answered with success, whatever its body: a shop would only send it again."""

CONFIG: dict[str, Any] = {
    "warnings": False,
    "analysis": {"constants": {"enabled": False}},
    "phases": {"coverage": {"unexpected-methods": ["OPTIONS", "PUT", "DELETE"]}},
    "operations": [{"include-name": BATCH, "phases": {"coverage": {"enabled": False}}}],
    "dictionaries": {name: {"values": values} for name, values in KNOWN.items()},
    "parameters": {
        f"{place}.{name}": {"dictionary": name, "probability": 0.5} for name in KNOWN for place in ("path", "query")
    },
}


def parts_of(engine: Engine) -> Services:
    return services(Settings(shopify_secrets={SHOP: (SECRET,)}, amazon_seller="A1"), engine, system_clock)


def an_application() -> FastAPI:
    """Return an application to be looked at, not asked."""
    with closing(Engine(MemoryStore(), PROJECTIONS, decode, watch="inventory")) as engine:
        return create_app(parts_of(engine))


Case = schemathesis.Case[Any]
APP = an_application()
DOCUMENT = APP.openapi()
API = schemathesis.openapi.from_dict(DOCUMENT, config=schemathesis.Config.from_dict(CONFIG))
API.app = APP  # so that no case needs a socket; `Asked` names the application that each one asks


@dataclass
class Asked:
    """An application over a store where a little of everything has happened, and how it has answered."""

    app: FastAPI
    known: dict[str, str]
    answered: set[int] = field(default_factory=set)

    def __call__(self, case: Case) -> Response:
        for name, value in case.path_parameters.items():
            case.path_parameters[name] = self.known.get(value, value)
        operator = {"Authorization": f"Bearer {self.app.state.services.guard.token}"}
        answer = case.call(app=self.app, headers=operator)
        self.answered.add(answer.status_code)
        return answer


def furnish(store: Store) -> None:
    stock(store)
    with closing(Engine(store, PROJECTIONS, decode, watch="inventory")) as engine:
        record(engine, sku_stream("default", sku("MUG 100% #1")), [StockAdjusted(5, "opening")])
        for name in ("unmapped", "health"):
            record(engine, sku_stream("default", sku(name)), [ListingMapped("amazon", name)])
        record(
            engine, sku_stream("default", sku(EXAMPLE)), [StockAdjusted(5, "opening"), ListingMapped("shopify", "7")]
        )
        record(engine, channel_stream("default", "shopify", sku(EXAMPLE)), IN_QUESTION)
        record(engine, product_stream("default", "shopify", PRODUCT), [ProductSeen((ProductVariant("1", "SHIRT"),))])


@pytest.fixture
def asked(place: Place, request: pytest.FixtureRequest) -> Iterator[Asked]:
    store = place.open()
    furnish(store)
    with closing(Engine(store, PROJECTIONS, decode, watch="inventory")) as engine:
        if "quarantine" in request.node.name:
            poison(engine, DAMAGED)
        parts = parts_of(engine)
        engine.sweeper.start()
        key, _ = parts.guard.keys.create("default", "read", "till")
        kept = parts.letters.letters.keep("default", arrival(b"?", sub=0), "why")
        asked = Asked(create_app(parts), {A_KEY: key.id, A_STREAM: str(DAMAGED), A_RECORD: kept.id})
        yield asked
        assert asked.answered & {HTTPStatus.OK, HTTPStatus.CREATED}, "nothing that was sent was right"


CHECKS: list[Any] = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    unsupported_method,
    allow_header_conformance,
]
UNDECLARED = {405}
"""What `default` stands for. Any other status is named by the operations that answer it."""


@BOTH
@API.parametrize()
@settings(
    max_examples=10,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_operation_answers_as_it_is_described(case: Case, asked: Asked) -> None:
    answer = asked(case)
    declared = case.operation.definition.raw["responses"]
    assert answer.status_code < 500
    assert str(answer.status_code) in declared or answer.status_code in UNDECLARED
    if answer.status_code >= 400:
        told = ErrorAnswer.model_validate(answer.json())
        assert not told.ok
        assert told.error
        assert told.code
    strict = [] if case.operation.label in (BATCH, WEBHOOK) else [negative_data_rejection]
    case.validate_response(answer, checks=CHECKS + strict)


NOT_DESCRIBED = {
    ("GET", "/openapi.json"): "it is the description",
    ("GET", "/docs"): "the page that shows it",
    ("GET", "/docs/page.css"): "a part of it",
    ("GET", "/docs/page.js"): "a part of it",
    ("HEAD", "/health"): "as GET, with nothing: for load balancers",
    ("HEAD", "/health/ready"): "the same",
} | {
    (method, f"/api/{name}/"): "the path without its end, of a client that left the SKU out: as without the slash"
    for name in ("buffer", "threshold")
    for method in ("GET", "POST")
}


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def test_every_route_is_described_or_has_a_reason_not_to_be() -> None:
    routes = {
        (method, route.path_format) for route in iter_route_contexts(APP.routes) for method in route.methods or ()
    }
    described = {(method.upper(), path) for path, methods in DOCUMENT["paths"].items() for method in methods}
    assert routes - described == set(NOT_DESCRIBED)
    assert described <= routes


BODILESS = ("/read", "/revoke", "}/redrive", "/discard")
"""How the paths end whose POST says all by itself."""


def test_every_operation_is_described_in_full() -> None:
    for label, operation in operations():
        assert operation["summary"], label
        assert operation["description"], label
        assert all(parameter.get("description") for parameter in operation.get("parameters", [])), label
        assert operation["responses"]["default"]["content"]["application/json"]["schema"] == {
            "$ref": "#/components/schemas/ErrorAnswer"
        }, label
        assert any(code.startswith("2") for code in operation["responses"]), label
        bodiless = not label.startswith("POST") or label.endswith(BODILESS)
        schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
        assert bodiless == (schema is None), label


def test_every_operation_declares_how_it_may_fail() -> None:
    refused = {"$ref": "#/components/schemas/ErrorAnswer"}
    for label, operation in operations():
        answers = operation["responses"]
        if label == "GET /health":
            assert not {"400", "401", "403"} & set(answers)
            continue
        assert {"400", "401", "403", "429", "503"} <= set(answers), label
        assert ("413" in answers) == ("requestBody" in operation), label
        assert ("415" in answers) == label.startswith(("POST", "DELETE")), label
        assert answers["400"]["content"]["application/json"]["schema"] == refused, label
        assert all(answer["description"] for answer in answers.values()), label
    unknown = {label for label, operation in operations() if "404" in operation["responses"]}
    assert {"GET /api/inventory/{sku}", "GET /api/transactions/{tx}", "POST /api/alerts/{id}/read"} <= unknown
    assert not {"POST /api/buffer", "POST /api/batch", "GET /api/status"} & unknown


def test_no_operation_promises_a_422() -> None:
    assert "422" not in {code for _, operation in operations() for code in operation["responses"]}
    assert "HTTPValidationError" not in DOCUMENT["components"]["schemas"]
