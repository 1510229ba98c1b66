"""Reading DynamoDB's tables through, beside whoever writes to them.

A walk is no moment, so what seems wrong is looked at again before it is told: events and claims one by one, strongly
consistent; rows and documents by walking again, up to LOOKS times. What is told was wrong every time.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import closing

from processor.adapters.dynamodb.walks import Walks, claimed_by
from processor.store import Store
from syncstate.care.claims import Claims, Hole, Idle, Unclaimed
from syncstate.care.folds import live_models, outdated
from syncstate.care.marks import RestoreHalfDone, mark_of
from syncstate.care.tables_view import TablesView
from syncstate.care.tally import Tally, Watch, nobody
from syncstate.care.verifying import Finding
from syncstate.care.verifying import models as model_findings

LOOKS, BETWEEN_SECONDS = 3, 1.0


def truth(walks: Walks, tally: Tally, watch: Watch = nobody) -> Iterator[Finding]:
    """Yield what is wrong with the log: events, their versions, their claims."""
    with closing(Claims()) as claims:
        yield from map(Finding, claims.take(walks.log(), tally, watch))
        yield from map(Finding, _contradictions(claims, walks))


def _contradictions(claims: Claims, walks: Walks) -> Iterator[str]:
    yield from (hole_said(hole) for hole in claims.holes() if _is_hole(hole, walks))
    for stream, first, last in claims.twice():
        yield f"{stream}: events {first} and {last} have one tx_id"
    yield from (unclaimed_said(found) for found in claims.unclaimed() if _is_unclaimed(found, walks))
    for found in claims.idle():
        if _is_idle(found, walks):
            yield f"the claim {found.claim[1]} of {found.claim[0]} is of event {found.version}, which is not there"


def hole_said(hole: Hole) -> str:
    """Return what a hole is told as."""
    return f"{hole.stream}: event {hole.kept + 1} is missing, and {hole.beyond:,} come after it, up to {hole.last}"


def unclaimed_said(found: Unclaimed) -> str:
    """Return what an event without its claim is told as."""
    if found.claimed is None:
        return f"{found.stream}: event {found.version} has no claim, so that its fact could be counted again"
    return f"{found.stream}: the claim of event {found.version} says event {found.claimed}, or other content"


def _is_hole(hole: Hole, walks: Walks) -> bool:
    return walks.event_now(hole.stream, hole.kept + 1) is None


def _is_unclaimed(found: Unclaimed, walks: Walks) -> bool:
    event, claim = walks.event_now(found.stream, found.version), walks.claim_now(found.claim)
    return event is not None and (claim is None or (claim.version, claim.digest) != (event.version, event.digest))


def _is_idle(found: Idle, walks: Walks) -> bool:
    claim = walks.claim_now(found.claim)
    return claim is not None and walks.event_now(claimed_by(found.claim), claim.version) is None


def models(
    store: Store, walks: Walks, tally: Tally, watch: Watch = nobody, pause: Callable[[float], None] = time.sleep
) -> Iterator[Finding]:
    """Yield each row and document of a live model that is not the fold of the log, however often it is looked at."""
    found: dict[str, Finding] = {}
    for look in range(LOOKS):
        if look:
            pause(BETWEEN_SECONDS)
            tally.rows = tally.documents = 0
        with closing(TablesView(store, walks, watch)) as view:
            seen = {_about(finding): finding for finding in model_findings(view, tally, watch)}
        found = {about: finding for about, finding in seen.items() if look == 0 or about in found}
        if not found:
            return
    yield from found.values()


def _about(finding: Finding) -> str:
    """Return what a finding is about: two looks find the same where this is the same, whatever it held then."""
    return finding.sentence.partition(" holds ")[0]


def notes(store: Store) -> Iterator[str]:
    """Yield what is no damage and yet worth knowing; not what waits to be folded, which is a walk of its own."""
    mark = mark_of(store.registers)
    if mark is not None and mark.state == "under way":
        yield str(RestoreHalfDone(mark))
    for name in outdated(store.registers):
        yield f"{name} was folded by another release and was not compared: `syncstate upgrade` rebuilds it"
    for model in live_models(store.registers):
        held = sum(1 for _ in store.models.held(model))
        if held:
            yield f"{held} streams are quarantined in {model.projection}: see `syncstate quarantine list`"
