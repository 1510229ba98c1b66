"""What deliveries about orders tell: snapshots, refunds, edits."""

from collections.abc import Sequence

from ingest.outcome import Item, Refused, Taken
from ingest.prepared import Prepared
from ingest.shopify.deliveries import Delivery
from ingest.shopify.histories import Account, Histories
from ingest.shopify.lines import refund_tx
from ingest.shopify.payloads import ShopifyOrder, ShopifyOrderEdited, ShopifyRefundAlone
from ingest.shopify.tellings import SHOP
from processor.receipts import Receipt


class OrderTopics:
    """Takes orders/create, paid, updated, cancelled and edited, and refunds/create."""

    def __init__(self, histories: Histories) -> None:
        self._histories = histories

    def snapshot(self, delivery: Delivery) -> Taken | Refused:
        """Take a snapshot of an order, on whichever topic it comes."""
        order = delivery.read(ShopifyOrder)
        if isinstance(order, Refused):
            return order
        return _snapshot(delivery, order, self._histories.take(delivery.tenant, order.id, order.tellings(delivery.at)))

    def prepare(self, delivery: Delivery) -> Prepared[Taken | None] | Refused | None:
        """Read a snapshot, and return what to record if it is its order's first; None where `snapshot` must tell."""
        order = delivery.read(ShopifyOrder)
        if isinstance(order, Refused):
            return order
        begun = self._histories.begin(delivery.tenant, order.id, order.tellings(delivery.at))
        if begun is None:
            return None

        def finish(receipts: Sequence[Receipt]) -> Taken | None:
            account = begun.finish(receipts)
            return None if account is None else _snapshot(delivery, order, account)

        return Prepared(begun.appends, begun.gate, finish)

    def refund(self, delivery: Delivery) -> Taken | Refused:
        """Take a refund: its lines alone tell which units are back in stock."""
        refund = delivery.read(ShopifyRefundAlone)
        if isinstance(refund, Refused):
            return refund
        account = self._histories.take(delivery.tenant, refund.order_id, [refund.telling(delivery.at)])
        skus = account.story.skus
        items = [
            Item(skus.get(line.line_item_id), line.quantity, account.of_fact(refund_tx(line.id)))
            for line in refund.refund_line_items
        ]
        return _taken(delivery, refund.order_id, items)

    def edit(self, delivery: Delivery) -> Taken | Refused:
        """Take an edit: it is kept, and changes no stock."""
        edited = delivery.read(ShopifyOrderEdited)
        if isinstance(edited, Refused):
            return edited
        edit = edited.order_edit
        self._histories.take(delivery.tenant, edit.order_id, [edit.telling(delivery.at)])
        return _taken(delivery, edit.order_id, [])


def _snapshot(delivery: Delivery, order: ShopifyOrder, account: Account) -> Taken:
    return _taken(delivery, order.id, [_item(account, line.id, line.quantity) for line in order.line_items])


def _item(account: Account, line: str, quantity: int) -> Item:
    return Item(account.story.skus.get(line), quantity, account.of_line(line))


def _taken(delivery: Delivery, order: str, items: list[Item]) -> Taken:
    return Taken(delivery.tenant, f"{SHOP}:{order}", tuple(items), vendor=True)
