"""What a channel lists beside what is known here: what is to be mapped, and what is left alone and why. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

import msgspec

from stock.events import ANY_PRODUCT
from stock.identities import sku
from stock.mapping_health import KINDS, Finding, alike, spelt_alike
from syncstate.connecting.here import Here, Known

Left = Literal["not_merchant", "deleted", "bundle", "untracked"]
"""What is left alone whatever its SKU: who ships it is not the merchant, or it has no stock of its own."""

Verdict = Left | Literal["map", "mapped", "elsewhere", "taken_away", "blank", "unfit", "duplicate", "case", "unknown"]

REASONS: dict[Verdict, str] = {
    "map": "is to be mapped",
    "mapped": "is mapped already",
    "elsewhere": "its SKU is mapped to another listing: left as it is",
    "taken_away": "its SKU was unmapped by hand: left so",
    "not_merchant": "not known to be shipped by the merchant: left alone",
    "deleted": "is deleted there",
    "bundle": "a bundle has no stock of its own",
    "untracked": "its stock is not tracked there",
    "blank": "has no SKU there",
    "unfit": "its SKU cannot be one here",
    "duplicate": "shares its SKU with another one",
    "case": "is spelt otherwise than a SKU here",
    "unknown": "its SKU is not known here",
}


class Found(msgspec.Struct, frozen=True):
    """Something that the channel sells: `listing` is what a mapping names, `sku` as it is spelt there, None for none.

    `quantity` is what the channel shows of it. `left` tells why it is left alone, where it is. A person knows it by
    `label`, where that is another than its listing.
    """

    listing: str
    sku: str | None
    quantity: int | None = None
    product_type: str = ANY_PRODUCT
    left: Left | None = None
    label: str = ""

    @property
    def called(self) -> str:
        """What a person knows it by."""
        return self.label or self.listing


class Judged(msgspec.Struct, frozen=True):
    """What was found, and what is to become of it. `sku` is that of ours that it belongs to, or resembles."""

    found: Found
    verdict: Verdict
    sku: str | None = None
    known: Known | None = None

    @property
    def differs(self) -> bool:
        """Whether the SKU is counted, and the channel shows another number than it should."""
        known = self.known
        return known is not None and known.counted and known.broadcast != self.found.quantity


class Compared(msgspec.Struct, frozen=True):
    """Everything that was found, in its order, and what a person should mend."""

    judged: tuple[Judged, ...]
    findings: tuple[Finding, ...]

    def of(self, *verdicts: Verdict) -> list[Judged]:
        """Return those with one of `verdicts`."""
        return [one for one in self.judged if one.verdict in verdicts]

    @property
    def counts(self) -> dict[Verdict, int]:
        """How many there are of each verdict."""
        return dict(Counter(one.verdict for one in self.judged))


def compared(found: Sequence[Found], here: Here, *, new: bool) -> Compared:
    """Compare; `new`: what has a SKU that is not known here is mapped too, and the SKU begins so, not counted yet."""
    named = Counter(name for one in found if (name := _name(one)) is not None)
    spellings: defaultdict[str, set[str]] = defaultdict(set)
    for name in (*named, *here.skus):
        spellings[alike(name)].add(name)
    names = _Names(named, spellings, new)
    judged = tuple(_judged(one, here, names) for one in found)
    findings = sorted(_findings(judged, here), key=lambda one: KINDS.index(one.kind))
    return Compared(judged, tuple(findings))


class _Names(NamedTuple):
    """How often each SKU is named there, how each is spelt there and here, and whether new ones are taken."""

    named: Counter[str]
    spellings: defaultdict[str, set[str]]
    new: bool


def _name(found: Found) -> str | None:
    if found.left is not None or found.sku is None:
        return None
    try:
        return sku(found.sku)
    except ValueError:
        return None


def _judged(found: Found, here: Here, names: _Names) -> Judged:
    mapped = here.by_listing.get(found.listing)
    if found.left is not None:
        return Judged(found, found.left, mapped.sku if mapped else None, mapped)
    if mapped is not None:
        return Judged(found, "mapped", mapped.sku, mapped)
    name = _name(found)
    if name is None:
        return Judged(found, "unfit" if found.sku and found.sku.strip() else "blank")
    return _by_name(found, name, here, names)


def _by_name(found: Found, name: str, here: Here, names: _Names) -> Judged:
    known = here.skus.get(name)
    if known is not None and known.listing is not None:
        return Judged(found, "elsewhere", name, known)
    if names.named[name] > 1:
        return Judged(found, "duplicate", name, known)
    if known is not None:
        return Judged(found, "taken_away" if known.taken_away else "map", name, known)
    if others := names.spellings[alike(name)] - {name}:
        return Judged(found, "case", min(others))
    return Judged(found, "map" if names.new else "unknown", name)


def _findings(judged: Sequence[Judged], here: Here) -> Iterable[Finding]:
    shared: defaultdict[str, list[str]] = defaultdict(list)
    for one in judged:
        if one.verdict == "duplicate" and one.sku is not None:
            shared[one.sku].append(one.found.called)
    yield from (Finding("duplicate", tuple(listings), (name,)) for name, listings in shared.items())
    for one in judged:
        match one.verdict, one.known, one.sku:
            case "elsewhere", Known(listing=str(listing)), str(name):
                yield Finding("duplicate", (listing, one.found.called), (name,))
            case "case", _, str(name):
                yield Finding("case", (one.found.called,), (name,))
            case "blank" | "unfit", _, _:
                yield Finding("blank", (one.found.called,))
            case "unknown", _, _:
                yield Finding("unmapped", (one.found.called,))
            case _:
                pass
    yield from spelt_alike(here.skus)
    listed = {one.sku for one in judged if one.sku is not None}
    there = {one.found.listing for one in judged}
    yield from (
        Finding("unmapped", (listing,), (known.sku,))
        for listing, known in here.by_listing.items()
        if listing not in there
    )
    yield from (
        Finding("unmapped", (), (name,))
        for name, known in here.skus.items()
        if known.listing is None and name not in listed
    )
