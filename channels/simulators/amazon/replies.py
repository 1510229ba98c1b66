"""Answers of the small Amazon that several operations share."""

from collections.abc import Mapping

import msgspec

from channels.simulators.amazon.faults import Operation
from channels.simulators.amazon.state import SimulatedAmazon


class Reply(msgspec.Struct, frozen=True):
    """An answer: a JSON body, bytes as they are, or None for a bare one."""

    status: int
    body: object | None
    headers: Mapping[str, str] = {}


def error(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> Reply:
    """Answer with the one error list that every operation shares."""
    return Reply(status, {"errors": [{"code": code, "message": message, "details": ""}]}, headers or {})


def oauth_error(status: int, code: str, description: str) -> Reply:
    """Answer as Login with Amazon refuses."""
    return Reply(status, {"error": code, "error_description": description})


def invalid(sku: str, code: str, message: str) -> Reply:
    """Answer 200 with status INVALID: understood, and not taken."""
    issue = {
        "code": code,
        "message": message,
        "severity": "ERROR",
        "attributeNames": ["fulfillment_availability"],
        "categories": ["INVALID_ATTRIBUTE"],
    }
    return Reply(200, {"sku": sku, "status": "INVALID", "submissionId": "submission-invalid", "issues": [issue]})


def throttled(retry_after: int | None = None) -> Reply:
    """Answer that requests come too often."""
    headers = {} if retry_after is None else {"retry-after": str(retry_after)}
    return error(429, "QuotaExceeded", "You exceeded your quota for the requested resource.", headers)


def unauthorised() -> Reply:
    """Answer that the access token is not good."""
    return error(403, "Unauthorized", "Access to requested resource is denied.")


def granted(amazon: SimulatedAmazon, operation: Operation) -> dict[str, str]:
    """Return the header that tells the rate in force."""
    limit = amazon.limits.get(operation)
    return {} if limit is None else {"x-amzn-RateLimit-Limit": str(limit.rate.per_second)}
