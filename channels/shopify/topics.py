"""Topics of webhooks: `orders/create` in a delivery's header is ORDERS_CREATE in the GraphQL API."""

import re

_TOPIC = re.compile(r"[a-z_]{1,60}/[a-z_]{1,60}")

TOPICS = (
    "orders/create",
    "orders/paid",
    "orders/updated",
    "orders/cancelled",
    "orders/edited",
    "refunds/create",
    "products/create",
    "products/update",
    "inventory_levels/update",
    "app/uninstalled",
)
"""What stock depends on, and what can be subscribed to. The privacy topics are set in the app's own configuration."""

_SPELT = {topic.upper().replace("/", "_"): topic for topic in TOPICS}


def enum_of(topic: str) -> str:
    """Return the topic's name in the GraphQL API. Raises ValueError where it is no topic."""
    if not _TOPIC.fullmatch(topic):
        raise ValueError(f"a topic is written like orders/create, not {topic!r}")
    return topic.upper().replace("/", "_")


def topic_of(enum: str) -> str:
    """Return the topic as deliveries name it; one that we do not know stays as the API writes it."""
    return _SPELT.get(enum, enum)
