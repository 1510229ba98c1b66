"""How often Amazon lets a seller ask each operation: the published usage plans.

Sources: the usage plan in the description of each operation of Listings Items 2021-08-01, Feeds 2021-06-30, Orders
2026-01-01 and Notifications v1. An account may be granted other rates: `x-amzn-RateLimit-Limit` tells them.
"""

from collections.abc import Mapping
from types import MappingProxyType

from channels.limits import Rate

PUBLISHED: Mapping[str, Rate] = MappingProxyType(
    {
        "patchListingsItem": Rate(5, 5),
        "getListingsItem": Rate(5, 10),
        "searchListingsItems": Rate(5, 5),
        "createFeedDocument": Rate(0.5, 15),
        "createFeed": Rate(0.0083, 15),
        "getFeed": Rate(2, 15),
        "getFeeds": Rate(0.0222, 10),
        "cancelFeed": Rate(2, 15),
        "getFeedDocument": Rate(0.0222, 10),
        "searchOrders": Rate(0.0056, 20),
        "getOrder": Rate(0.5, 30),
        "createDestination": Rate(1, 5),
        "getDestinations": Rate(1, 5),
        "createSubscription": Rate(1, 5),
        "getSubscription": Rate(1, 5),
    }
)
