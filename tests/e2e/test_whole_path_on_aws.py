"""The whole path on ministack, each part as it is deployed, from a shop's signed webhook to what Amazon shows.

HTTP API -> the webhook's function -> table -> stream -> the projections' function -> read models -> work queue -> the
dispatcher's function -> a small Amazon.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from channels.simulators.amazon import Simulator, simulated_amazon
from localstack import packaging
from localstack.account import Account
from localstack.amazon import settings
from localstack.environment import SHOPS, Environment
from localstack.layout import BUFFER, DEAD, FUNCTIONS, QUEUES, REDO, STREAM
from localstack.orders import asked
from localstack.schedules import Schedules
from processor.clock import system_clock
from processor.letters import fact_letters, redo_letters
from processor.log import Append
from stock.events import SaleRecorded
from stock.facts import fact
from stock.identities import Sku, sku_stream
from tests import servers
from tests.e2e.serving import environment as clean
from tests.kinesis import a_sale_of, aggregate, cut_off, data_of, with_a_bad_checksum, with_a_bad_record
from tests.payloads import SECRET, SHOP, a_line, an_order_body, shopify_headers

if TYPE_CHECKING:
    from types_boto3_kinesis.type_defs import PutRecordsRequestEntryTypeDef

pytestmark = pytest.mark.slow

SECONDS = 180
KILLINGS, ORDERS = 4, 300
PREFIX = "whole-"


class Aws:
    """The deployed program, as a shop and an operator see it."""

    def __init__(self, account: Account, environment: Environment, amazon: Simulator) -> None:
        address = environment.front.address()
        assert address is not None
        self.account, self.environment, self.amazon = account, environment, amazon
        self._webhook, self._api = f"{address.webhook}/webhook/shopify", address.api
        made = self.command("keys", "create", "--role", "admin", "--json")
        self._key = {"Authorization": f"Bearer {json.loads(made)['key']}", "Content-Type": "application/json"}

    def deliver(self, body: bytes, headers: dict[str, str] | None = None) -> int:
        """Post what a shop posts; return the status."""
        status, _ = asked("POST", self._webhook, body, shopify_headers(body) if headers is None else headers)
        return status

    def deliver_until_taken(self, body: bytes) -> int:
        """Deliver again and again, as Shopify does, until it is taken; return how often it was not."""
        deadline, refused = time.monotonic() + SECONDS, 0
        while (status := self.deliver(body)) != 200:
            refused += 1
            assert status >= 500, status  # anything less would not be delivered again with another outcome
            assert time.monotonic() < deadline, status
            time.sleep(0.2)
        return refused

    def ask(self, method: str, path: str, body: object = None) -> Any:
        status, answer = asked(method, f"{self._api}{path}", json.dumps(body).encode() if body else None, self._key)
        assert status in (200, 201), (status, answer)
        return json.loads(answer)

    def begin(self, sku: str, count: int, buffer: int = 0) -> None:
        """Count a SKU, set its buffer and put it on sale at Amazon."""
        self.amazon.amazon.put_listing(sku, quantity=0)
        self.ask("POST", "/api/adjustments", {"sku": sku, "count": count})
        self.ask("POST", f"/api/buffer/{quote(sku, safe='')}", {"bufferQty": buffer})
        self.ask("POST", "/api/mapping", {"sku": sku, "asin": "B0WHOLE001"})

    def stock(self, sku: str) -> int | None:
        found: int | None = self.ask("GET", f"/api/inventory/{quote(sku, safe='')}")["physical"]
        return found

    def sales(self, sku: str) -> list[int]:
        """Return the quantity of each sale in the SKU's ledger."""
        events = self.ask("GET", f"/api/events/{quote(sku, safe='')}?limit=1000")["events"]
        return [event["data"]["quantity"] for event in events if event["type"] == "SaleRecorded"]

    def dead_letters(self) -> int:
        return sum(self.environment.queues.waiting(f"{queue}{DEAD}") for queue in QUEUES)

    @contextmanager
    def deaf(self, *functions: str) -> Iterator[None]:
        """Let nothing reach functions from their sources meanwhile; it comes to them afterwards."""
        found = [self._mapping(name) for name in functions]
        for mapping in found:
            self.account.functions.update_event_source_mapping(UUID=mapping, Enabled=False)
        time.sleep(2)  # what was under way
        yield
        for mapping in found:
            self.account.functions.update_event_source_mapping(UUID=mapping, Enabled=True)

    def _mapping(self, name: str) -> str:
        found = self.account.functions.list_event_source_mappings(FunctionName=self.account.name(name))
        [mapping] = found["EventSourceMappings"]
        return mapping["UUID"]

    @contextmanager
    def every_minute(self, name: str, function: str, event: str) -> Iterator[None]:
        """Set a schedule to the shortest that there is, for a while."""
        rules: Any = self.account.client("events")
        rules.put_rule(Name=self.account.name(name), ScheduleExpression="rate(1 minute)")
        arn = f"arn:aws:lambda:{self.account.region}:{self.account.id}:function:{self.account.name(function)}"
        rules.put_targets(Rule=self.account.name(name), Targets=[{"Id": "function", "Arn": arn, "Input": event}])
        yield
        Schedules(self.account, self.environment.functions).create()

    def logged(self, function: str) -> list[dict[str, Any]]:
        """Return the JSON lines in a function's log: its own, and its documents of metrics."""
        logs: Any = self.account.client("logs")
        group = f"/aws/lambda/{self.account.name(function)}"
        if not logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
            return []
        lines: list[str] = []
        for stream in logs.describe_log_streams(logGroupName=group)["logStreams"]:
            page = {"logGroupName": group, "logStreamName": stream["logStreamName"], "startFromHead": True}
            lines += [event["message"] for event in logs.get_log_events(**page, limit=10_000)["events"]]
        return [json.loads(line) for line in lines if line.startswith("{")]

    def counted(self, function: str, name: str) -> float:
        """Return the sum of a metric over a function's invocations so far."""
        documents = [line for line in self.logged(function) if "_aws" in line]
        return float(sum(document[name][0] for document in documents if name in document))

    def command(self, *arguments: str) -> str:
        """Run the command line on the same store."""
        store = {"SYNCSTATE_STORE": "dynamodb", "SYNCSTATE_DYNAMODB_PREFIX": PREFIX}
        done = subprocess.run(
            [sys.executable, "-m", "syncstate", *arguments],
            env=clean(**self.account.variables, **store),
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        return done.stdout


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    sentence = servers.missing("ministack")
    if sentence is not None:
        (pytest.fail if servers.required() else pytest.skip)(sentence)
    account = Account(servers.ministack(), prefix=PREFIX)
    with simulated_amazon() as amazon:
        wanted = {**settings(amazon.url), SHOPS: json.dumps({SHOP: [SECRET]})}
        environment = Environment(account, packaging.package(), packaging.runtime("here"), settings=wanted)
        environment.create()
        yield Aws(account, environment, amazon)
        environment.delete()


def eventually(probe: Callable[[], object], wanted: object) -> None:
    deadline = time.monotonic() + SECONDS
    while (seen := probe()) != wanted and time.monotonic() < deadline:
        time.sleep(0.2)
    assert seen == wanted


def test_an_order_delivered_twenty_times_at_once_is_counted_once_and_amazon_shows_what_is_left(aws: Aws) -> None:
    aws.begin("TSHIRT-RED-M", 60, buffer=5)
    body = an_order_body(a_line(1, "TSHIRT-RED-M", 2), id_=1001)
    with ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(lambda _: aws.deliver(body), range(20)))
    # A store in the middle of one of them may send another away, and a busy machine may let a function's time run out;
    # the shop delivers that again.
    assert all(status == 200 or status >= 500 for status in statuses)
    aws.deliver_until_taken(body)
    eventually(lambda: aws.stock("TSHIRT-RED-M"), 58)
    eventually(lambda: aws.amazon.amazon.quantity("TSHIRT-RED-M"), 53)
    assert aws.sales("TSHIRT-RED-M") == [2]
    eventually(lambda: aws.ask("GET", "/api/inventory/TSHIRT-RED-M")["lastBroadcast"], 53)


def test_what_no_shop_of_ours_signed_is_refused_and_leaves_no_trace(aws: Aws) -> None:
    aws.begin("MUG", 10)
    body = an_order_body(a_line(1, "MUG", 3), id_=2001)
    forged = {**shopify_headers(body), "X-Shopify-Hmac-Sha256": "bm90IGl0"}
    stranger = {**shopify_headers(body), "X-Shopify-Shop-Domain": "another.myshopify.com"}
    unsigned = {name: value for name, value in shopify_headers(body).items() if "hmac" not in name.lower()}
    changed = an_order_body(a_line(1, "MUG", 4), id_=2001)
    assert [aws.deliver(body, one) for one in (forged, stranger, unsigned)] == [401, 401, 401]
    assert aws.deliver(changed, shopify_headers(body)) == 401
    assert aws.sales("MUG") == []
    assert aws.stock("MUG") == 10


def test_facts_from_kinesis_count_once_and_what_is_broken_is_kept(aws: Aws) -> None:
    aws.begin("SOCKS", 100)
    whole = aggregate([a_sale_of("SOCKS", 1, tx=f"k{number}") for number in range(5)])
    never = [a_sale_of("SOCKS", 50, tx=f"never{number}") for number in range(3)]
    sent = [
        whole,
        data_of(a_sale_of("SOCKS", 2, tx="single")),
        whole,
        with_a_bad_checksum(never),
        cut_off(never, len(aggregate(never)) // 2),
        with_a_bad_record([a_sale_of("SOCKS", 1, tx="before"), *never], 1),
    ]
    records: list[PutRecordsRequestEntryTypeDef] = [{"Data": data, "PartitionKey": "socks"} for data in sent]
    aws.account.kinesis.put_records(StreamName=aws.account.name(STREAM), Records=records)
    eventually(lambda: aws.ask("GET", "/api/dead-letters")["count"], 3)
    eventually(lambda: sorted(aws.sales("SOCKS")), [1] * 6 + [2])
    eventually(lambda: aws.stock("SOCKS"), 92)
    eventually(lambda: aws.amazon.amazon.quantity("SOCKS"), 92)


def test_what_was_lost_is_found_on_schedule(aws: Aws) -> None:
    """First records of the stream reach nobody, which the sweep finds; then wakes do, which reconcile finds."""
    aws.begin("GLOVES", 30)
    eventually(lambda: aws.amazon.amazon.quantity("GLOVES"), 30)
    with aws.every_minute("sweep", "sweep", '{"hours": 0}'), aws.deaf("dispatcher"):
        with aws.deaf("projections"):
            aws.deliver_until_taken(an_order_body(a_line(1, "GLOVES", 4), id_=3001))
            assert aws.sales("GLOVES") == [4]
            assert aws.stock("GLOVES") == 30, "nobody has folded it"
            eventually(lambda: aws.stock("GLOVES"), 26)
            assert aws.counted("sweep", "Lagging") > 0
        time.sleep(3)  # wakes may be delayed by a second, and what the stream brings now sends none that lasts longer
        aws.account.sqs.purge_queue(QueueUrl=aws.environment.queues.url("work") or "")
        assert aws.environment.queues.waiting("work") == 0
        assert aws.amazon.amazon.quantity("GLOVES") == 30
    eventually(lambda: aws.amazon.amazon.quantity("GLOVES"), 26)
    assert aws.counted("reconcile", "Woken") > 0
    assert aws.sales("GLOVES") == [4]


def test_every_function_tells_of_each_invocation_in_json_and_measures_it(aws: Aws) -> None:
    aws.begin("HOSE", 30)
    aws.deliver_until_taken(an_order_body(a_line(1, "HOSE", 1), id_=4001))
    sent = data_of(a_sale_of("HOSE", 2, tx="by-kinesis"))
    aws.account.kinesis.put_record(StreamName=aws.account.name(STREAM), Data=sent, PartitionKey="hose")
    stream = sku_stream("default", Sku("HOSE"))
    waited = fact(SaleRecorded(4), tx="late", at=system_clock(), source="api")
    for queue, letters in ((BUFFER, fact_letters([Append(stream, (waited,))])), (REDO, redo_letters([stream]))):
        for letter in letters:
            aws.account.sqs.send_message(QueueUrl=aws.environment.queues.url(queue) or "", MessageBody=letter.decode())
    for function in ("sweep", "reconcile"):
        aws.account.functions.invoke(FunctionName=aws.account.name(function), Payload=b"{}")
    eventually(lambda: aws.stock("HOSE"), 23)
    eventually(lambda: aws.amazon.amazon.quantity("HOSE"), 23)
    eventually(lambda: all(aws.counted(name, "BatchSize") for name in ("redo", "buffer", "kinesis")), wanted=True)
    for function in (one.name for one in FUNCTIONS):
        lines = aws.logged(function)
        done = [line for line in lines if line.get("event") == "lambda.done"]
        documents = [line for line in lines if "_aws" in line]
        assert abs(len(done) - len(documents)) <= 1, "they come one after the other"
        assert done, function
        assert len({line["request_id"] for line in done}) == len(done), "each names its own invocation"
        assert all((line["function"], line["level"]) == (function, "info") for line in done)
        assert all(line["timestamp"] for line in lines if "_aws" not in line)
        assert all("Duration" in document and document["service"] == function for document in documents)
    for function, name in (
        ("webhook", "Appended"),
        ("api", "Appended"),
        ("buffer", "Appended"),
        ("kinesis", "Appended"),
        ("projections", "WebhookToProjection"),
        ("redo", "Retries"),
        ("dispatcher", "Accepted"),
    ):
        assert aws.counted(function, name) > 0, (function, name)


def test_functions_that_are_killed_in_the_middle_lose_nothing_and_count_nothing_twice(aws: Aws) -> None:
    """Like the machines that functions run on: gone at any moment, with what they had begun."""
    skus = ("CAP", "POSTER A2/MATT", "SCARF")
    for sku in skus:
        aws.begin(sku, 1000)
    bodies = [
        an_order_body(a_line(n, skus[n % 3], 1), a_line(n + 5000, skus[(n + 1) % 3], 2), id_=n)
        for n in range(1, ORDERS + 1)
    ]
    with ThreadPoolExecutor(6) as pool:
        delivering = [pool.submit(aws.deliver_until_taken, body) for body in bodies * 2]
        killed = 0
        for _ in range(KILLINGS):  # each lets them start again: a start takes seconds on a busy machine
            killed += _kill_functions(("webhook", "projections", "dispatcher"))
            time.sleep(4)
        refused = sum(done.result() for done in delivering)
    assert killed >= KILLINGS
    assert refused > 0, "nobody was killed in the middle of anything"
    for sku in skus:  # each order sells three units, of two SKUs
        eventually(partial(aws.stock, sku), 1000 - ORDERS)
        assert sorted(aws.sales(sku)) == [1] * (ORDERS // 3) + [2] * (ORDERS // 3)
        eventually(partial(aws.amazon.amazon.quantity, sku), 1000 - ORDERS)
    assert aws.dead_letters() == 0


def _kill_functions(names: Sequence[str]) -> int:
    """Kill the processes of functions, as if their machines were gone; return how many there were."""
    killed = 0
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            command = (process / "cmdline").read_bytes().decode(errors="replace")
            if any(f"ministack-lambda-{PREFIX}{name}-" in command for name in names):
                os.kill(int(process.name), signal.SIGKILL)
                killed += 1
    return killed
