"""Events become read models. Each folder has its fold, its documents and its queries."""

from projections.alerts.fold import AlertsProjection
from projections.broadcasts.fold import BroadcastsProjection
from projections.inventory.fold import InventoryProjection
from projections.returns.fold import ReturnsProjection

PROJECTIONS = (InventoryProjection(), AlertsProjection(), ReturnsProjection(), BroadcastsProjection())
"""Every projection of the product, one instance each: they hold no state."""

__all__ = [
    "PROJECTIONS",
    "AlertsProjection",
    "BroadcastsProjection",
    "InventoryProjection",
    "ReturnsProjection",
]
