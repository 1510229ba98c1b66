"""Amazon's Selling Partner API for one seller: quantities and listings here, the rest in parts of their own."""

from datetime import timedelta
from time import monotonic as system_monotonic

import httpx
import msgspec

from channels.amazon import wire
from channels.amazon.answers import raise_for_issues, read
from channels.amazon.catalogue import Catalogue, offered
from channels.amazon.connection import USER_AGENT, Call, Connection, segment
from channels.amazon.feeds.client import Feeds
from channels.amazon.orders.client import Orders
from channels.amazon.patches import quantity_patch
from channels.amazon.regions import NORTH_AMERICA
from channels.amazon.subscriptions import Subscriptions
from channels.amazon.tokens import TOKEN_ENDPOINT, Credentials
from channels.http import Answer, http_client
from channels.limits import Monotonic
from channels.offers import CALL_BUDGET, Offer, SubmissionId, Submitted

__all__ = ["NORTH_AMERICA", "USER_AGENT", "AmazonClient", "Credentials", "http_client"]


class AmazonClient:
    """One seller on one marketplace: `Offers` as its port documents it. Every answer that is not a yes raises.

    `feeds`, `orders`, `catalogue` and `subscriptions` speak over the same line, with the same tokens.
    """

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
        self._connection = Connection(
            http,
            credentials,
            endpoint=endpoint,
            token_endpoint=token_endpoint,
            user_agent=user_agent,
            budget=budget,
            monotonic=monotonic,
        )
        self._marketplace = marketplace
        self._items = f"/listings/2021-08-01/items/{segment(seller_id)}"
        self.feeds = Feeds(self._connection, seller_id, marketplace)
        self.orders = Orders(self._connection, marketplace)
        self.catalogue = Catalogue(self._connection, seller_id, marketplace)
        self.subscriptions = Subscriptions(self._connection)

    def set_quantity(self, listing: str, quantity: int, product_type: str) -> Submitted:
        """Ask Amazon to offer `quantity` units of a merchant-fulfilled listing: patchListingsItem."""
        body = msgspec.json.encode({"productType": product_type, "patches": [quantity_patch(quantity)]})
        call = Call("patchListingsItem", "PATCH", self._item(listing), self._query(), body, listing)

        def submitted(answer: Answer) -> SubmissionId:
            submission = read(call.name, answer, wire.Submission)
            raise_for_issues(call.name, submission, answer.granted)
            return SubmissionId(submission.submission_id)

        heard = self._connection.ask(call, submitted)
        return Submitted(heard.value, heard.granted, heard.requests)

    def listing(self, listing: str) -> Offer:
        """Return the listing with its fulfilment: getListingsItem."""
        query = self._query(includedData="fulfillmentAvailability")
        call = Call("getListingsItem", "GET", self._item(listing), query, subject=listing)
        heard = self._connection.ask(call, lambda answer: offered(read(call.name, answer, wire.Item)))
        merchant, quantity = heard.value
        return Offer(listing, merchant, quantity, heard.granted, heard.requests)

    def _item(self, listing: str) -> str:
        return f"{self._items}/{segment(listing)}"

    def _query(self, **more: str) -> dict[str, str]:
        return {"marketplaceIds": self._marketplace, **more}
