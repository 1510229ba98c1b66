"""The engine's ports on DynamoDB.

Names are found when first asked for: `catalogue` can be imported alone, by infrastructure code, without any driver.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from processor.adapters.dynamodb.store import DynamoStore, client_config

__all__ = ["DynamoStore", "client_config"]


def __getattr__(name: str) -> object:
    """Return one of `__all__` from `store`, which needs botocore."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.store"), name)
