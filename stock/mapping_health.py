"""What is wrong with the way SKUs and a channel's listings belong together. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

Kind = Literal["duplicate", "blank", "case", "unmapped"]
KINDS: tuple[Kind, ...] = ("duplicate", "case", "blank", "unmapped")
"""The worst first."""


class Finding(msgspec.Struct, frozen=True):
    """Something that a person should mend.

    `duplicate`: several listings have one SKU, or several SKUs one listing. `case`: names differ in case or in spaces
    alone. `blank`: a listing has no SKU. `unmapped`: a listing has no SKU here, or a SKU no listing; with both, the SKU
    is mapped to a listing that is not there.
    """

    kind: Kind
    listings: tuple[str, ...] = ()
    skus: tuple[str, ...] = ()


def alike(name: str) -> str:
    """Return what names have in common that differ in case, or in spaces, alone."""
    return "".join(name.casefold().split())


def stored_findings(listings: Mapping[str, str | None]) -> list[Finding]:
    """Return what is wrong among SKUs, each with its listing on one channel (None: it has none)."""
    by_listing: defaultdict[str, list[str]] = defaultdict(list)
    for sku, listing in listings.items():
        if listing is not None:
            by_listing[listing].append(sku)
    shared = [Finding("duplicate", (listing,), tuple(skus)) for listing, skus in by_listing.items() if len(skus) > 1]
    unmapped = [Finding("unmapped", (), (sku,)) for sku, listing in listings.items() if listing is None]
    return [*shared, *spelt_alike(listings), *unmapped]


def spelt_alike(names: Iterable[str]) -> list[Finding]:
    """Return the groups of SKUs that differ in case or in spaces alone."""
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for name in names:
        groups[alike(name)].append(name)
    return [Finding("case", (), tuple(group)) for group in groups.values() if len(group) > 1]


def sentence(finding: Finding) -> str:
    """Return the finding in words, with what to do."""
    told = _TOLD[finding.kind, bool(finding.listings), bool(finding.skus)]
    return told.format(listings=" and ".join(finding.listings), skus=" and ".join(finding.skus))


_TOLD: dict[tuple[Kind, bool, bool], str] = {
    ("duplicate", True, True): "{listings} and {skus} are shared; each SKU needs one listing of its own",
    ("case", True, True): "{listings} is spelt otherwise than {skus}; spell them alike, or map it by hand",
    ("case", False, True): "{skus} differ in case or spaces alone; they are counted apart",
    ("blank", True, False): "{listings} has no SKU; give it one in the shop, or link it with `syncstate map`",
    ("unmapped", True, True): "{skus} is mapped to {listings}, which is not listed there",
    ("unmapped", True, False): "{listings} has no SKU here; `syncstate map` maps it to one",
    ("unmapped", False, True): "{skus} has no listing there",
}
