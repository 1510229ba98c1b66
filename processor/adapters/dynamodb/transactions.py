"""What a refused write says about the table: pure readings of DynamoDB's answers.

A nonce tells one try's author from another. A write that got no answer is sent again with the same nonce: if the
refusal shows that nonce, the earlier try had succeeded.
"""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any

import msgspec

from processor.adapters.dynamodb.errors import FAILED_CONDITION
from processor.adapters.dynamodb.items import Claim, claim_from
from processor.adapters.dynamodb.keys import Item


class Present(msgspec.Struct, frozen=True):
    """What stands where an append wanted to write: claims by the event's place in the append, and if it lost a race.

    A race is lost where the version itself was taken.
    """

    claims: Mapping[int, Claim]
    raced: bool


class Taken(Enum):
    """Whether a compare-and-set took effect."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


def blockers(response: Mapping[str, Any]) -> Sequence[Item | None]:
    """Return, per item of the write, what stood in its way: None where nothing did, else the item (perhaps empty)."""
    reasons = response.get("CancellationReasons")
    if reasons is None:
        return [response.get("Item", {})]
    return [reason.get("Item", {}) if reason["Code"] == FAILED_CONDITION else None for reason in reasons]


def present(response: Mapping[str, Any]) -> Present:
    """Read the refusal of an append whose items alternate: event, its claim, the next event, its claim."""
    standing = blockers(response)
    claims = {place: claim_from(item) for place, item in enumerate(standing[1::2]) if item}
    return Present(claims, raced=any(item is not None for item in standing[::2]))


def taken(response: Mapping[str, Any], nonce: str, revision: int, *, uncertain: bool) -> Taken:
    """Tell whether a compare-and-set that was to bring `revision`, its item first, took effect by an earlier try.

    `uncertain` tells that an earlier try got no answer. Where others have written on top since, nobody can know.
    """
    item = blockers(response)[0]
    stored = int(item["rev"]["N"]) if item else 0
    if item and stored == revision:
        return Taken.YES if item["nonce"]["S"] == nonce else Taken.NO
    return Taken.UNKNOWN if uncertain and stored > revision else Taken.NO
