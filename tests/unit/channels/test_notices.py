"""When a message is due, what it holds, and what is kept in mind afterwards."""

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from channels.notices.looks import Look
from channels.notices.messages import Message, as_json, as_slack
from channels.notices.posting import signature
from channels.notices.progress import LISTED, Late, Progress, advanced, begun, due, finished, hashed, taken
from processor.clock import Instant
from projections.alerts.documents import Alert
from stock.dispositions import Severity
from tests.factories import MORNING, NOON

HOUR = timedelta(hours=1)


def at(clock: str) -> Instant:
    return Instant(f"2026-11-20T{clock}.000000Z")


def an_alert(
    number: int = 1, when: Instant = NOON, severity: Severity = "warning", stream: str = "acme/sku/T"
) -> Alert:
    return Alert(f"low.{number}.{stream}", "stock_low", severity, "T", f"T: {number}", number, when, stream, number)


def a_look(when: Instant) -> Look:
    return Look(when, when, {})


@pytest.mark.parametrize(
    ("last", "now", "wanted"),
    [
        ("", at("10:00:00"), True),
        (at("10:00:00"), at("10:00:09"), False),
        (at("10:00:00"), at("10:00:10"), True),
        (at("10:00:00"), at("09:00:00"), True),
    ],
    ids=["the first", "too soon", "soon enough", "a clock set back"],
)
def test_messages_keep_apart(last: str, now: Instant, wanted: bool) -> None:  # noqa: FBT001
    progress = msgspec.structs.replace(begun(MORNING), last=Instant(last))
    assert due(progress, MORNING, now, timedelta()) is wanted


@pytest.mark.parametrize(
    ("oldest", "last", "now", "wanted"),
    [
        (at("10:05:00"), "", at("10:59:59"), False),
        (at("10:05:00"), "", at("11:00:00"), True),
        (at("10:05:00"), at("11:00:00"), at("11:59:59"), False),
        (at("10:05:00"), at("11:00:00"), at("12:00:00"), True),
        (Instant("2026-11-19T10:05:00.000000Z"), Instant("2026-11-19T10:10:00.000000Z"), at("10:20:00"), True),
    ],
)
def test_a_digest_goes_once_in_a_window_for_those_before(
    oldest: Instant,
    last: str,
    now: Instant,
    wanted: bool,  # noqa: FBT001
) -> None:
    assert due(msgspec.structs.replace(begun(MORNING), last=Instant(last)), oldest, now, HOUR) is wanted


def test_what_is_taken_is_known_and_the_worst_are_listed() -> None:
    waiting = [an_alert(number) for number in range(LISTED + 5)]
    worst = an_alert(999, severity="critical")
    progress = taken(begun(MORNING), [*waiting, worst], "d1", NOON)
    assert progress.batch is not None
    assert (progress.batch.alerts[0], len(progress.batch.alerts)) == (worst.id, LISTED)
    assert progress.batch.left_out == {"warning": 6}
    assert progress.hashes() == {hashed(alert.id) for alert in (*waiting, worst)}
    after = finished(progress, NOON, "delivered")
    assert (after.batch, after.hashes(), after.last) == (None, progress.hashes(), NOON)


def test_a_look_settles_what_is_two_minutes_old_and_forgets_it() -> None:
    progress = taken(begun(MORNING), [an_alert(1, at("10:10:00")), an_alert(2, at("10:20:00"))], "d1", NOON)
    after = advanced(progress, a_look(at("10:17:00")), (), [], Late((), {}, whole=True))
    assert (after.settled, after.hashes()) == (at("10:15:00"), frozenset({hashed(an_alert(2).id)}))


def test_what_waits_is_never_settled() -> None:
    waits = an_alert(1, at("10:10:00"))
    after = advanced(begun(MORNING), a_look(at("11:00:00")), (), [waits], Late((), {}, whole=True))
    assert after.settled == waits.timestamp


def test_time_is_never_settled_backwards() -> None:
    after = advanced(begun(NOON), a_look(at("11:00:00")), (), [], Late((), {}, whole=True))
    assert after.settled == NOON


def test_streams_that_lag_or_whose_late_alerts_wait_are_kept_in_mind() -> None:
    waits = an_alert(5, at("09:00:00"), stream="acme/sku/WAITS")
    late = Late((waits,), {"acme/sku/LAGS": 7, "acme/sku/WAITS": 9, "acme/sku/DONE": 3}, whole=True)
    after = advanced(begun(MORNING), a_look(NOON), {"acme/sku/LAGS"}, [], late)
    assert after.behind == {"acme/sku/LAGS": 7, "acme/sku/WAITS": 4}


def test_progress_at_its_fullest_fits_a_register() -> None:
    from channels.notices.looks import MOST_BEHIND_BYTES
    from channels.notices.progress import MOST_TOLD, Batch

    longest = Batch("d" * 32, NOON, ("i" * 640,) * LISTED, {"critical": 10**6})
    behind = {"s" * 1000 + str(number): 10**9 for number in range(2 * MOST_BEHIND_BYTES // 1000)}
    fullest = Progress(NOON, NOON, NOON, NOON, b"x" * 16 * MOST_TOLD, behind, longest)
    assert len(msgspec.msgpack.encode(fullest)) < 300_000


def test_a_signature_anyone_can_compute() -> None:
    """The hex was computed with openssl: printf '1700000000.{}' | openssl dgst -sha256 -hmac secret."""
    wanted = "b8569b78799ff9e3cbff0fc2d63a33a2b57f3282abd07c37ae5e8e7d79a5f163"
    assert signature(b"secret", "1700000000", b"{}") == f"sha256={wanted}"


def test_slack_text_and_json_say_what_is_left_out() -> None:
    message = Message("d1", "acme", NOON, (an_alert(),), {"warning": 2, "info": 1})
    text = msgspec.json.decode(as_slack(message))["text"]
    assert text.splitlines() == [
        "SyncState, acme: 4 alerts (3 warning, 1 info)",
        "Warning: T: 1 [stock_low, 2026-11-20T12:00:00Z]",
        "and 3 more: see GET /api/alerts/unread",
    ]
    assert msgspec.json.decode(as_json(message))["leftOut"] == {"warning": 2, "info": 1}


def test_the_receiver_in_the_how_to_accepts_what_is_signed_and_nothing_else() -> None:
    page = (Path(__file__).parents[3] / "docs/how-to/get-alerts.md").read_text()
    code = page.split("```python\n")[1].split("```")[0]
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102 - the page's own words
    is_ours = names["is_from_syncstate"]
    now, body = str(int(time.time())), b'{"count":1}'
    headers = {"X-SyncState-Timestamp": now, "X-SyncState-Signature": signature(b"secret", now, body)}
    assert is_ours(b"secret", headers, body)
    assert not is_ours(b"other", headers, body)
    assert not is_ours(b"secret", headers, body + b" ")
    assert not is_ours(b"secret", {**headers, "X-SyncState-Timestamp": str(int(now) - 1)}, body)
    old = str(int(now) - 3600)
    stale = {"X-SyncState-Timestamp": old, "X-SyncState-Signature": signature(b"secret", old, body)}
    assert not is_ours(b"secret", stale, body)
