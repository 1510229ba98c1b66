"""A SKU's quantities after a change, and how a refused change is told."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from syncstate.cli.connection import Api
from syncstate.cli.failures import Refusal
from syncstate.cli.printing import facts

_SHOWN = {
    "sku": "SKU",
    "physical": "physical",
    "buffer": "buffer",
    "broadcast": "broadcast",
    "oversold": "oversold",
    "lastBroadcast": "last broadcast",
    "threshold": "threshold",
    "version": "version",
}


def change(api: Api, path: str, body: Mapping[str, object], *, as_json: bool) -> None:
    """Send a change of one SKU and show what is left.

    Raises Refusal. Where the SKU has moved, or a tx was used before, the present quantities are shown first; in JSON
    the refusal holds them.
    """
    try:
        show(api.post(path, body), as_json=as_json)
    except Refusal as refusal:
        if refusal.status == HTTPStatus.CONFLICT and not as_json:
            show(refusal.answer, as_json=False)
        raise


def optional(expected: int | None, tx: str | None) -> dict[str, int | str]:
    """Return the fields of a change that may be left out."""
    version: dict[str, int | str] = {} if expected is None else {"expectedVersion": expected}
    return version if tx is None else {**version, "tx": tx}


def show(answer: Mapping[str, Any], *, as_json: bool) -> None:
    """Print a SKU's quantities."""
    if as_json:
        print(json.dumps(answer))
        return
    facts([(title, answer[name]) for name, title in _SHOWN.items() if name in answer])
    if answer.get("duplicate"):
        print("nothing new: it was recorded before")
    if answer.get("message"):
        print(answer["message"])
    elif answer.get("pending"):
        print("it is durable, and will be counted in a moment")
