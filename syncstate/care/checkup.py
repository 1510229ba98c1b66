"""What `doctor` looks at in the store, beside a running server and without one. Nothing is changed."""

import os
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from channels.notices.journal import ABSENT
from channels.notices.reports import reports
from processor.adapters.sql.snapshot import SqlSnapshot
from processor.adapters.sql.sqlite.claim import holder_of
from processor.clock import Clock, moment, system_clock
from processor.errors import ProcessorError, StoreUnavailable
from syncstate import presence
from syncstate.addresses import store_named
from syncstate.care import Refused, checks
from syncstate.care.checks import Check
from syncstate.care.folds import live_models, outdated
from syncstate.care.marks import refuse_half_done
from syncstate.care.places import snapshot_of
from syncstate.settings import Settings
from syncstate.stores import DATABASE, RESTORING, RestoreUnfinished, SettingMissing, dynamodb_client, open_store
from web.guard.hosts import is_loopback
from web.guard.keys import KeyBook

LITTLE_SPACE = 1 << 30
NO_SPACE = 64 << 20
BEHIND_SECONDS = 2.0
MUCH_LAG = 10_000
_KEEPING = {"point-in-time recovery", "deletion protection", "billing"}


def checkup(settings: Settings, clock: Clock = system_clock) -> Iterator[Check]:
    """Yield each check as it is made."""
    yield from checks.program()
    yield from checks.names()
    yield from checks.secrets(settings)
    yield from checks.channels(settings)
    served = presence.find(settings.data, store_named(settings))
    yield from _server(settings, served)
    if settings.store == "embedded":
        yield from _folder(settings.data)
    yield from _store(settings, clock, served=served is not None)


def _server(settings: Settings, served: presence.Presence | None) -> Iterator[Check]:
    if served is not None:
        yield Check("server", "ok", f"answers at {served.url} (process {served.pid})")
        return
    holder = holder_of(settings.data / DATABASE) if settings.store == "embedded" else None
    if holder is not None:
        advice = "ask it to end, or wait until it has"
        yield Check("server", "warn", f"{holder} has the store open and does not answer as a server", advice)
    else:
        yield Check("server", "ok", "none runs here")


def _folder(data: Path) -> Iterator[Check]:
    there = next(folder for folder in (data.resolve(), *data.resolve().parents) if folder.exists())
    if (data / RESTORING).exists():
        yield Check("folder", "fail", str(RestoreUnfinished(data)))
    elif not there.is_dir() or not os.access(there, os.R_OK | os.W_OK | os.X_OK):
        advice = "let the user who runs the server write there, or name another with --data"
        yield Check("folder", "fail", f"{there} cannot be written to", advice)
    else:
        free = shutil.disk_usage(there).free
        said = f"{free / (1 << 30):.1f} GiB free at {there}"
        verdict: checks.Verdict = "fail" if free < NO_SPACE else "warn" if free < LITTLE_SPACE else "ok"
        yield Check("folder", verdict, said, "" if verdict == "ok" else "make room: a full disk stops all writes")


def _store(settings: Settings, clock: Clock, *, served: bool) -> Iterator[Check]:
    if settings.store == "embedded" and not (settings.data / DATABASE).exists():
        advice = f"`syncstate serve --data {settings.data}` begins one"
        yield Check("store", "warn", f"there is none in {settings.data} yet", advice)
        return
    if settings.store not in {"embedded", "postgres"}:
        yield from _other_store(settings)
        return
    try:
        with closing(snapshot_of(settings)) as snapshot:
            refuse_half_done(snapshot.registers)
            path = settings.data / DATABASE
            if settings.store == "embedded" and not os.access(path, os.W_OK):
                advice = "let the user who runs the server write to it"
                yield Check("store", "fail", f"{path} cannot be written to", advice)
            else:
                yield Check("store", "ok", f"{snapshot.place} opens, and its schema is this release's")
            yield from _keys(settings, snapshot, clock)
            yield from _clock(snapshot, clock)
            yield from _projections(snapshot, served=served)
            yield from _notices(snapshot, clock)
    except (ProcessorError, SettingMissing, Refused) as error:
        yield _away(settings, error)


def _other_store(settings: Settings) -> Iterator[Check]:
    try:
        with closing(open_store(settings)) as store:
            store.registers.read("doctor")
            older = outdated(store.registers)
    except (ProcessorError, SettingMissing) as error:
        yield _away(settings, error)
    else:
        yield Check("store", "ok", f"the {settings.store} store answers")
        yield from map(_older, older)
        if settings.store == "dynamodb":
            yield from _tables(settings)


def _tables(settings: Settings) -> Iterator[Check]:
    """Check the tables; what keeps them from being lost is worth a warning, their shape is a failure."""
    from processor.adapters.dynamodb.catalogue import DEFAULT_PREFIX
    from processor.adapters.dynamodb.inspecting import inspect

    well = True
    with closing(dynamodb_client(settings.dynamodb_endpoint)) as client:
        for report in inspect(client, settings.dynamodb_prefix or DEFAULT_PREFIX):
            for aspect in report.aspects:
                if aspect.verdict in {"differs", "denied"}:
                    well = False
                    verdict: checks.Verdict = "warn" if aspect.name in _KEEPING else "fail"
                    yield Check("tables", verdict, aspect.said, aspect.advice)
    if well:
        yield Check("tables", "ok", "as they must be")


def _away(settings: Settings, error: Exception) -> Check:
    """Return what to do about a store that cannot be opened: where it is another program's, whether that is there."""
    advice = _ELSEWHERE.get(settings.store, "") if isinstance(error, StoreUnavailable) else ""
    return Check("store", "fail", " ".join(str(error).split()), advice)


_ELSEWHERE = {
    "postgres": "start PostgreSQL, or look at the host, port, user and password in SYNCSTATE_DATABASE_URL",
    "dynamodb": "look at SYNCSTATE_DYNAMODB_ENDPOINT, at AWS_REGION and at the credentials, and whether it runs there",
}


def _keys(settings: Settings, snapshot: SqlSnapshot, clock: Clock) -> Iterator[Check]:
    working = [key for key in KeyBook(snapshot.registers, clock).every(None) if key.revoked_at is None]
    if working:
        tenants = len({key.tenant for key in working})
        yield Check("keys", "ok", f"{len(working)} work, of {tenants} tenants")
    elif settings.require_keys:
        advice = f"run `syncstate keys create --tenant {settings.tenant} --role admin`"
        yield Check("keys", "fail", "none, and SYNCSTATE_REQUIRE_KEYS wants one", advice)
    elif is_loopback(settings.host) and (settings.shopify_secrets or settings.shopify_webhook_secret):
        advice = f"`syncstate keys create --tenant {settings.tenant} --role admin`, before a proxy stands in front"
        yield Check("keys", "warn", "none, though shops may deliver: through a proxy anybody may do everything", advice)
    elif is_loopback(settings.host):
        yield Check("keys", "ok", f"none: on {settings.host} this machine alone may call, and needs no key")
    else:
        advice = f"run `syncstate keys create --tenant {settings.tenant} --role admin`"
        yield Check("keys", "fail", f"none, and {settings.host} is reached by other machines", advice)


def _clock(snapshot: SqlSnapshot, clock: Clock) -> Iterator[Check]:
    now, newest = clock(), snapshot.walks.newest()
    ahead = (moment(newest) - moment(now)).total_seconds() if newest is not None else 0.0
    if newest is not None and ahead > BEHIND_SECONDS:
        advice = "set this machine's clock: leases and retries go by it"
        yield Check("clock", "fail", f"it is {ahead:,.0f} s behind the newest event, recorded at {newest}", advice)
    else:
        yield Check("clock", "ok", f"{now}; the newest event is of {newest or 'none yet'}")


def _projections(snapshot: SqlSnapshot, *, served: bool) -> Iterator[Check]:
    yield from map(_older, outdated(snapshot.registers))
    for model, projection in live_models(snapshot.registers).items():
        held = sum(1 for _ in snapshot.models.held(model))
        lagging = sum(1 for _ in snapshot.models.lagging(model, projection.feeds))
        if held:
            advice = "`syncstate quarantine list` tells why"
            yield Check(model.projection, "warn", f"{held} streams are quarantined", advice)
        elif lagging > MUCH_LAG:
            advice = "wait, and look again: it must shrink" if served else "`syncstate serve` folds them"
            yield Check(model.projection, "warn", f"{lagging:,} streams wait to be folded", advice)
        else:
            yield Check(model.projection, "ok", f"{lagging:,} streams wait to be folded" if lagging else "up to date")


def _older(projection: str) -> Check:
    advice = "`syncstate upgrade` rebuilds it, and so does `syncstate serve` before it serves"
    return Check(projection, "warn", "was folded by another release", advice)


def _notices(snapshot: SqlSnapshot, clock: Clock) -> Iterator[Check]:
    """Check the targets that somebody tends: one that was left for as long as ABSENT begins anew anyhow."""
    now = moment(clock())
    tended = [report for report in reports(snapshot.registers) if now - moment(report.seen) <= ABSENT]
    for report in tended:
        if report.troubled:
            whose = f"{report.target} of {report.tenant}"
            said = f"{whose} has taken nothing since a message was given up at {report.gave_up_at}"
            advice = "the log tells why (`notices.not_taken`); `syncstate alerts --unread` has what was not told"
            yield Check("notices", "warn", said, advice)
    if not any(report.troubled for report in tended):
        given_up = sum(report.given_up for report in tended)
        yield Check("notices", "ok", f"{len(tended)} targets are told of alerts; {given_up} messages were given up")
