"""What goes wrong on command: a plan of faults, each struck a number of times, the same way for the same seed."""

from random import Random
from threading import Lock
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Operation = Literal[
    "token", "patch", "get", "searchListingsItems",
    "createFeedDocument", "upload", "createFeed", "getFeed", "getFeeds", "cancelFeed", "getFeedDocument", "download",
    "message",
    "searchOrders", "getOrder",
    "createDestination", "getDestinations", "createSubscription", "getSubscription",
]  # fmt: skip
"""What can fail: requests, and `message`, one message of a feed when its turn comes."""

LIMITED: dict[Operation, str] = {
    "patch": "patchListingsItem",
    "get": "getListingsItem",
    "searchListingsItems": "searchListingsItems",
    "createFeedDocument": "createFeedDocument",
    "createFeed": "createFeed",
    "getFeed": "getFeed",
    "getFeeds": "getFeeds",
    "cancelFeed": "cancelFeed",
    "getFeedDocument": "getFeedDocument",
    "searchOrders": "searchOrders",
    "getOrder": "getOrder",
    "createDestination": "createDestination",
    "getDestinations": "getDestinations",
    "createSubscription": "createSubscription",
    "getSubscription": "getSubscription",
}
"""Operations with a usage plan, and Amazon's names for them."""


class Fault(BaseModel):
    """One way to fail. It strikes requests for `operation` and `sku` (None: any), `times` times (None: for ever).

    `throttle` answers 429, `invalid` 200 with status INVALID, `unauthorised` 403, `status` any other, `garbled` 200
    with a page of HTML; `drop` breaks the connection within the answer, and `slow` answers after `seconds`. `applied`
    tells that the change is made all the same; for `slow`, that it is made before the wait. `bare` leaves the body out.
    A message of a feed can be `invalid`, or `fatal` to the whole feed from there on; it fails in no other way.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["throttle", "invalid", "fatal", "unauthorised", "status", "garbled", "drop", "slow"]
    operation: Operation | None = None
    sku: str | None = None
    times: int | None = Field(default=1, ge=1)
    probability: float = Field(default=1.0, gt=0, le=1)
    status: int = Field(default=503, ge=300, le=599)
    bare: bool = False
    seconds: float = Field(default=0.0, ge=0, le=600)
    retry_after: int | None = Field(default=None, ge=0)
    applied: bool = False

    def meets(self, operation: Operation, sku: str | None) -> bool:
        """Whether the fault is meant for such a request. Nothing but a PATCH and a message can be INVALID."""
        return self._fits(operation) and self.operation in (None, operation) and self.sku in (None, sku)

    def _fits(self, operation: Operation) -> bool:
        if operation == "message":
            return self.kind in ("invalid", "fatal")
        return self.kind != "fatal" and (self.kind != "invalid" or operation == "patch")


class FaultPlan:
    """Faults in the order they were added; a request is struck by the first that meets it. Safe for several threads."""

    def __init__(self, seed: int) -> None:
        self._lock = Lock()
        self._random = Random(seed)  # noqa: S311 - a simulation, to be repeated
        self._left: list[tuple[Fault, int | None]] = []

    def add(self, *faults: Fault) -> None:
        """Plan more faults."""
        with self._lock:
            self._left += [(fault, fault.times) for fault in faults]

    def clear(self) -> None:
        """Let nothing go wrong any more."""
        with self._lock:
            self._left.clear()

    def strike(self, operation: Operation, sku: str | None = None) -> Fault | None:
        """Return the fault that strikes this request, using it up."""
        with self._lock:
            for place, (fault, left) in enumerate(self._left):
                if fault.meets(operation, sku) and self._random.random() < fault.probability:
                    if left is not None and left <= 1:
                        del self._left[place]
                    elif left is not None:
                        self._left[place] = (fault, left - 1)
                    return fault
        return None
