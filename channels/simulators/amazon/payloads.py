"""The notifications that the small Amazon sends, in the shapes of the Notifications API v1.

Sources: "Notification type values": LISTINGS_ITEM_MFN_QUANTITY_CHANGE, FBA_INVENTORY_AVAILABILITY_CHANGES,
LISTINGS_ITEM_STATUS_CHANGE, ORDER_CHANGE; FEED_PROCESSING_FINISHED alone is written in camelCase.
"""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from processor.clock import Instant

APPLICATION = "amzn1.sellerapps.app.simulated"

OrderStatus = Literal["Pending", "Unshipped", "Shipped", "Canceled"]


class Message(msgspec.Struct, frozen=True):
    """What is told, but for its envelope."""

    kind: str
    payload: Mapping[str, Any]
    version: str = "1.0"
    camel: bool = False

    def envelope(self, at: Instant, subscription: str, notification: str) -> dict[str, Any]:
        """Return the notification as it is sent."""
        metadata = {
            "ApplicationId": APPLICATION,
            "SubscriptionId": subscription,
            "PublishTime": _milliseconds(at),
            "NotificationId": notification,
        }
        whole = {
            "NotificationVersion": self.version,
            "NotificationType": self.kind,
            "PayloadVersion": self.version,
            "EventTime": _milliseconds(at),
            "Payload": self.payload,
            "NotificationMetadata": _camel(metadata) if self.camel else metadata,
        }
        return _camel(whole) if self.camel else whole


class OrderLineTold(msgspec.Struct, frozen=True):
    """A line of an order, as ORDER_CHANGE tells it."""

    item: str
    sku: str
    quantity: int


class OrderTold(msgspec.Struct, frozen=True):
    """An order, as ORDER_CHANGE tells it."""

    order: str
    status: OrderStatus
    merchant: bool
    purchased: Instant
    reason: str
    lines: tuple[OrderLineTold, ...]


def merchant_quantity(seller_id: str, sku: str, quantity: int) -> Message:
    """Tell what a merchant's listing offers."""
    payload = {"SellerId": seller_id, "FulfillmentChannelCode": "DEFAULT", "Sku": sku, "Quantity": quantity}
    return Message("LISTINGS_ITEM_MFN_QUANTITY_CHANGE", payload)


def amazons_stock(seller_id: str, marketplace: str, sku: str, quantity: int) -> Message:
    """Tell what Amazon's warehouses hold of a listing."""
    held = {
        "InboundQuantityBreakdown": {"Working": 0, "Shipped": 0, "Receiving": 0},
        "Fulfillable": quantity,
        "Unfulfillable": 0,
        "Researching": 0,
        "ReservedQuantityBreakdown": {"WarehouseProcessing": 0, "WarehouseTransfer": 0, "PendingCustomerOrder": 0},
        "FutureSupplyBuyable": 0,
        "PendingCustomerOrderInTransit": 0,
    }
    payload = {
        "SellerId": seller_id,
        "FNSKU": "X00SIMULATED",
        "ASIN": "B00SIMULATED",
        "SKU": sku,
        "FulfillmentInventoryByMarketplace": [
            {"MarketplaceId": marketplace, "ItemName": sku, "FulfillmentInventory": held, "Stores": []}
        ],
    }
    return Message("FBA_INVENTORY_AVAILABILITY_CHANGES", payload)


def listing_status(seller_id: str, marketplace: str, sku: str, created: Instant, *, buyable: bool) -> Message:
    """Tell whether a listing can be bought."""
    payload = {
        "SellerId": seller_id,
        "MarketplaceId": marketplace,
        "Asin": "B00SIMULATED",
        "Sku": sku,
        "CreatedDate": _milliseconds(created),
        "Status": ["BUYABLE", "DISCOVERABLE"] if buyable else ["DISCOVERABLE"],
    }
    return Message("LISTINGS_ITEM_STATUS_CHANGE", payload)


def order_change(seller_id: str, marketplace: str, order: OrderTold, changed: Instant) -> Message:
    """Tell how an order stands, without a customer's data."""
    units = sum(line.quantity for line in order.lines)
    shipped = order.status == "Shipped"
    item_status = {} if order.status == "Canceled" else {"OrderItemStatus": "Shipped" if shipped else "Unshipped"}
    summary = {
        "MarketplaceId": marketplace,
        "OrderStatus": order.status,
        "PurchaseDate": _milliseconds(order.purchased),
        "DestinationPostalCode": None,
        "FulfillmentType": "MFN" if order.merchant else "AFN",
        "OrderType": "StandardOrder",
        "NumberOfItemsShipped": units if shipped else 0,
        "NumberOfItemsUnshipped": 0 if shipped or order.status == "Canceled" else units,
        "OrderItems": [
            {
                "OrderItemId": line.item,
                "SellerSKU": line.sku,
                "SupplySourceId": None,
                **item_status,
                "Quantity": line.quantity,
                "QuantityShipped": line.quantity if shipped else 0,
            }
            for line in order.lines
        ],
    }
    told = {
        "NotificationLevel": "OrderLevel",
        "SellerId": seller_id,
        "AmazonOrderId": order.order,
        "OrderChangeType": "OrderStatusChange",
        "OrderChangeTrigger": {"TimeOfOrderChange": _milliseconds(changed), "ChangeReason": order.reason},
        "Summary": summary,
    }
    return Message("ORDER_CHANGE", {"OrderChangeNotification": told})


def feed_finished(seller_id: str, feed: str, feed_type: str, status: str, result: str | None) -> Message:
    """Tell that a feed is over."""
    told = {
        "sellerId": seller_id,
        "accountId": f"amzn1.merchant.o.{seller_id}",
        "feedId": feed,
        "feedType": feed_type,
        "processingStatus": status,
        **({} if result is None else {"resultFeedDocumentId": result}),
    }
    payload = {"feedProcessingFinishedNotification": told}
    return Message("FEED_PROCESSING_FINISHED", payload, version="2020-09-04", camel=True)


def _camel(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {f"{name[0].lower()}{name[1:]}": value for name, value in fields.items()}


def _milliseconds(at: Instant) -> str:
    return f"{at[:23]}Z"
