"""How a merchant's quantity is written, in a PATCH as in a feed. Source: Listings Items API 2021-08-01."""

MERCHANT = "DEFAULT"
"""The fulfilment channel code of a listing that the merchant ships; Amazon's own are AMAZON_NA, AMAZON_EU, ..."""


def quantity_patch(quantity: int) -> dict[str, object]:
    """Return the patch that sets a merchant's quantity.

    `merge` keeps lead time and restock date, which `replace` would wipe.
    """
    value = {"fulfillment_channel_code": MERCHANT, "quantity": quantity}
    return {"op": "merge", "path": "/attributes/fulfillment_availability", "value": [value]}
