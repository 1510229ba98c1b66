"""What reaches which function: stand-ins in their places tell."""

import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from localstack import packaging
from localstack.account import Account
from localstack.environment import Environment
from localstack.front import Kind
from localstack.layout import Function
from localstack.orders import asked
from tests.integration.localstack.standins import NOTES

pytestmark = pytest.mark.slow

RUNTIME = packaging.runtime("here")


class Noting(Environment):
    """An environment whose functions are stand-ins that write into a queue of notes."""

    def __init__(self, account: Account, package: Path, front: Kind) -> None:
        self.notes = account.sqs.create_queue(QueueName=account.name("notes"))["QueueUrl"]
        super().__init__(account, package, RUNTIME, front=front, handlers=lambda _: "standins.handler")

    def variables(self, function: Function) -> dict[str, str]:
        return {**super().variables(function), NOTES: self.notes}


@pytest.fixture(params=["api", "urls"])
def environment(request: pytest.FixtureRequest, account: Account, package: Path) -> Iterator[Noting]:
    environment = Noting(account, package, request.param)
    environment.create()
    yield environment
    environment.delete()


def test_each_way_in_leads_to_its_function_with_the_body_as_it_was_sent(environment: Noting, account: Account) -> None:
    address = environment.front.address()
    assert address is not None
    body = '{"title": "Größe 🧦",\r\n "n": 1.0}'.encode()
    headers = {"Content-Type": "application/json", "X-Shopify-Hmac-Sha256": "abc="}
    told = _told(asked("POST", f"{address.webhook}/webhook/shopify?a=b", body, headers))
    assert told["function"] == account.name("webhook")
    assert told["event"]["rawPath"] == "/webhook/shopify"
    assert told["event"]["rawQueryString"] == "a=b"
    assert told["event"]["headers"]["x-shopify-hmac-sha256"] == "abc="
    assert told["event"]["body"].encode() == body

    for path in ("/api/inventory/A%2FB", "/health"):
        told = _told(asked("GET", f"{address.api}{path}"))
        assert told["function"] == account.name("api")
    assert _told(asked("POST", f"{address.api}/api/adjustments", b"{}", headers))["function"] == account.name("api")


def test_functions_find_their_tables_queues_and_secret_by_their_environment(
    environment: Noting, account: Account
) -> None:
    address = environment.front.address()
    assert address is not None
    found = _told(asked("POST", f"{address.webhook}/webhook/shopify", b"{}"))["environment"]
    assert found == {
        "SYNCSTATE_STORE": "dynamodb",
        "SYNCSTATE_DYNAMODB_PREFIX": account.prefix,
        "SYNCSTATE_AWS_SECRET": account.name("shops"),
        "SYNCSTATE_LOG_FORMAT": "json",
        "SYNCSTATE_REDO_QUEUE": environment.queues.url("redo"),
        "SYNCSTATE_BUFFER_QUEUE": environment.queues.url("buffer"),
        "SYNCSTATE_WORK_QUEUE": environment.queues.url("work"),
    }


def test_sources_reach_their_functions_and_claims_and_changes_do_not(environment: Noting, account: Account) -> None:
    event = {"pk": {"S": "default#sku#A"}, "sk": {"S": "e#000000000001"}, "type": {"S": "SaleRecorded"}}
    claim = {"pk": {"S": "x#default#abc"}, "sk": {"S": "x#sku#A"}, "version": {"N": "1"}}
    for item in (claim, event, {**event, "type": {"S": "changed"}}):  # the last is a change: there are none
        account.dynamodb.put_item(TableName=account.name("events"), Item=item)
    for queue in ("redo", "buffer", "work"):
        account.sqs.send_message(QueueUrl=environment.queues.url(queue) or "", MessageBody=f"for {queue}")
    account.kinesis.put_record(StreamName=account.name("orders"), Data=b"\xf3\x89\x9a\xc2raw", PartitionKey="k")

    told = _notes(account, environment.notes, {"projections", "redo", "buffer", "dispatcher", "kinesis"})
    assert {name: len(records) for name, records in told.items()} == dict.fromkeys(told, 1)
    [record] = told["projections"]
    assert record["eventName"] == "INSERT"
    assert record["dynamodb"]["NewImage"] == event
    assert "OldImage" not in record["dynamodb"]
    assert told["redo"][0]["body"] == "for redo"
    assert told["buffer"][0]["body"] == "for buffer"
    assert told["dispatcher"][0]["body"] == "for work"
    assert base64.b64decode(told["kinesis"][0]["kinesis"]["data"]) == b"\xf3\x89\x9a\xc2raw"
    assert [environment.queues.waiting(queue) for queue in ("redo", "buffer", "work")] == [0, 0, 0]


def _told(answer: tuple[int, bytes]) -> dict[str, Any]:
    status, body = answer
    assert status == 200, body
    told: dict[str, Any] = json.loads(body)
    return told


def _notes(account: Account, queue: str, functions: set[str]) -> dict[str, list[dict[str, Any]]]:
    """Return the records that reached each function, once each of `functions` has some and a second more has passed."""
    told: dict[str, list[dict[str, Any]]] = {}
    deadline, settled = time.monotonic() + 60, 0.0
    while time.monotonic() < deadline and not (settled and time.monotonic() > settled):
        for message in account.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", ()):
            note = json.loads(message["Body"])
            told.setdefault(note["function"].removeprefix(account.prefix), []).extend(note["event"]["Records"])
            account.sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        settled = settled or (time.monotonic() + 1 if set(told) >= functions else 0)
        time.sleep(0.1)
    return told
