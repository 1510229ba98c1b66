"""What the small Amazon answers to each request when nothing goes wrong on command."""

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.requests import Request

from channels.simulators.amazon.faults import Operation
from channels.simulators.amazon.requests import (
    INCLUDED,
    Bad,
    check_query,
    item,
    merchant_quantity,
    patch_body,
    token_form,
)
from channels.simulators.amazon.state import SimulatedAmazon, SimulatedListing


class Reply(msgspec.Struct, frozen=True):
    """An answer: a JSON body, or None for a bare one."""

    status: int
    body: object | None
    headers: Mapping[str, str] = {}


def token(amazon: SimulatedAmazon, request: Request, body: bytes) -> Reply:
    """Grant an access token, as Login with Amazon does."""
    form = token_form(request.headers.get("content-type", ""), body)
    known = amazon.credentials
    if form is None:
        return oauth_error(400, "invalid_request", "The request is missing a required parameter or is malformed.")
    if form.grant_type != "refresh_token":
        return oauth_error(400, "unsupported_grant_type", "The authorization grant type is not supported.")
    if (form.client_id, form.client_secret) != (known.client_id, known.client_secret):
        return oauth_error(401, "invalid_client", "Client authentication failed.")
    if form.refresh_token != known.refresh_token:
        return oauth_error(400, "invalid_grant", "The request has an invalid grant parameter : refresh_token.")
    life = amazon.token_life.total_seconds()
    return Reply(
        200,
        {
            "access_token": amazon.grant(),
            "refresh_token": known.refresh_token,
            "token_type": "bearer",
            "expires_in": max(1, int(life)),
        },
    )


def patch(amazon: SimulatedAmazon, request: Request, body: bytes) -> Reply:
    """Take a quantity: patchListingsItem."""
    listing = _admitted(amazon, "patch", request, frozenset({"issues", "identifiers"}))
    asked = patch_body(request.headers.get("content-type", ""), body)
    values = [(operation, merchant_quantity(operation)) for operation in asked.patches]
    submission = ""
    for operation, value in values:
        if value is None:
            message = "'fulfillment_channel_code' is required but not supplied."
            return invalid(listing.sku, "90220", message)
        submission = amazon.set_quantity(listing.sku, value.quantity, wipe=operation.op != "merge")
    return Reply(200, {"sku": listing.sku, "status": "ACCEPTED", "submissionId": submission, "issues": []})


def get(amazon: SimulatedAmazon, request: Request, body: bytes) -> Reply:
    """Show a listing: getListingsItem."""
    del body
    listing = _admitted(amazon, "get", request, INCLUDED)
    asked = check_query(request, amazon.marketplace, INCLUDED) or {"summaries"}
    shown: dict[str, Any] = {"sku": listing.sku}
    if "summaries" in asked:
        shown["summaries"] = [_summary(amazon, listing)]
    if "fulfillmentAvailability" in asked:
        shown["fulfillmentAvailability"] = [
            {"fulfillmentChannelCode": channel, **({} if quantity is None else {"quantity": quantity})}
            for channel, quantity in listing.available.items()
        ]
    return Reply(200, shown)


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


def _admitted(
    amazon: SimulatedAmazon, operation: Operation, request: Request, included: frozenset[str]
) -> SimulatedListing:
    """Return the listing a request is about, once it may ask. Raises Bad."""
    place = item(request)
    if not request.headers.get("user-agent"):
        raise Bad(400, "InvalidInput", "Request is missing the user-agent header.")
    if not amazon.knows(request.headers.get("x-amz-access-token", "")) or place.seller != amazon.seller_id:
        raise Bad(403, "Unauthorized", "Access to requested resource is denied.")
    if not amazon.admits(operation):
        raise Bad(429, "QuotaExceeded", "You exceeded your quota for the requested resource.")
    check_query(request, amazon.marketplace, included)
    listing = amazon.listing(place.sku)
    if listing is None:
        status = 404 if operation == "get" else 400
        raise Bad(status, "NOT_FOUND" if operation == "get" else "InvalidInput", f"SKU '{place.sku}' not found.")
    return listing


def _summary(amazon: SimulatedAmazon, listing: SimulatedListing) -> dict[str, Any]:
    offered = any(quantity for quantity in listing.available.values())
    return {
        "marketplaceId": amazon.marketplace,
        "productType": listing.product_type,
        "status": ["BUYABLE", "DISCOVERABLE"] if offered else ["DISCOVERABLE"],
        "createdDate": "2026-01-01T00:00:00Z",
        "lastUpdatedDate": "2026-01-01T00:00:00Z",
    }
