"""What keeps tables from being lost, and what each trouble with tables says to do."""

import json
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError
from moto import mock_aws
from typer.testing import CliRunner

from processor.adapters.dynamodb import client_config, tables
from processor.adapters.dynamodb.advice import advice_on, grant
from processor.adapters.dynamodb.errors import DriverError, translated
from processor.adapters.dynamodb.inspecting import Report, inspect
from processor.errors import StoreUnavailable
from syncstate.cli.app import app
from syncstate.cli.failures import Failure
from tests.integration.dynamodb.faults import Faults, client_error, refused

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

EVENTS, REGISTERS = "syncstate-events", "syncstate-registers"


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> "Iterator[DynamoDBClient]":
    """A client to an account that knows recovery; settings and credentials name it."""
    for variable in ("SYNCSTATE_DYNAMODB_ENDPOINT", "SYNCSTATE_DYNAMODB_PREFIX", "DYNAMODB_LOCAL_ENDPOINT"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with mock_aws(), closing(boto3.client("dynamodb", config=client_config())) as client:
        yield client


def verdicts(reports: Iterator[Report], name: str) -> dict[str, str]:
    return {report.table: a.verdict for report in reports for a in report.aspects if a.name == name}


def test_what_cannot_be_made_again_is_recoverable_and_protected(aws: "DynamoDBClient") -> None:
    tables.create(aws)
    assert verdicts(inspect(aws), "point-in-time recovery") == {EVENTS: "differs", REGISTERS: "differs"}
    assert {step.done for step in tables.protect(aws)} == {"switched on"}
    for aspect in ("point-in-time recovery", "deletion protection"):
        assert verdicts(inspect(aws), aspect) == {EVENTS: "ok", REGISTERS: "ok"}
    assert {step.done for step in tables.protect(aws)} == {"on already"}


def test_what_an_emulator_does_not_know_is_told_as_such_and_is_no_flaw(client: "DynamoDBClient") -> None:
    steps = list(tables.protect(client))
    assert {step.done for step in steps if step.what == "point-in-time recovery"} == {"not known here"}
    assert verdicts(inspect(client), "point-in-time recovery") == {EVENTS: "unknown", REGISTERS: "unknown"}
    assert tables.verify(client) == []
    for name in (EVENTS, REGISTERS):
        client.update_table(TableName=name, DeletionProtectionEnabled=False)


def test_a_table_that_expires_or_has_provisioned_capacity_is_told(client: "DynamoDBClient") -> None:
    client.update_time_to_live(TableName=EVENTS, TimeToLiveSpecification={"Enabled": True, "AttributeName": "recorded"})
    client.update_table(
        TableName=REGISTERS,
        BillingMode="PROVISIONED",
        ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
    )
    reports = list(inspect(client))
    assert verdicts(iter(reports), "time to live")[EVENTS] == "differs"
    assert verdicts(iter(reports), "billing")[REGISTERS] == "differs"
    [expiry] = [a for report in reports for a in report.aspects if a.name == "time to live" and a.verdict == "differs"]
    assert "AttributeName=recorded" in expiry.advice


@pytest.mark.parametrize("operation", ["describe_table", "describe_continuous_backups", "describe_time_to_live"])
def test_a_missing_permission_is_named_by_its_action_and_its_table(faults: Faults, operation: str) -> None:
    name = "".join(word.title() for word in operation.split("_"))

    def denied(*_: Any) -> Any:
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, name)

    faults.keep_failing(operation, denied)
    denials = [a for report in inspect(faults.as_client()) for a in report.aspects if a.verdict == "denied"]
    assert denials
    assert {a.advice.rpartition(":table/")[0].partition(":dynamodb:")[0] for a in denials} == {
        f"grant dynamodb:{name} on arn:aws"
    }
    assert all(a.advice.endswith(("syncstate-events", "syncstate-models", "syncstate-registers")) for a in denials)


@pytest.mark.parametrize(
    ("status", "verdict"),
    [("ACTIVE", "ok"), ("CREATING", "ok"), ("INACCESSIBLE_ENCRYPTION_CREDENTIALS", "differs"), ("DELETING", "differs")],
)
def test_replicas_are_told_and_one_that_falls_behind_is_a_difference(
    faults: Faults, client: "DynamoDBClient", status: str, verdict: str
) -> None:
    described = client.describe_table(TableName=EVENTS)
    described["Table"]["Replicas"] = [{"RegionName": "eu-west-3", "ReplicaStatus": status}]  # type: ignore[typeddict-item]
    faults.keep_failing("describe_table", lambda *_: described)
    reports = list(inspect(faults.as_client()))
    assert reports[0].replicas == (f"eu-west-3 ({status})",)
    assert verdicts(iter(reports), "replica eu-west-3")[EVENTS] == verdict


def test_a_refusal_of_aws_is_read_to_the_letter() -> None:
    message = (
        "User: arn:aws:iam::1:user/x is not authorized to perform: dynamodb:PutItem on resource: "
        "arn:aws:dynamodb:eu-west-1:1:table/syncstate-events because no identity-based policy allows it"
    )
    error = ClientError({"Error": {"Code": "AccessDeniedException", "Message": message}}, "TransactWriteItems")
    assert grant(error) == "grant dynamodb:PutItem on arn:aws:dynamodb:eu-west-1:1:table/syncstate-events"
    bare = ClientError({"Error": {"Code": "AccessDeniedException", "Message": ""}}, "TransactWriteItems")
    assert grant(bare).startswith("grant dynamodb:PutItem, dynamodb:DeleteItem")


TROUBLES: list[tuple[DriverError, str]] = [
    (client_error("ExpiredTokenException"), "aws sso login"),
    (client_error("UnrecognizedClientException"), "unknown there"),
    (client_error("InvalidSignatureException"), "clock"),
    (client_error("ResourceNotFoundException"), "syncstate tables create"),
    (client_error("ResourceInUseException"), "being created or deleted"),
    (client_error("ThrottlingException"), "wait"),
    (client_error("ProvisionedThroughputExceededException"), "on demand"),
    (client_error("AccessDeniedException"), "grant dynamodb:Operation"),
    (NoCredentialsError(), "AWS_PROFILE"),
    (EndpointConnectionError(endpoint_url="http://127.0.0.1:1"), "SYNCSTATE_DYNAMODB_ENDPOINT"),
]


@pytest.mark.parametrize(("error", "said"), TROUBLES, ids=[said for _, said in TROUBLES])
def test_each_trouble_says_what_to_do(error: DriverError, said: str) -> None:
    assert said in (advice_on(error) or "")
    assert said in str(translated("read the table", error, 1))


def test_trouble_that_nobody_can_mend_says_no_more_than_it_is() -> None:
    assert advice_on(client_error("InternalServerError", 500)) is None


def test_creating_tables_passes_over_throttling_and_gives_up_in_a_sentence(faults: Faults) -> None:
    faults.fail("create_table", refused("ThrottlingException"), refused("LimitExceededException"))
    assert {step.done for step in tables.create(faults.as_client())} == {"there already"}
    faults.keep_failing("create_table", refused("ExpiredTokenException"))
    with pytest.raises(StoreUnavailable, match="renew the credentials"):
        tables.create(faults.as_client())


def test_a_table_that_is_being_deleted_is_not_waited_for(faults: Faults, client: "DynamoDBClient") -> None:
    described = client.describe_table(TableName=EVENTS)
    described["Table"]["TableStatus"] = "DELETING"
    faults.keep_failing("describe_table", lambda *_: described)
    with pytest.raises(StoreUnavailable, match="being deleted: wait"):
        tables.create(faults.as_client())
    status = verdicts(inspect(faults.as_client()), "status")
    assert status[EVENTS] == "differs"


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["tables", *words])
    if isinstance(done.exception, Failure):
        return done.exception.code, str(done.exception)
    return done.exit_code, done.output


def test_the_commands_create_and_verify_and_answer_by_their_exit_codes(aws: "DynamoDBClient") -> None:
    code, said = run("verify")
    assert code == 1
    assert "table syncstate-events does not exist" in said
    assert "`syncstate tables create` makes it" in said
    code, said = run("create", "--json")
    assert code == 0
    assert {step["done"] for step in json.loads(said)["steps"]} == {"created", "switched on"}
    code, said = run("verify", "--json")
    found = json.loads(said)
    assert (code, found["ok"], found["region"], len(found["tables"])) == (0, True, "eu-west-1", 3)
    assert all(table["items"] == 0 for table in found["tables"])
    assert run("verify", "--region", "us-east-2")[0] == 1
    assert run("create", "--region", "us-east-2", "--prefix", "a-", "--no-protect")[0] == 0
    code, said = run("verify", "--region", "us-east-2", "--prefix", "a-")
    assert (code, said.count("FAIL")) == (1, 4)
    assert aws.list_tables()["TableNames"] == ["syncstate-events", "syncstate-models", "syncstate-registers"]
