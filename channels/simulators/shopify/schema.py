"""The part of Shopify's GraphQL Admin API that the small Shopify has, in words of our own.

Source: GraphQL Admin API 2026-04. What is not here is refused as an unknown field would be.
"""

from functools import cache
from typing import Final

from graphql import GraphQLSchema, build_schema

MUTATION_POINTS, OBJECT_POINTS, CONNECTION_POINTS = 10.0, 1.0, 2.0
"""What a field costs by what it returns: "GraphQL Admin API rate limits", cost calculation. Scalars cost nothing."""

NEEDS_KEY: Final = frozenset({"inventoryAdjustQuantities"})
"""The mutations that are refused without @idempotent."""

_DEFINED = """
directive @idempotent(key: String!) on FIELD

scalar DateTime

interface Node { id: ID! }

type PageInfo { hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String endCursor: String }

type Product implements Node { id: ID! title: String! }

type ProductVariant implements Node {
  id: ID!
  sku: String
  title: String!
  requiresComponents: Boolean!
  product: Product!
  inventoryItem: InventoryItem!
}
type ProductVariantConnection { nodes: [ProductVariant!]! pageInfo: PageInfo! }

type InventoryItem implements Node {
  id: ID!
  sku: String
  tracked: Boolean!
  inventoryLevel(locationId: ID!): InventoryLevel
}

type InventoryQuantity { name: String! quantity: Int! updatedAt: DateTime }

type InventoryLevel implements Node {
  id: ID!
  item: InventoryItem!
  location: Location!
  quantities(names: [String!]!): [InventoryQuantity!]!
}
type InventoryLevelConnection { nodes: [InventoryLevel!]! pageInfo: PageInfo! }

type Location implements Node {
  id: ID!
  name: String!
  isActive: Boolean!
  inventoryLevels(first: Int!, after: String): InventoryLevelConnection!
}
type LocationConnection { nodes: [Location!]! pageInfo: PageInfo! }

enum WebhookSubscriptionTopic {
  ORDERS_CREATE ORDERS_PAID ORDERS_UPDATED ORDERS_CANCELLED ORDERS_EDITED REFUNDS_CREATE PRODUCTS_CREATE PRODUCTS_UPDATE
  PRODUCTS_DELETE INVENTORY_LEVELS_UPDATE INVENTORY_LEVELS_CONNECT INVENTORY_ITEMS_UPDATE APP_UNINSTALLED
}
type WebhookSubscription implements Node { id: ID! topic: WebhookSubscriptionTopic! uri: String! }
type WebhookSubscriptionConnection { nodes: [WebhookSubscription!]! pageInfo: PageInfo! }

type Query {
  productVariants(first: Int!, after: String): ProductVariantConnection!
  locations(first: Int!, after: String, includeInactive: Boolean = false): LocationConnection!
  location(id: ID!): Location
  inventoryItem(id: ID!): InventoryItem
  nodes(ids: [ID!]!): [Node]!
  webhookSubscriptions(first: Int!, after: String): WebhookSubscriptionConnection!
}

input InventoryChangeInput {
  delta: Int!
  inventoryItemId: ID!
  locationId: ID!
  ledgerDocumentUri: String
  changeFromQuantity: Int
}
input InventoryAdjustQuantitiesInput {
  reason: String!
  name: String!
  referenceDocumentUri: String
  changes: [InventoryChangeInput!]!
}
type InventoryChange {
  name: String!
  delta: Int!
  quantityAfterChange: Int
  item: InventoryItem!
  location: Location!
}
type InventoryAdjustmentGroup implements Node {
  id: ID!
  createdAt: DateTime!
  reason: String!
  referenceDocumentUri: String
  changes(quantityNames: [String!]): [InventoryChange!]!
}
type InventoryAdjustQuantitiesUserError { code: String field: [String!] message: String! }
type InventoryAdjustQuantitiesPayload {
  inventoryAdjustmentGroup: InventoryAdjustmentGroup
  userErrors: [InventoryAdjustQuantitiesUserError!]!
}

input WebhookSubscriptionInput { uri: String! }
type UserError { field: [String!] message: String! }
type WebhookSubscriptionCreatePayload { webhookSubscription: WebhookSubscription userErrors: [UserError!]! }

type Mutation {
  inventoryAdjustQuantities(input: InventoryAdjustQuantitiesInput!): InventoryAdjustQuantitiesPayload
  webhookSubscriptionCreate(
    topic: WebhookSubscriptionTopic!
    webhookSubscription: WebhookSubscriptionInput!
  ): WebhookSubscriptionCreatePayload
}
"""


@cache
def schema() -> GraphQLSchema:
    """Return the schema, built once."""
    return build_schema(_DEFINED)
