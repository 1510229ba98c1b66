"""How `syncstate connect` shows its account to a person."""

import json
import sys
from collections.abc import Iterator

from stock.mapping_health import sentence
from syncstate.cli.printing import facts, table
from syncstate.connecting.account import Account, emptied
from syncstate.connecting.comparing import REASONS

_COLUMNS = ("listing", "SKU", "shows", "here")


def tell(account: Account, limit: int, *, as_json: bool) -> None:
    """Print the account; of long lists the first `limit`."""
    if as_json:
        print(json.dumps(account.summary()))
        return
    facts(list(_counts(account)))
    chosen = account.chosen
    if account.done is None and chosen and limit:
        print(f"\nto be mapped ({min(limit, len(chosen)):,} of {len(chosen):,}):")
        rows = [(one.found.listing, one.sku, one.found.quantity, _here(one.known)) for one in chosen[:limit]]
        table(_COLUMNS, rows)
    findings = account.compared.findings
    if findings and limit:
        print(f"\nto be mended ({min(limit, len(findings)):,} of {len(findings):,}; --json tells all):")
        for one in findings[:limit]:
            print(f"  {one.kind}: {sentence(one)}")
    for problem in account.done.problems[:limit] if account.done is not None else ():
        print(f"not taken: {problem.fact.sku}: {problem.error}", file=sys.stderr)
    print()
    for line in _ending(account):
        print(line)


def _here(known: object) -> str | int | None:
    counted = getattr(known, "counted", False)
    return getattr(known, "broadcast", None) if counted else "not counted"


def _counts(account: Account) -> Iterator[tuple[str, str | int]]:
    yield account.channel.title(), account.who
    yield from account.facts
    yield "read", len(account.compared.judged)
    for verdict, count in sorted(account.compared.counts.items(), key=lambda pair: -pair[1]):
        yield f"  {count:,}", REASONS[verdict]
    yield (
        "differ",
        f"{len(account.different):,} counted SKUs show another number there, {emptied(account):,} are 0 here",
    )
    for kind, count in account.findings.items():
        if count:
            yield f"health: {kind}", count
    for one in account.subscriptions:
        yield one.topic, one.status if one.reason is None else f"{one.status}: {one.reason}"


def _ending(account: Account) -> Iterator[str]:
    if account.done is None:
        yield "nothing was changed: --yes does it"
        return
    tally = account.done
    yield f"{tally.imported:,} mapped, {tally.known:,} known already, {tally.refused:,} not taken"
    yield from account.sentences
    yield "no quantity was sent: the server sends them, where the channel is live and a SKU is counted"
