"""What to do about trouble that does not pass by itself, in a clause after its sentence."""

import re
from collections.abc import Mapping
from typing import Final

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's own
    CredentialRetrievalError,
    NoCredentialsError,
    PartialCredentialsError,
    TokenRetrievalError,
)

DENIED: Final = ("AccessDeniedException", "AccessDenied")
EXPIRED: Final = ("ExpiredTokenException", "ExpiredToken", "RequestExpired")
UNKNOWN_HERE: Final = ("UnknownOperationException", "UnknownOperation", "InvalidAction", "NotImplemented")
"""How an endpoint says that it does not know an operation at all: emulators do."""

_PERFORM = re.compile(r"perform: (\S+?)(?: on resource: (\S+?))?(?:[\s,.]|$)")
_ACTIONS: Mapping[str, tuple[str, ...]] = {
    "TransactWriteItems": ("PutItem", "DeleteItem", "UpdateItem", "ConditionCheckItem"),
}
"""Operations that IAM knows by the actions of their parts."""

_CREDENTIALS = "renew the credentials (aws sso login, or new keys in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY)"
_BY_CODE: Mapping[str, str] = {
    **dict.fromkeys(EXPIRED, _CREDENTIALS),
    "UnrecognizedClientException": f"these credentials are unknown there: {_CREDENTIALS}",
    "InvalidSignatureException": "look at AWS_SECRET_ACCESS_KEY, and at this machine's clock",
    "ResourceNotFoundException": "`syncstate tables verify` tells which table is missing or not ready,"
    " `syncstate tables create` makes it; look at the region and at SYNCSTATE_DYNAMODB_PREFIX too",
    "ResourceInUseException": "a table is being created or deleted: wait, `syncstate tables verify` tells its state",
    "TableNotFoundException": "`syncstate tables create` makes it",
    "LimitExceededException": "too many tables change at once: wait a minute and try again",
    "ProvisionedThroughputExceededException": "the table has too little capacity: make it on demand, or slow down",
    "ThrottlingException": "more is asked of the table than it gives just now: wait, or ask more slowly",
    "RequestLimitExceeded": "more is asked of the account than its quota: wait, or ask AWS for a higher one",
}


def advice_on(error: ClientError | BotoCoreError) -> str | None:
    """Return what to do, None where there is nothing that a person could."""
    if isinstance(error, ClientError):
        code = error.response.get("Error", {}).get("Code", "")
        return grant(error) if code in DENIED else _BY_CODE.get(code)
    match error:
        case NoCredentialsError() | PartialCredentialsError():
            return "name credentials: AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        case CredentialRetrievalError() | TokenRetrievalError():
            return _CREDENTIALS
        case ConnectionError():
            return "look at the network, at AWS_DEFAULT_REGION and, for an emulator, at SYNCSTATE_DYNAMODB_ENDPOINT"
    return None


def grant(error: ClientError, arn: str | None = None) -> str:
    """Return which IAM action is missing on which resource, as exactly as the refusal or `arn` tells it."""
    told = _PERFORM.search(error.response.get("Error", {}).get("Message", ""))
    if told:
        return f"grant {told[1]} on {told[2] or arn or 'its resource'}"
    actions = ", ".join(f"dynamodb:{name}" for name in _ACTIONS.get(error.operation_name, (error.operation_name,)))
    return f"grant {actions} on {arn or 'the table and its indexes'}"


def is_unknown_here(error: ClientError) -> bool:
    """Tell whether the endpoint does not know the operation at all, as emulators do not know every one."""
    return error.response.get("Error", {}).get("Code", "") in UNKNOWN_HERE


def is_denied(error: ClientError) -> bool:
    """Tell whether a permission is missing."""
    return error.response.get("Error", {}).get("Code", "") in DENIED
