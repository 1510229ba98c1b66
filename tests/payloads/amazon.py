"""Amazon's notifications, made to measure after the documentation of the Selling Partner API. All ids are invented."""

import json
from collections.abc import Mapping
from typing import Any

SELLER = "A1QUIETGOODS7"
MARKETPLACE = "ATVPDKIKX0DER"
MORNING = "2026-11-20T10:00:00.000Z"
ORDER = "123-1234567-1234567"

Told = dict[str, Any]


def a_notification(
    type_: str, payload: Mapping[str, Any], *, id_: str | None = "n-1", at: str | None = MORNING, **more: Any
) -> Told:
    """Return a notification in PascalCase, as most types have it."""
    about = {"ApplicationId": "app-1", "SubscriptionId": "sub-1", "PublishTime": at}
    return {
        "NotificationVersion": "1.0",
        "NotificationType": type_,
        "PayloadVersion": "1.0",
        "EventTime": at,
        "Payload": payload,
        "NotificationMetadata": about | ({} if id_ is None else {"NotificationId": id_}),
        **more,
    }


def a_quantity_change(listing: str = "SHIRT", quantity: Any = 7, *, seller: str = SELLER, **more: Any) -> Told:
    channel = more.pop("channel", "DEFAULT")
    payload = {"SellerId": seller, "FulfillmentChannelCode": channel, "Sku": listing, "Quantity": quantity}
    return a_notification("LISTINGS_ITEM_MFN_QUANTITY_CHANGE", payload, **more)


def a_status_change(listing: str = "SHIRT", *statuses: str, seller: str = SELLER, **more: Any) -> Told:
    payload = {"SellerId": seller, "MarketplaceId": MARKETPLACE, "Sku": listing, "Status": statuses}
    return a_notification("LISTINGS_ITEM_STATUS_CHANGE", payload, **more)


def an_fba_change(listing: str = "SHIRT", *fulfillable: int, seller: str = SELLER, **more: Any) -> Told:
    """Return what Amazon holds, one number per marketplace."""
    held = [
        {"MarketplaceId": f"M{place}", "ItemName": "a shirt", "FulfillmentInventory": {"Fulfillable": units}}
        for place, units in enumerate(fulfillable or (50,))
    ]
    payload = {"SellerId": seller, "FNSKU": "X1", "ASIN": "B1", "SKU": listing}
    return a_notification(
        "FBA_INVENTORY_AVAILABILITY_CHANGES", {**payload, "FulfillmentInventoryByMarketplace": held}, **more
    )


def a_finished_feed(feed: str = "53347018456", status: str = "DONE", seller: str | None = SELLER, **more: Any) -> Told:
    """Return the end of a feed, in camelCase; without `seller` it names the account alone."""
    finished = {
        **({} if seller is None else {"sellerId": seller}),
        "accountId": f"amzn1.merchant.o.{SELLER}",
        "feedId": feed,
        "feedType": "JSON_LISTINGS_FEED",
        "processingStatus": status,
    }
    told = a_notification("FEED_PROCESSING_FINISHED", {"feedProcessingFinishedNotification": finished}, **more)
    small = {name[0].lower() + name[1:]: part for name, part in told.items()}
    small["notificationMetadata"] = {
        name[0].lower() + name[1:]: part for name, part in told["NotificationMetadata"].items()
    }
    return small


def an_item(id_: str = "i-1", listing: str | None = "SHIRT", quantity: Any = 2, **more: Any) -> Told:
    return {"OrderItemId": id_, "SellerSKU": listing, "SupplySourceId": None, "Quantity": quantity, **more}


def an_order_change(
    *items: Mapping[str, Any], status: str = "Unshipped", by: str = "MFN", order: str = ORDER, **more: Any
) -> Told:
    """Return an order of two SHIRTs, where no item is named."""
    seller = more.pop("seller", SELLER)
    summary = {
        "MarketplaceId": MARKETPLACE,
        "OrderStatus": status,
        "PurchaseDate": MORNING,
        "DestinationPostalCode": "48110",
        "FulfillmentType": by,
        "OrderType": "StandardOrder",
        "OrderItems": [*(items or (an_item(),))],
    }
    change = {
        "NotificationLevel": "OrderLevel",
        "SellerId": seller,
        "AmazonOrderId": order,
        "OrderChangeType": "OrderStatusChange",
        "OrderChangeTrigger": {"TimeOfOrderChange": more.get("at", MORNING), "ChangeReason": "Order Status Change"},
        "Summary": summary,
    }
    return a_notification("ORDER_CHANGE", {"OrderChangeNotification": change}, **more)


def encoded(told: object) -> bytes:
    return json.dumps(told).encode()


def by_sns(told: object, *, as_text: bool = True) -> Told:
    """Return it as SNS delivers it."""
    return {
        "Type": "Notification",
        "MessageId": "22b80b92",
        "TopicArn": "arn:aws:sns:us-east-1:123456789012:amazon",
        "Message": json.dumps(told) if as_text else told,
    }


def by_eventbridge(told: Mapping[str, Any], *, as_text: bool = False) -> Told:
    """Return it as EventBridge delivers it."""
    return {
        "version": "0",
        "id": "315c1398",
        "detail-type": told.get("NotificationType") or told.get("notificationType"),
        "source": "aws.partner/sellingpartnerapi.amazon.com/123456789012/app-1",
        "detail": json.dumps(told) if as_text else told,
    }


def by_sqs(told: object) -> Told:
    """Return it as a record that Lambda, or a pipe, takes from SQS."""
    return {"messageId": "059f36b4", "receiptHandle": "AQEB", "body": json.dumps(told), "eventSource": "aws:sqs"}


def a_confirmation() -> Told:
    return {
        "Type": "SubscriptionConfirmation",
        "TopicArn": "arn:aws:sns:us-east-1:123456789012:amazon",
        "SubscribeURL": "https://sns.example/?Action=ConfirmSubscription",
        "Message": "You have chosen to subscribe",
    }
