"""A delivery whose signature was checked, and the way its body is read."""

import msgspec

from ingest.outcome import Refused
from ingest.reading import Model, read
from processor.clock import Instant
from processor.logs import Logger

_log = Logger("ingest.shopify")


class Delivery(msgspec.Struct, frozen=True):
    """One delivery: for `tenant`, from the shop at `domain`, triggered `at`. `id` is the same when it is repeated."""

    tenant: str
    domain: str
    topic: str
    id: str
    at: Instant
    body: bytes

    def read(self, model: type[Model]) -> Model | Refused:
        """Return the payload, or the refusal; a shop cannot mend what it sent, so the log tells of it."""
        found = read(model, self.body)
        if isinstance(found, Refused):
            _log.warning("shopify.unreadable", topic=self.topic, shop=self.domain, code=found.code, field=found.field)
        return found
