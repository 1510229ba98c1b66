"""What a function makes of an event, and of its answer."""

import json
from base64 import b64encode
from urllib.parse import quote

import pytest

from syncstate.lambdas.gateway import UnknownFormat, answer, problem, request_of
from tests.gateway import Front, http_event

NAMES = ("A", "A/B", "100% wool", "%2F", "%25", "%252F", "a b", "ä/日本", "a#b", "a+b", "👍🏽")


@pytest.mark.parametrize("stage", ["$default", "prod"])
@pytest.mark.parametrize("front", ["http_api", "function_url"])
@pytest.mark.parametrize("name", NAMES)
def test_a_path_is_read_as_it_was_meant(name: str, front: Front, stage: str) -> None:
    event = http_event("GET", f"/api/inventory/{quote(name, safe='')}", front=front, stage=stage)
    assert request_of(event).path == f"/api/inventory/{name}"


def test_a_path_that_only_begins_as_the_stage_keeps_its_beginning() -> None:
    event = http_event("GET", "/x", stage="prod")
    event["rawPath"] = "/products"
    assert request_of(event).path == "/products"
    event["rawPath"] = "/prod"
    assert request_of(event).path == "/"


@pytest.mark.parametrize("body", [b"", b"{}", "ä 日本".encode(), bytes(range(256))])
def test_a_body_is_what_was_sent_byte_by_byte(body: bytes) -> None:
    assert request_of(http_event(body=body, binary=True)).body == body


def test_a_body_that_is_no_base64_is_refused() -> None:
    event = {**http_event(body=b"x"), "isBase64Encoded": True, "body": b64encode(b"x").decode() + "*"}
    with pytest.raises(ValueError):  # noqa: PT011 - binascii's own
        request_of(event)


@pytest.mark.parametrize("version", [None, "1.0", 2.0])
def test_another_format_is_told(version: object) -> None:
    with pytest.raises(UnknownFormat, match="set the integration's to"):
        request_of({**http_event(), "version": version})


def test_an_answer_is_json_and_a_problem_leaves_out_what_it_does_not_say() -> None:
    told = answer(200, {"sku": "日本", "n": None})
    assert (told["statusCode"], json.loads(told["body"])) == (200, {"sku": "日本", "n": None})
    wrong = problem(503, "unavailable", "later", Retry_After="1")
    assert json.loads(wrong["body"]) == {"ok": False, "error": "later", "code": "unavailable"}
    assert wrong["headers"] == {"content-type": "application/json", "Retry-After": "1"}
