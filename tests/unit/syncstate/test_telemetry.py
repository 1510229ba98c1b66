"""What a function tells of itself: one line and one document of metrics, whatever becomes of it, at little cost."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, get_args

import pytest
import structlog
from pydantic import ValidationError

from processor.clock import Instant
from processor.log import Appended, Conflict, Duplicate, Stale
from processor.rung import Rung
from syncstate import tracing
from syncstate.lambdas import api, projections, runtime, telemetry, webhook
from tests.factories import a_model, a_recorded, a_stream
from tests.gateway import http_event

CONTEXT = SimpleNamespace(aws_request_id="3f1c")
PAGE = Path(__file__).parents[3] / "docs/how-to/watch-on-aws.md"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"


@pytest.fixture
def on_lambda(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As in a process that Lambda has just begun; logging is as it was afterwards."""
    before = structlog.get_config()
    monkeypatch.setenv(telemetry.ON_LAMBDA, "a-function")
    monkeypatch.setattr(telemetry, "_process", {"cold": True, "logs": False})
    yield
    structlog.configure(**before)


def told(captured: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in captured.splitlines()]


@pytest.mark.usefixtures("on_lambda")
def test_an_invocation_writes_one_document_of_metrics_and_one_line(capfd: pytest.CaptureFixture[str]) -> None:
    @telemetry.observed("project")
    def handler(event: dict[str, Any], context: object) -> str:
        del event, context
        meter = telemetry.meter()
        meter.count("BatchSize", 10)
        meter.count("Retries", 0)
        meter.rung(Rung(folded=7, behind={(a_model(), a_stream()): "poison"}))
        meter.folded([Instant("2026-11-20T10:00:00.000000Z"), Instant("2026-11-20T10:00:02.500000Z")], now())
        return "answer"

    assert handler({}, CONTEXT) == "answer"
    captured = capfd.readouterr()
    [metrics], [line] = told(captured.out), told(captured.err)
    [directive] = metrics["_aws"]["CloudWatchMetrics"]
    units = {metric["Name"]: metric["Unit"] for metric in directive["Metrics"]}
    assert (directive["Namespace"], directive["Dimensions"]) == ("SyncState", [["service"]])
    assert metrics["service"] == "project"
    assert metrics["request_id"] == "3f1c"
    assert {name: metrics[name] for name in units if name != "Duration"} == {
        "BatchSize": [10.0],
        "Retries": [0.0],
        "Events": [7.0],
        "Waiting": [1.0],
        "ColdStarts": [1.0],
        "Lag": [500.0],
        "WebhookToProjection": [3000.0],
    }
    assert {name for name, unit in units.items() if unit == "Milliseconds"} == {
        "Lag",
        "WebhookToProjection",
        "Duration",
    }
    assert metrics["Duration"][0] > 0
    assert {**line, "Duration": 0, "timestamp": ""} == {
        "event": "lambda.done",
        "level": "info",
        "timestamp": "",
        "function": "project",
        "request_id": "3f1c",
        "cold": True,
        "BatchSize": 10,
        "Retries": 0,
        "Events": 7,
        "Waiting": 1,
        "Lag": 500.0,
        "WebhookToProjection": 3000.0,
        "Duration": 0,
    }


def now() -> Instant:
    return Instant("2026-11-20T10:00:03.000000Z")


@pytest.mark.usefixtures("on_lambda")
def test_what_a_handler_raises_is_told_with_its_metrics_and_raised_on(capfd: pytest.CaptureFixture[str]) -> None:
    @telemetry.observed("redo")
    def handler(event: dict[str, Any], context: object) -> None:
        del context
        telemetry.meter().count("BatchSize", 3)
        raise LookupError(event["secret"][:4])

    with pytest.raises(LookupError):
        handler({"secret": "gone, and hush-hush"}, CONTEXT)
    captured = capfd.readouterr()
    [metrics], [failed, done] = told(captured.out), told(captured.err)
    assert (metrics["BatchSize"], metrics["Errors"]) == ([3.0], [1.0])
    assert (failed["event"], failed["function"], failed["request_id"]) == ("lambda.failed", "redo", "3f1c")
    assert failed["exception"][0]["exc_type"] == "LookupError"
    assert "hush" not in captured.err
    assert done["event"] == "lambda.done"


@pytest.mark.usefixtures("on_lambda")
@pytest.mark.parametrize("function", [api, projections, webhook])
@pytest.mark.parametrize("value", ['{"a.example": ["hush-hush"}', '{"a.example": ["hush-hush", ""]}', "hush-hush"])
def test_settings_that_cannot_be_read_are_told_without_what_they_hold(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, function: ModuleType, value: str
) -> None:
    runtime.settings.cache_clear()
    monkeypatch.setenv("SYNCSTATE_SHOPIFY_SECRETS", value)
    event = {**http_event("GET", "/health"), "Records": []}
    with pytest.raises(ValidationError, match=r"(?i)shopify_secrets") as raised:
        function.handler(event, CONTEXT)
    captured = capfd.readouterr()
    assert "lambda.failed" in captured.err
    assert "hush" not in captured.err + captured.out + str(raised.value)


@pytest.mark.usefixtures("on_lambda")
def test_only_the_first_invocation_of_a_process_is_cold(capfd: pytest.CaptureFixture[str]) -> None:
    for _ in range(3):
        with telemetry.invocation("sweep", {}, CONTEXT):
            pass
    assert [line["ColdStarts"] for line in told(capfd.readouterr().out)] == [[1.0], [0.0], [0.0]]


@pytest.mark.usefixtures("on_lambda")
def test_every_line_of_an_invocation_names_it_and_no_line_after_it_does(capfd: pytest.CaptureFixture[str]) -> None:
    with telemetry.invocation("project", {"headers": {"Traceparent": PARENT}}, CONTEXT):
        structlog.get_logger("elsewhere").info("something.happened")
    structlog.get_logger("elsewhere").info("something.later")
    inside, _, after = told(capfd.readouterr().err)
    assert (inside["function"], inside["request_id"], inside["trace_id"]) == ("project", "3f1c", TRACE)
    assert not {"function", "request_id", "trace_id"} & set(after)


@pytest.mark.usefixtures("on_lambda")
def test_metrics_that_cannot_be_written_fail_no_invocation(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OSError("the pipe is gone")

    monkeypatch.setattr(telemetry, "_emit", broken)
    with telemetry.invocation("sweep", {}, CONTEXT):
        pass
    assert [line["event"] for line in told(capfd.readouterr().err)] == ["lambda.done", "lambda.metrics_lost"]


def test_elsewhere_than_on_lambda_no_metrics_are_written(capfd: pytest.CaptureFixture[str]) -> None:
    with telemetry.invocation("project", {}, None) as meter:
        meter.count("BatchSize")
    assert '"_aws"' not in capfd.readouterr().out


def test_what_became_of_facts_is_counted() -> None:
    meter = telemetry.Meter()
    meter.appended([Appended(a_recorded()), Duplicate(1), Duplicate(2), Conflict(1), Stale(3)])
    assert meter.counts == {"Appended": 1, "Duplicates": 2, "Conflicts": 1, "Stale": 1}


def test_an_event_from_the_future_is_new_and_no_events_are_of_no_age() -> None:
    meter = telemetry.Meter()
    meter.folded([], now())
    assert meter.times == {}
    meter.folded([Instant("2026-11-20T10:00:04.000000Z")], now())
    assert meter.times == {"Lag": 0.0, "WebhookToProjection": 0.0}


def test_importing_it_imports_neither_the_library_of_metrics_nor_structlog() -> None:
    code = "import sys, syncstate.lambdas.telemetry; print({'aws_lambda_powertools', 'structlog'} & {*sys.modules})"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"


def test_the_page_on_watching_names_every_metric_and_no_other() -> None:
    rows = (line for line in PAGE.read_text().splitlines() if line.startswith("| `"))
    named = {name for row in rows for name in re.findall("`([A-Za-z]+)`", row.split("|")[1])}
    alarms = {"Errors", "Lag", "Lagging", "Quarantined", "WebhookToProjection", "Woken", "webhook", "api", "redo"}
    assert named - alarms == {*get_args(telemetry.Counted), *get_args(telemetry.Timed), "ColdStarts"} - alarms


@pytest.mark.parametrize("given", ["", "a b", "x" * 129, 'a"}', "a\nb", None])
def test_a_request_id_that_is_no_plain_word_is_replaced(given: str | None) -> None:
    made = tracing.request_id(given)
    assert made != given
    assert len(made) == 32


def test_a_request_id_that_is_a_plain_word_is_kept() -> None:
    assert tracing.request_id("Root=1-67891233-abcdef012345678912345678") == "Root=1-67891233-abcdef012345678912345678"


@pytest.mark.parametrize("given", ["", "00-0-0-0", PARENT.upper(), f"00-{'0' * 32}-00f067aa0ba902b7-01", f"{PARENT}x"])
def test_a_trace_that_is_none_is_not_taken_for_one(given: str) -> None:
    assert tracing.trace_id(given) is None


def test_without_a_header_the_trace_is_x_ray_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(tracing.XRAY, "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1")
    assert tracing.ids_of({"headers": {"traceparent": "?"}}, CONTEXT) == {
        "request_id": "3f1c",
        "trace_id": "1-5759e988-bd862e3fe1be46a994272793",
    }
    assert tracing.ids_of([], None) == {"trace_id": "1-5759e988-bd862e3fe1be46a994272793"}
