"""What shops tell of their products, and which SKU a variant, an item or a listing has."""

from typing import Annotated

from msgspec import Meta, Struct

from stock.events.kinds import Code, Id, SkuText


class ProductVariant(Struct, frozen=True, gc=False, omit_defaults=True):
    """One variant of a shop's product: its SKU and its inventory item, each None where it has none."""

    variant: Id
    sku: SkuText | None = None
    item: Code | None = None


class ProductSeen(Struct, frozen=True, gc=False, omit_defaults=True):
    """A shop's snapshot of a product. The newest in a product's stream is the last."""

    variants: tuple[ProductVariant, ...] = ()


class ProductUnchanged(Struct, frozen=True, gc=False, omit_defaults=True):
    """A later snapshot of a product told the same as version `seen` of its stream, the newest snapshot there."""

    seen: Annotated[int, Meta(ge=1)]


class SkuLinked(Struct, frozen=True, gc=False, omit_defaults=True):
    """A shop's variant, or inventory item, has this SKU, or none, since version `seen` of its product's stream."""

    product: Id
    seen: Annotated[int, Meta(ge=1)]
    sku: SkuText | None = None


class SkuAssigned(Struct, frozen=True, gc=False, omit_defaults=True):
    """An operator says which SKU a shop's variant, or inventory item, has; None takes back what was said before."""

    sku: SkuText | None = None
