"""What botocore raises, told apart in one place.

| trouble | what happened | what follows |
| --- | --- | --- |
| CONDITION | a write's condition did not hold | an answer, not a failure: `ConditionFailed` |
| CONFLICT | another transaction is at the same items; nothing was written | again, at last `Contended` |
| THROTTLED | capacity ran out; nothing was written | again, at last `Throttled`, a `StoreUnavailable` |
| UNKNOWN | no answer, or a fault of the server: it may have been written | again, at last `StoreUnavailable` |
| CLOSED | no table, no permission, no credentials | `StoreUnavailable` at once |
| MISUSE | a request that DynamoDB will never take, an item too large | `Misuse` at once |
"""

from collections.abc import Collection, Mapping
from enum import Enum
from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ChecksumError,
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's own, the root of what fails before an answer
    HTTPClientError,
    IncompleteReadError,
    ParamValidationError,
)
from botocore.parsers import ResponseParserError

from processor.adapters.dynamodb.advice import advice_on
from processor.errors import Contended, Misuse, ProcessorError, StoreUnavailable, Throttled

DriverError = ClientError | BotoCoreError

CANCELLED = "TransactionCanceledException"
FAILED_CONDITION = "ConditionalCheckFailed"

_SERVER_FAULT = 500


class Trouble(Enum):
    """Why a request did not succeed."""

    CONDITION = "condition"
    CONFLICT = "conflict"
    THROTTLED = "throttled"
    UNKNOWN = "unknown"
    CLOSED = "closed"
    MISUSE = "misuse"

    @property
    def passes(self) -> bool:
        """Whether the same request may succeed a moment later."""
        return self in {Trouble.CONFLICT, Trouble.THROTTLED, Trouble.UNKNOWN}


CODES: Mapping[str, Trouble] = {
    "ConditionalCheckFailedException": Trouble.CONDITION,
    "TransactionConflictException": Trouble.CONFLICT,
    "TransactionInProgressException": Trouble.CONFLICT,
    "ReplicatedWriteConflictException": Trouble.CONFLICT,
    "ProvisionedThroughputExceededException": Trouble.THROTTLED,
    "RequestLimitExceeded": Trouble.THROTTLED,
    "ThrottlingException": Trouble.THROTTLED,
    "Throttling": Trouble.THROTTLED,
    "TooManyRequestsException": Trouble.THROTTLED,
    "LimitExceededException": Trouble.THROTTLED,
    "InternalServerError": Trouble.UNKNOWN,
    "InternalFailure": Trouble.UNKNOWN,
    "ServiceUnavailable": Trouble.UNKNOWN,
    "RequestTimeout": Trouble.UNKNOWN,
    "ResourceNotFoundException": Trouble.CLOSED,
    "AccessDeniedException": Trouble.CLOSED,
    "UnrecognizedClientException": Trouble.CLOSED,
    "ExpiredTokenException": Trouble.CLOSED,
    "InvalidSignatureException": Trouble.CLOSED,
    "ValidationException": Trouble.MISUSE,
    "SerializationException": Trouble.MISUSE,
    "IdempotentParameterMismatchException": Trouble.MISUSE,
    "ItemCollectionSizeLimitExceededException": Trouble.MISUSE,
}
"""By the error code of a response. A code that is not here is UNKNOWN with a status of 500 or more, else CLOSED."""

REASONS: Mapping[str, Trouble] = {
    FAILED_CONDITION: Trouble.CONDITION,
    "ValidationError": Trouble.MISUSE,
    "ItemCollectionSizeLimitExceeded": Trouble.MISUSE,
    "AccessDenied": Trouble.CLOSED,
    "TransactionConflict": Trouble.CONFLICT,
    "ProvisionedThroughputExceeded": Trouble.THROTTLED,
    "ThrottlingError": Trouble.THROTTLED,
}
"""By the code of a cancellation reason, weightiest first: an item's failed condition decides over its neighbours."""


def trouble_of(error: DriverError) -> Trouble:
    """Tell why a request did not succeed."""
    if isinstance(error, ClientError):
        response: Mapping[str, Any] = error.response
        code = response.get("Error", {}).get("Code", "")
        if code == CANCELLED:
            return _of_reasons({reason["Code"] for reason in response.get("CancellationReasons", ())})
        status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return CODES.get(code) or (Trouble.UNKNOWN if status >= _SERVER_FAULT else Trouble.CLOSED)
    if isinstance(error, HTTPClientError | ConnectionError | IncompleteReadError | ChecksumError | ResponseParserError):
        return Trouble.UNKNOWN
    return Trouble.MISUSE if isinstance(error, ParamValidationError) else Trouble.CLOSED


def _of_reasons(codes: Collection[str]) -> Trouble:
    return next((trouble for code, trouble in REASONS.items() if code in codes), Trouble.UNKNOWN)


def translated(operation: str, error: DriverError, attempts: int) -> ProcessorError:
    """Return what the caller of a port is told, with what to do about it. Not for CONDITION, which is an answer."""
    advice = advice_on(error)
    reason = f"{error} ({advice})" if advice else str(error)
    match trouble_of(error):
        case Trouble.CONFLICT:
            return Contended(operation, attempts)
        case Trouble.THROTTLED:
            return Throttled(operation, reason)
        case Trouble.MISUSE:
            return Misuse(f"DynamoDB will not {operation}: {error}")
        case _:
            return StoreUnavailable(operation, reason)
