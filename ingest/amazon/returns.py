"""Amazon's returns as a program of the merchant's tells them: `{sku, quantity, disposition, ...}`, one at a time."""

from ingest.operators.door import FactDoor, Told
from ingest.outcome import Refused

SOURCE = "amazon"


def receive_return(door: FactDoor, tenant: str, body: bytes) -> Told | Refused:
    """Record the return in `body`. A redelivery is found by its `tx`, else by what it tells.

    Raises Retryable where the store failed.
    """
    return door.receive(tenant, "return", body, source=SOURCE)
