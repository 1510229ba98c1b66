"""What goes wrong on command: a plan of faults, each struck a number of times, the same way for the same seed."""

from collections.abc import Sequence
from random import Random
from threading import Lock
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Operation = Literal[
    "inventoryAdjustQuantities", "productVariants", "locations", "location", "inventoryItem", "nodes",
    "webhookSubscriptions", "webhookSubscriptionCreate",
]  # fmt: skip
Kind = Literal[
    "throttle", "denied", "internal", "user_error", "unauthorised", "status", "garbled", "drop", "slow",
]  # fmt: skip
CHANGES = frozenset({"inventoryAdjustQuantities", "webhookSubscriptionCreate"})


class Fault(BaseModel):
    """One way to fail. It strikes requests for `operation` (None: any), `times` times (None: for ever).

    With 200 come `throttle`, `denied`, `internal` (an internal error), `user_error` (of a mutation, with `code`) and
    `garbled` (a page of HTML). `unauthorised` answers 401, `status` any other, `drop` breaks the connection within the
    answer, and `slow` answers after `seconds`. `applied` tells that the change is made all the same; for `slow`, that
    it is made before the wait. `bare` leaves the body out.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Kind
    operation: Operation | None = None
    times: int | None = Field(default=1, ge=1)
    probability: float = Field(default=1.0, gt=0, le=1)
    status: int = Field(default=503, ge=300, le=599)
    code: str = Field(default="SERVICE_UNAVAILABLE", pattern=r"^[A-Z_]{1,60}$")
    bare: bool = False
    seconds: float = Field(default=0.0, ge=0, le=600)
    retry_after: float | None = Field(default=None, ge=0)
    applied: bool = False

    def meets(self, operations: Sequence[str]) -> bool:
        """Whether the fault is meant for such a request. Nothing but a mutation has user errors."""
        if self.kind == "user_error" and not CHANGES.intersection(operations):
            return False
        return self.operation is None or self.operation in operations


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

    def strike(self, operations: Sequence[str]) -> Fault | None:
        """Return the fault that strikes this request, using it up."""
        with self._lock:
            for place, (fault, left) in enumerate(self._left):
                if fault.meets(operations) and self._random.random() < fault.probability:
                    if left is not None and left <= 1:
                        del self._left[place]
                    elif left is not None:
                        self._left[place] = (fault, left - 1)
                    return fault
        return None
