"""What we ask of Shopify's GraphQL Admin API, and how much of a shop's points each may take at first.

Every field is paid for, so each document names what is read and no more. Sources: GraphQL Admin API 2026-04,
inventoryAdjustQuantities, productVariants, locations, inventoryLevels, webhookSubscriptions; "Idempotent requests".
"""

from typing import Final

import msgspec

PAGE = 100
"""Rows of a page. The API allows 250, but no query may cost more than 1,000 points."""


class Operation(msgspec.Struct, frozen=True):
    """A document, the field at its root, and a guess at its price until the shop names it: for each thing it names."""

    name: str
    root: str
    points: int
    document: str

    @property
    def changes(self) -> bool:
        """Whether it changes something."""
        return self.document.lstrip().startswith("mutation")


ADJUST: Final = Operation(
    "inventoryAdjustQuantities",
    "inventoryAdjustQuantities",
    20,
    """
mutation Adjust($input: InventoryAdjustQuantitiesInput!, $key: String!) {
  inventoryAdjustQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup {
      id
      changes(quantityNames: ["available"]) { name delta quantityAfterChange }
    }
    userErrors { code field message }
  }
}
""",
)

VARIANTS: Final = Operation(
    "productVariants",
    "productVariants",
    500,
    """
query Variants($first: Int!, $after: String) {
  productVariants(first: $first, after: $after) {
    nodes { id sku requiresComponents product { id } inventoryItem { id tracked } }
    pageInfo { hasNextPage endCursor }
  }
}
""",
)

LOCATIONS: Final = Operation(
    "locations",
    "locations",
    250,
    """
query Locations($first: Int!, $after: String) {
  locations(first: $first, after: $after, includeInactive: true) {
    nodes { id name isActive }
    pageInfo { hasNextPage endCursor }
  }
}
""",
)

LEVELS: Final = Operation(
    "inventoryLevels",
    "location",
    500,
    """
query Levels($location: ID!, $first: Int!, $after: String) {
  location(id: $location) {
    inventoryLevels(first: $first, after: $after) {
      nodes { item { id } quantities(names: ["available"]) { name quantity updatedAt } }
      pageInfo { hasNextPage endCursor }
    }
  }
}
""",
)

LEVELS_OF: Final = Operation(
    "inventoryLevel",
    "nodes",
    5,
    """
query LevelsOf($items: [ID!]!, $location: ID!) {
  nodes(ids: $items) {
    ... on InventoryItem {
      id
      inventoryLevel(locationId: $location) { quantities(names: ["available"]) { name quantity updatedAt } }
    }
  }
}
""",
)

WEBHOOKS: Final = Operation(
    "webhookSubscriptions",
    "webhookSubscriptions",
    250,
    """
query Webhooks($first: Int!, $after: String) {
  webhookSubscriptions(first: $first, after: $after) {
    nodes { id topic uri }
    pageInfo { hasNextPage endCursor }
  }
}
""",
)

SUBSCRIBE: Final = Operation(
    "webhookSubscriptionCreate",
    "webhookSubscriptionCreate",
    20,
    """
mutation Subscribe($topic: WebhookSubscriptionTopic!, $subscription: WebhookSubscriptionInput!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: $subscription) {
    webhookSubscription { id topic uri }
    userErrors { field message }
  }
}
""",
)
