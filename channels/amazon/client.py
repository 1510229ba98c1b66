"""Amazon's Listings Items API 2021-08-01 for one seller: tell a quantity, look at a listing."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from time import monotonic as system_monotonic
from typing import TypeVar
from urllib.parse import quote

import httpx
import msgspec

from channels.amazon import wire
from channels.amazon.answers import raise_for_issues, raise_for_status, read
from channels.amazon.tokens import TOKEN_ENDPOINT, AccessTokens, Credentials
from channels.errors import ChannelError, Unauthorised
from channels.http import Answer, Deadline, Request, exchange, http_client
from channels.limits import Monotonic
from channels.offers import CALL_BUDGET, Offer, SubmissionId, Submitted

__all__ = ["NORTH_AMERICA", "USER_AGENT", "AmazonClient", "Credentials", "http_client"]

Answered = TypeVar("Answered", Submitted, Offer)

NORTH_AMERICA = "https://sellingpartnerapi-na.amazon.com"
USER_AGENT = "SyncState/0.1 (Language=Python)"
MERCHANT = "DEFAULT"
"""The fulfilment channel code of a listing that the merchant ships; Amazon's own are AMAZON_NA, AMAZON_EU, ..."""


class AmazonClient:
    """One seller on one marketplace: `Offers` as its port documents it. Every answer that is not a yes raises."""

    def __init__(  # noqa: PLR0913 - an account and how to reach it
        self,
        http: httpx.Client,
        seller_id: str,
        marketplace: str,
        credentials: Credentials,
        *,
        endpoint: str = NORTH_AMERICA,
        token_endpoint: str = TOKEN_ENDPOINT,
        user_agent: str = USER_AGENT,
        budget: timedelta = CALL_BUDGET,
        monotonic: Monotonic = system_monotonic,
    ) -> None:
        """Take `http` from `http_client`, shared among sellers; `budget` bounds a call with all that it needs."""
        self._http, self._marketplace, self._budget, self._monotonic = http, marketplace, budget, monotonic
        self._items = f"{endpoint.rstrip('/')}/listings/2021-08-01/items/{_segment(seller_id)}"
        self._user_agent = user_agent
        self._tokens = AccessTokens(http, credentials, endpoint=token_endpoint, monotonic=monotonic)

    def set_quantity(self, listing: str, quantity: int, product_type: str) -> Submitted:
        """Ask Amazon to offer `quantity` units of a merchant-fulfilled listing: patchListingsItem.

        `merge` keeps lead time and restock date, which `replace` would wipe.
        """
        value = {"fulfillment_channel_code": MERCHANT, "quantity": quantity}
        patch = {"op": "merge", "path": "/attributes/fulfillment_availability", "value": [value]}
        body = msgspec.json.encode({"productType": product_type, "patches": [patch]})
        request = self._request("patchListingsItem", "PATCH", listing, {}, body)

        def ask(token: str, deadline: Deadline) -> Submitted:
            answer = self._ask(request, token, deadline)
            submission = read(request.name, answer, wire.Submission)
            raise_for_issues(request.name, submission, answer.granted)
            return Submitted(SubmissionId(submission.submission_id), answer.granted)

        return self._authorised(ask)

    def listing(self, listing: str) -> Offer:
        """Return the listing with its fulfilment: getListingsItem."""
        request = self._request("getListingsItem", "GET", listing, {"includedData": "fulfillmentAvailability"})

        def ask(token: str, deadline: Deadline) -> Offer:
            answer = self._ask(request, token, deadline)
            return _offer(listing, read(request.name, answer, wire.Item), answer.granted)

        return self._authorised(ask)

    def _authorised(self, ask: Callable[[str, Deadline], Answered]) -> Answered:
        """Ask with an access token, and once more with a fresh one where Amazon does not take it."""
        deadline = Deadline(self._budget, self._monotonic)
        token = self._tokens.token(deadline)
        try:
            return ask(token, deadline)
        except Unauthorised:
            fresh = self._tokens.token(deadline, refused=token)
        try:
            answered = ask(fresh, deadline)
        except ChannelError as error:
            error.requests += 1
            raise
        return msgspec.structs.replace(answered, requests=answered.requests + 1)

    def _request(
        self, operation: str, method: str, listing: str, params: Mapping[str, str], content: bytes | None = None
    ) -> Request:
        headers = {"user-agent": self._user_agent, "accept": "application/json"}
        if content is not None:
            headers["content-type"] = "application/json"
        url = f"{self._items}/{_segment(listing)}"
        query = {"marketplaceIds": self._marketplace, **params}
        return Request(f"{operation} {listing}", method, url, headers, query, content)

    def _ask(self, request: Request, token: str, deadline: Deadline) -> Answer:
        headers = {**request.headers, "x-amz-access-token": token}
        answer = exchange(self._http, msgspec.structs.replace(request, headers=headers), deadline)
        raise_for_status(request.name, answer)
        return answer


def _offer(listing: str, item: wire.Item, granted: float | None) -> Offer:
    """Read who fulfils: the merchant only where every fulfilment channel named is his, and one is named."""
    codes = {availability.channel for availability in item.availability}
    quantities = [availability.quantity for availability in item.availability if availability.channel == MERCHANT]
    return Offer(listing, codes == {MERCHANT}, quantities[0] if quantities else None, granted)


def _segment(text: str) -> str:
    """Return `text` as one segment of a path, whatever it holds; `.` and `..` would be steps, so they are escaped."""
    return text.replace(".", "%2E") if text in (".", "..") else quote(text, safe="")
