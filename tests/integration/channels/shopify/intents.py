"""Intents for tests."""

from itertools import count
from typing import Any

from channels.shopify.intents import Intent
from channels.simulators.shopify import MAIN

_keys = count(1)


def an_intent(item: str, delta: int = -2, change_from: int = 5, **more: Any) -> Intent:
    """Return an intent with a key of its own, to change what MAIN has of `item`."""
    told = {"key": f"key-{next(_keys)}", "location": MAIN, "reference": "syncstate://sku/A/7", **more}
    return Intent(item=item, delta=delta, change_from=change_from, **told)
