"""The environment on ministack: created once or twice, mended, verified, deleted, and never anywhere but here."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from localstack import packaging
from localstack.account import Account, NotLocal
from localstack.environment import Environment
from localstack.front import Kind
from localstack.layout import FUNCTIONS, QUEUES

pytestmark = pytest.mark.slow

RUNTIME = packaging.runtime("here")


@pytest.fixture
def environment(account: Account, package: Path) -> Iterator[Environment]:
    environment = Environment(account, package, RUNTIME)
    environment.create()
    yield environment
    environment.delete()


def test_what_is_created_has_no_flaw_and_what_is_deleted_is_gone(environment: Environment, account: Account) -> None:
    assert list(environment.flaws()) == []
    environment.delete()
    flaws = list(environment.flaws())
    assert [flaw for flaw in flaws if "does not exist" not in flaw] == [
        f"no rule {account.prefix}sweep calls {account.prefix}sweep, at rate(5 minutes)",
        f"no rule {account.prefix}reconcile-due calls {account.prefix}reconcile, at rate(1 minute)",
        f"no rule {account.prefix}reconcile calls {account.prefix}reconcile, at rate(15 minutes)",
        "there is no way in over HTTP",
    ]
    assert len(flaws) == 4 + 3 + len(QUEUES) + 1 + 1 + 1 + len(FUNCTIONS) + 5
    environment.delete()  # of nothing


def test_creating_again_changes_nothing(environment: Environment, account: Account) -> None:
    before = (_mappings(account), environment.facts(), _revisions(account))
    assert (len(before[0]), len(before[2])) == (5, len(FUNCTIONS))
    environment.create()
    assert (_mappings(account), environment.facts(), _revisions(account)) == before


def test_creating_again_mends_what_was_taken_away(environment: Environment, account: Account) -> None:
    client = account.functions
    client.delete_function(FunctionName=account.name("webhook"))
    client.update_function_configuration(FunctionName=account.name("api"), Timeout=3)
    account.sqs.delete_queue(QueueUrl=environment.queues.url("work") or "")
    assert list(environment.flaws()) == [
        f"queue {account.prefix}work does not exist",
        f"function {account.prefix}webhook does not exist",
        f"function {account.prefix}api has another Timeout",
        # The address of a queue that is gone is none.
        *(f"function {account.prefix}{function.name} has another Environment" for function in FUNCTIONS[1:]),
    ]
    environment.create()
    assert list(environment.flaws()) == []


def test_what_a_stream_s_function_cannot_be_given_goes_to_the_bucket_whole(
    environment: Environment, account: Account
) -> None:
    for name, retries in (("projections", 5), ("kinesis", -1)):
        found = account.functions.list_event_source_mappings(FunctionName=account.name(name))
        [mapping] = found["EventSourceMappings"]
        assert mapping["DestinationConfig"]["OnFailure"] == {"Destination": environment.bucket.arn}
        assert (mapping["MaximumRetryAttempts"], mapping["BisectBatchOnFunctionError"]) == (retries, True)
        account.functions.update_event_source_mapping(UUID=mapping["UUID"], MaximumRetryAttempts=9)
    client = account.client("s3")
    client.put_object(Bucket=environment.bucket.name, Key="a-record", Body=b"{}")
    flaws = list(environment.flaws())
    assert [flaw.rpartition(" has ")[2] for flaw in flaws] == ["another MaximumRetryAttempts"] * 2
    environment.create()
    assert list(environment.flaws()) == []
    environment.delete()
    assert environment.bucket.name not in {bucket["Name"] for bucket in client.list_buckets()["Buckets"]}


def test_a_table_that_was_made_anew_is_read_from_its_own_stream(environment: Environment, account: Account) -> None:
    account.dynamodb.delete_table(TableName=account.name("events"))
    environment.create()
    [mapping] = account.functions.list_event_source_mappings(FunctionName=account.name("projections"))[
        "EventSourceMappings"
    ]
    assert mapping["EventSourceArn"] == environment.tables.stream_arn()


def test_new_shops_reach_the_secret_and_new_addresses_the_functions_that_sell(account: Account, package: Path) -> None:
    Environment(account, package, RUNTIME).create()
    settings = {"SYNCSTATE_SHOPIFY_SECRETS": '{"a.myshopify.com": ["s"]}', "SYNCSTATE_AMAZON_SELLER": "A1"}
    changed = Environment(account, package, RUNTIME, settings={**settings, "PATH": "/bin"})
    assert list(changed.flaws()) == [
        f"secret {account.prefix}shops holds other shops",
        f"function {account.prefix}dispatcher has another Environment",
        f"function {account.prefix}reconcile has another Environment",
    ]
    changed.create()
    assert list(changed.flaws()) == []
    changed.delete()


def test_two_environments_in_one_account_do_not_meet(account: Account, package: Path) -> None:
    other = Account(account.endpoint, prefix=f"other-{account.prefix}")
    first, second = Environment(account, package, RUNTIME), Environment(other, package, RUNTIME)
    first.create()
    second.create()
    first.delete()
    assert list(second.flaws()) == []
    second.delete()


@pytest.mark.parametrize(
    "endpoint",
    [None, "", "https://dynamodb.us-east-1.amazonaws.com", "http://10.0.0.5:4566", "http://localhost.evil.com"],
)
def test_nothing_is_created_in_aws_itself(endpoint: str | None) -> None:
    with pytest.raises(NotLocal, match="make localstack-up"):
        Account(endpoint)


@pytest.mark.parametrize("what", ["create", "delete", "verify", "show"])
def test_without_an_endpoint_the_command_says_what_to_set(what: str) -> None:
    done = _command(what, {})
    assert (done.returncode, done.stdout) == (2, "")
    assert "AWS_ENDPOINT_URL is not set" in done.stderr


def test_where_nobody_answers_the_command_says_so() -> None:
    done = _command("verify", {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"})
    assert done.returncode == 1
    assert "http://127.0.0.1:9" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("front", ["api", "urls"])
def test_the_command_creates_tells_and_verifies(account: Account, package: Path, front: Kind) -> None:
    there = {**account.variables, "SYNCSTATE_FUNCTIONS_PACKAGE": str(package)}
    created = _command(f"create --front {front}", there, account.prefix)
    assert created.returncode == 0, created.stderr
    assert f"endpoint  {account.endpoint}\n" in created.stdout
    assert "/webhook/shopify\n" in created.stdout
    assert _command(f"verify --front {front} --json", there, account.prefix).stdout == '{"flaws": []}\n'
    assert _command(f"delete --front {front}", there, account.prefix).returncode == 0
    assert _command(f"verify --front {front}", there, account.prefix).returncode == 1


def _command(what: str, variables: dict[str, str], prefix: str = "never-") -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "localstack.environment", *what.split(), "--prefix", prefix],
        env={"PATH": "/usr/bin:/bin", "AWS_EC2_METADATA_DISABLED": "true", **variables},
        cwd=packaging.ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def _mappings(account: Account) -> set[str]:
    every = account.functions.list_event_source_mappings()["EventSourceMappings"]
    return {mapping["UUID"] for mapping in every if f":{account.prefix}" in mapping["FunctionArn"]}


def _revisions(account: Account) -> list[tuple[str, str]]:
    every = account.functions.list_functions(MaxItems=1000)["Functions"]
    return [(one["CodeSha256"], one["RevisionId"]) for one in every if one["FunctionName"].startswith(account.prefix)]
