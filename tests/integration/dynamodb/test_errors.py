"""Every error of the driver has its place, and so has every reason a transaction is cancelled for."""

import inspect
from typing import Any

import botocore.exceptions
import botocore.session
import pytest
from botocore.exceptions import ClientError, NoCredentialsError, ParamValidationError

from processor.adapters.dynamodb.errors import CANCELLED, CODES, DriverError, Trouble, translated, trouble_of
from processor.errors import Contended, Misuse, StoreUnavailable, Throttled
from tests.integration.dynamodb.faults import client_error

OPERATIONS = ("GetItem", "BatchGetItem", "Query", "Scan", "PutItem", "TransactWriteItems", "BatchWriteItem")

NO_ANSWER = [
    kind
    for kind in vars(botocore.exceptions).values()
    if inspect.isclass(kind)
    and issubclass(kind, botocore.exceptions.HTTPClientError | botocore.exceptions.ConnectionError)
]


def built(kind: Any) -> Any:
    return kind(error="e", endpoint_url="u", proxy_url="p", request=None, response=None)


def cancellation(*codes: str) -> ClientError:
    return client_error(CANCELLED, CancellationReasons=[{"Code": code} for code in codes])


def test_every_error_that_the_operations_in_use_declare_is_listed() -> None:
    service = botocore.session.get_session().get_service_model("dynamodb")

    declared = {shape.name for name in OPERATIONS for shape in service.operation_model(name).error_shapes}

    assert len(declared) > 8
    assert declared - {CANCELLED} <= set(CODES)


@pytest.mark.parametrize("code", CODES)
def test_an_error_code_means_its_trouble_whatever_the_status(code: str) -> None:
    assert {trouble_of(client_error(code, status)) for status in (400, 500)} == {CODES[code]}


def test_an_unlisted_code_is_a_fault_of_the_server_at_500_and_final_below() -> None:
    assert trouble_of(client_error("NeverHeardOf", 503)) is Trouble.UNKNOWN
    assert trouble_of(client_error("NeverHeardOf", 400)) is Trouble.CLOSED


@pytest.mark.parametrize("kind", NO_ANSWER)
def test_without_an_answer_the_outcome_is_unknown(kind: Any) -> None:
    assert trouble_of(built(kind)) is Trouble.UNKNOWN


def test_what_the_driver_refuses_to_send_is_misuse_or_final() -> None:
    assert trouble_of(ParamValidationError(report="r")) is Trouble.MISUSE
    assert trouble_of(NoCredentialsError()) is Trouble.CLOSED


@pytest.mark.parametrize(
    ("codes", "trouble"),
    [
        (["None", "ConditionalCheckFailed"], Trouble.CONDITION),
        (["TransactionConflict", "ConditionalCheckFailed", "ThrottlingError"], Trouble.CONDITION),
        (["None", "TransactionConflict"], Trouble.CONFLICT),
        (["ProvisionedThroughputExceeded", "None"], Trouble.THROTTLED),
        (["ThrottlingError"], Trouble.THROTTLED),
        (["TransactionConflict", "ValidationError"], Trouble.MISUSE),
        (["ItemCollectionSizeLimitExceeded"], Trouble.MISUSE),
        (["AccessDenied"], Trouble.CLOSED),
        ([], Trouble.UNKNOWN),
    ],
)
def test_a_cancelled_transaction_is_told_by_its_weightiest_reason(codes: list[str], trouble: Trouble) -> None:
    assert trouble_of(cancellation(*codes)) is trouble


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (client_error("TransactionConflictException"), Contended),
        (cancellation("TransactionConflict"), Contended),
        (client_error("ThrottlingException"), Throttled),
        (client_error("InternalServerError", 500), StoreUnavailable),
        (client_error("AccessDeniedException"), StoreUnavailable),
        (built(botocore.exceptions.ReadTimeoutError), StoreUnavailable),
        (NoCredentialsError(), StoreUnavailable),
        (client_error("ValidationException"), Misuse),
    ],
)
def test_the_caller_of_a_port_is_told_in_the_engine_s_own_words(error: DriverError, kind: type[Exception]) -> None:
    assert type(translated("write", error, 3)) is kind


def test_only_conflicts_throttling_and_lost_answers_pass() -> None:
    assert {trouble for trouble in Trouble if trouble.passes} == {
        Trouble.CONFLICT,
        Trouble.THROTTLED,
        Trouble.UNKNOWN,
    }
