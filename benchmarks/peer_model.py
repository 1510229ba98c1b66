"""The content of the peer's read models: what our four projections keep, folded by the same folds, and its tables."""

from typing import Any

from processor.events import Recorded
from processor.models import Document, IndexKey
from processor.projection import Projection, Put
from processor.streams import StreamId
from projections.alerts.fold import AlertsProjection
from projections.broadcasts.fold import BroadcastsProjection
from projections.inventory.fold import InventoryProjection
from projections.returns.fold import ReturnsProjection
from stock.codec import decode

FOLDS: tuple[Projection[Any], ...] = (
    InventoryProjection(),
    AlertsProjection(),
    ReturnsProjection(),
    BroadcastsProjection(),
)

Values = tuple[str | bytes | None, ...]

_ALERT_KEYS = ("unread", "severity", "sku", "every")

TABLES = (
    """CREATE TABLE skus (sku TEXT PRIMARY KEY, inventory BLOB, alerts BLOB, returns BLOB, broadcasts BLOB,
    due_amazon TEXT, due_shopify TEXT)""",
    "CREATE INDEX skus_amazon ON skus (due_amazon) WHERE due_amazon IS NOT NULL",
    "CREATE INDEX skus_shopify ON skus (due_shopify) WHERE due_shopify IS NOT NULL",
    "CREATE TABLE alerts (id TEXT PRIMARY KEY, body BLOB, unread TEXT, severity TEXT, sku TEXT, every TEXT)",
    *(f"CREATE INDEX alerts_{key} ON alerts ({key}) WHERE {key} IS NOT NULL" for key in _ALERT_KEYS),
    "CREATE TABLE returns (id TEXT PRIMARY KEY, body BLOB, sku TEXT, every TEXT)",
    *(f"CREATE INDEX returns_{key} ON returns ({key})" for key in ("sku", "every")),
)
"""As SQLite spells them; PostgreSQL's BLOB is BYTEA."""

UPSERT = (
    "INSERT INTO skus VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (sku) DO UPDATE SET"
    " inventory = excluded.inventory, alerts = excluded.alerts, returns = excluded.returns,"
    " broadcasts = excluded.broadcasts, due_amazon = excluded.due_amazon, due_shopify = excluded.due_shopify"
)
DOCUMENTS = {
    "alerts": "INSERT INTO alerts VALUES (?, ?, ?, ?, ?, ?)",
    "returns": "INSERT INTO returns VALUES (?, ?, ?, ?)",
}
"""By projection. A document of this traffic is written once."""


class States:
    """The four states of every SKU, in memory as ours are."""

    def __init__(self) -> None:
        self._states: dict[StreamId, list[Any]] = {}

    def fold(self, event: Recorded) -> list[tuple[str, Values]]:
        """Fold the event into its SKU's states and return the documents it writes, each with its projection."""
        states = self._states.get(event.stream)
        if states is None:
            states = self._states[event.stream] = [fold.initial() for fold in FOLDS]
        fact = decode(event)
        documents: list[tuple[str, Values]] = []
        for fold, state in zip(FOLDS, states, strict=True):
            for change in fold.apply(state, event, fact):
                assert isinstance(change, Put), "this traffic holds nothing that amends or deletes"
                documents.append((fold.name, _values(change.document)))
        return documents

    def row(self, stream: StreamId) -> Values:
        """Return a SKU's row as it stands."""
        states = self._states[stream]
        bodies = (fold.encode(state) for fold, state in zip(FOLDS, states, strict=True))
        amazon, shopify = FOLDS[-1].keys(stream, states[-1]) or (None, None)
        return (stream.key, *bodies, _place(amazon), _place(shopify))

    def rows(self) -> list[Values]:
        """Return the row of every SKU."""
        return [self.row(stream) for stream in self._states]


def _values(document: Document) -> Values:
    return (document.id, document.body, *map(_place, document.keys))


def _place(key: IndexKey | None) -> str | None:
    return None if key is None else f"{key.partition}|{key.sort}"
