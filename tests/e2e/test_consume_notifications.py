"""`syncstate consume-notifications` as a process, from ministack's SQS into a data folder."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests import servers
from tests.e2e.serving import ROOT, Server, command, environment
from tests.payloads.amazon import (
    SELLER,
    a_quantity_change,
    an_item,
    an_order_change,
    by_eventbridge,
    by_sns,
    encoded,
)

pytestmark = pytest.mark.slow

KEYS = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "AWS_DEFAULT_REGION": "us-east-1"}
_numbers = count(1)


class Mailbox:
    """A queue of ministack's that Amazon would fill."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self._client = boto3.client(
            "sqs",
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id="local",
            aws_secret_access_key="local",  # noqa: S106 - ministack checks none
        )
        self.url = self._client.create_queue(QueueName=f"amazon{next(_numbers)}")["QueueUrl"]

    def put(self, *told: object) -> None:
        for one in told:
            self._client.send_message(QueueUrl=self.url, MessageBody=encoded(one).decode())

    @property
    def left(self) -> int:
        """How many messages are there still, those out of sight too."""
        found = self._client.get_queue_attributes(QueueUrl=self.url, AttributeNames=["All"])["Attributes"]
        return int(found["ApproximateNumberOfMessages"]) + int(found["ApproximateNumberOfMessagesNotVisible"])

    def close(self) -> None:
        self._client.delete_queue(QueueUrl=self.url)
        self._client.close()


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    sentence = servers.missing("ministack")
    if sentence is not None:
        (pytest.fail if servers.required() else pytest.skip)(sentence)
    mailbox = Mailbox(servers.ministack())
    yield mailbox
    mailbox.close()


def surroundings(mailbox: Mailbox) -> dict[str, str]:
    return environment(AWS_ENDPOINT_URL_SQS=mailbox.endpoint, SYNCSTATE_AMAZON_SELLER=SELLER, **KEYS)


def run(mailbox: Mailbox, *arguments: str, data: Path) -> subprocess.CompletedProcess[str]:
    return command(*arguments, "--data", str(data), env=surroundings(mailbox))


def answer(mailbox: Mailbox, *arguments: str, data: Path, code: int = 0) -> dict[str, Any]:
    done = run(mailbox, *arguments, "--json", data=data)
    assert done.returncode == code, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_from_the_queue_into_the_log_and_out_of_quarantine(mailbox: Mailbox, tmp_path: Path) -> None:
    data = tmp_path / "data"
    with Server(data):
        assert run(mailbox, "count", "SHIRT", "10", data=data).returncode == 0
    order = an_order_change(an_item(quantity=2), an_item("i-2", "MUG-AMZ", 1))
    mailbox.put(order, by_sns(order), by_eventbridge(a_quantity_change(id_="n-2")), {"hello": 1})
    taking = ("consume-notifications", "--queue", mailbox.url, "--once")
    assert answer(mailbox, *taking, data=data) == {
        "messages": 4,
        "recorded": 2,
        "duplicates": 1,
        "ignored": 0,
        "quarantined": 1,
        "waits": None,
    }
    assert mailbox.left == 0
    assert answer(mailbox, "buffer", "SHIRT", data=data)["physical"] == 8
    [waits] = answer(mailbox, "unmapped", data=data)["unmapped"]
    assert [line["listing"] for line in waits["lines"]] == ["MUG-AMZ"]
    assert "MUG-AMZ" in run(mailbox, "unmapped", data=data).stdout
    assert run(mailbox, "map", "MUG", "--seller-sku", "MUG-AMZ", data=data).returncode == 0
    assert run(mailbox, "unmapped", data=data).stdout == "no line waits\n"
    [record] = answer(mailbox, "quarantine", "list", data=data)["records"]
    assert record["source"] == "amazon"
    assert run(mailbox, "quarantine", "redrive", record["id"], data=data).returncode == 1
    assert run(mailbox, "quarantine", "discard", record["id"], data=data).returncode == 0
    assert run(mailbox, *taking, data=data).stdout == "0 messages: 0 recorded, 0 known before, 0 of no interest\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_goes_on_until_it_is_told_to_stop_and_leaves_nothing_undone(
    mailbox: Mailbox, tmp_path: Path, number: signal.Signals
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "syncstate", "consume-notifications", "--queue", mailbox.url, "--json"],
        env={**surroundings(mailbox), "PYTHONPATH": str(ROOT), "SYNCSTATE_DATA": str(tmp_path / "data")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        for number_ in range(1, 4):
            mailbox.put(an_order_change(order=f"{number_:03d}-1234567-1234567", id_=str(number_)))
            assert json.loads(process.stdout.readline())["messages"] == number_
        process.send_signal(number)
        out, _ = process.communicate(timeout=30)
    finally:
        process.kill()
    assert (process.returncode, out, mailbox.left) == (0, "", 0)


def test_what_cannot_be_is_said_with_what_to_do(mailbox: Mailbox, tmp_path: Path) -> None:
    data = tmp_path / "data"
    missing = run(mailbox, "consume-notifications", "--queue", f"{mailbox.url}-gone", data=data)
    assert missing.returncode == 1
    assert "could not receive messages" in missing.stderr
    odd = run(mailbox, "consume-notifications", "--queue", "nowhere", "--once", data=data)
    assert odd.returncode == 1
    assert "Traceback" not in odd.stderr
    with Server(data):
        served = run(mailbox, "consume-notifications", "--queue", mailbox.url, "--once", data=data)
    assert (served.returncode, "is served at" in served.stderr) == (1, True)
    nobody = command(
        "consume-notifications", "--queue", mailbox.url, "--data", str(data), env=environment(**KEYS), cwd=tmp_path
    )
    assert nobody.returncode == 2
    assert "set SYNCSTATE_AMAZON_SELLER" in nobody.stderr
