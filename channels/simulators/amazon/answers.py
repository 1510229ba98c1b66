"""What the small Amazon answers about tokens and single listings, when nothing goes wrong on command."""

from typing import Any

from starlette.requests import Request

from channels.simulators.amazon.admission import admit
from channels.simulators.amazon.faults import Operation
from channels.simulators.amazon.replies import Reply, invalid, oauth_error
from channels.simulators.amazon.requests import (
    INCLUDED,
    Bad,
    GrantlessForm,
    PatchBody,
    TokenForm,
    check_query,
    item,
    json_body,
    merchant_quantity,
    token_form,
)
from channels.simulators.amazon.shelf import SimulatedListing
from channels.simulators.amazon.state import SimulatedAmazon

SCOPE = "sellingpartnerapi::notifications"


def token(amazon: SimulatedAmazon, request: Request, body: bytes) -> Reply:
    """Grant an access token, as Login with Amazon does."""
    form = token_form(request.headers.get("content-type", ""), body)
    known = amazon.credentials
    if form is None:
        return oauth_error(400, "invalid_request", "The request is missing a required parameter or is malformed.")
    if isinstance(form, TokenForm) and form.grant_type != "refresh_token":
        return oauth_error(400, "unsupported_grant_type", "The authorization grant type is not supported.")
    if (form.client_id, form.client_secret) != (known.client_id, known.client_secret):
        return oauth_error(401, "invalid_client", "Client authentication failed.")
    told = {"token_type": "bearer", "expires_in": max(1, int(amazon.token_life.total_seconds()))}
    if not isinstance(form, TokenForm):
        return _grantless(amazon, form, told)
    if form.refresh_token != known.refresh_token:
        return oauth_error(400, "invalid_grant", "The request has an invalid grant parameter : refresh_token.")
    return Reply(200, {"access_token": amazon.grant(), "refresh_token": known.refresh_token, **told})


def _grantless(amazon: SimulatedAmazon, form: GrantlessForm, told: dict[str, Any]) -> Reply:
    if form.scope != SCOPE:
        return oauth_error(400, "invalid_scope", "The requested scope is invalid or unknown.")
    return Reply(200, {"access_token": amazon.grant(grantless=True), "scope": SCOPE, **told})


def patch(amazon: SimulatedAmazon, request: Request, body: bytes) -> Reply:
    """Take a quantity: patchListingsItem."""
    listing, _ = _admitted(amazon, "patch", request, frozenset({"issues", "identifiers"}))
    asked = json_body(request.headers.get("content-type", ""), body, PatchBody)
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
    listing, asked = _admitted(amazon, "get", request, INCLUDED)
    return Reply(200, shown(amazon, listing, asked or frozenset({"summaries"})))


def shown(amazon: SimulatedAmazon, listing: SimulatedListing, asked: frozenset[str]) -> dict[str, Any]:
    """Return a listing with the data sets asked for, as far as they are simulated."""
    told: dict[str, Any] = {"sku": listing.sku}
    if "summaries" in asked:
        told["summaries"] = [_summary(amazon, listing)]
    if "fulfillmentAvailability" in asked:
        told["fulfillmentAvailability"] = [
            {"fulfillmentChannelCode": channel, **({} if quantity is None else {"quantity": quantity})}
            for channel, quantity in listing.available.items()
        ]
    return told


def _admitted(
    amazon: SimulatedAmazon, operation: Operation, request: Request, included: frozenset[str]
) -> tuple[SimulatedListing, frozenset[str]]:
    """Return the listing a request is about and the data sets it asks for, once it may ask. Raises Bad."""
    place = item(request)
    admit(amazon, operation, request, seller=place.seller)
    asked = check_query(request, amazon.marketplace, included)
    listing = amazon.listing(place.sku)
    if listing is None:
        status = 404 if operation == "get" else 400
        raise Bad(status, "NOT_FOUND" if operation == "get" else "InvalidInput", f"SKU '{place.sku}' not found.")
    return listing, asked


def _summary(amazon: SimulatedAmazon, listing: SimulatedListing) -> dict[str, Any]:
    return {
        "marketplaceId": amazon.marketplace,
        "productType": listing.product_type,
        "status": ["BUYABLE", "DISCOVERABLE"] if listing.buyable else ["DISCOVERABLE"],
        "createdDate": listing.created,
        "lastUpdatedDate": listing.updated,
    }
