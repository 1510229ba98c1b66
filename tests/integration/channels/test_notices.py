"""People are told of alerts: once, of what they want to know, when they want to."""

import hmac
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256

import httpx
import pytest

from channels.http import http_client
from channels.notices.posting import Slack
from channels.notices.reports import reports
from processor.adapters.memory import MemoryStore
from processor.clock import moment
from tests.integration.channels.alarms import HOUR, MINUTE, SECOND, SECRET, TENANT, Alarms
from tests.integration.channels.receivers import Inbox, inbox
from tests.stores import FixedClock


@pytest.fixture
def box() -> Iterator[Inbox]:
    with inbox() as opened:
        yield opened


@pytest.fixture
def alarms(http: httpx.Client) -> Iterator[Alarms]:
    clock = FixedClock()
    opened = Alarms(MemoryStore(clock), clock, http)
    yield opened
    opened.engine.close()


def test_an_alert_is_told_once_and_the_receiver_can_check_it(alarms: Alarms, box: Inbox) -> None:
    notifier = alarms.on(alarms.webhook(f"{box.url}/hook"))
    alarms.alert("T/1 & <x>")
    alarms.pass_(HOUR, notifier)
    (post,) = box.posts
    (alert,) = alarms.alerts()
    assert post.path == "/hook"
    timestamp = post.headers["x-syncstate-timestamp"]
    wanted = hmac.new(SECRET.encode(), timestamp.encode() + b"." + post.body, sha256).hexdigest()
    assert post.headers["x-syncstate-signature"] == f"sha256={wanted}"
    assert 0 <= moment(alarms.clock()).timestamp() - int(timestamp) <= 3600
    told = post.json
    assert (told["delivery"], told["tenant"], told["count"], told["leftOut"]) == (post.delivery, TENANT, 1, {})
    assert told["alerts"] == [
        {
            "id": alert.id,
            "type": "return_damaged",
            "severity": "warning",
            "sku": "T/1 & <x>",
            "message": alert.message,
            "quantity": 1,
            "timestamp": alert.timestamp,
        }
    ]


def test_turning_it_on_tells_nothing_old_and_says_so(
    alarms: Alarms, box: Inbox, capsys: pytest.CaptureFixture[str]
) -> None:
    alarms.alert("OLD")
    alarms.clock.advance(SECOND)
    notifier = alarms.on(alarms.webhook(box.url))
    assert "notices.begins" in "".join(capsys.readouterr())
    alarms.alert("NEW")
    alarms.pass_(HOUR, notifier)
    assert box.skus == [["NEW"]]


def test_a_restart_goes_on_where_the_process_before_stopped(alarms: Alarms, box: Inbox) -> None:
    alarms.on(alarms.webhook(box.url)).stop()
    alarms.alert("MEANWHILE")
    alarms.clock.advance(6 * 24 * HOUR)
    alarms.pass_(MINUTE, alarms.notifier(alarms.webhook(box.url), holder="two"))
    assert box.skus == [["MEANWHILE"]]


def test_a_target_that_nobody_tended_for_a_week_begins_anew(alarms: Alarms, box: Inbox) -> None:
    alarms.on(alarms.webhook(box.url)).stop()
    alarms.alert("LONG AGO")
    alarms.clock.advance(8 * 24 * HOUR)
    notifier = alarms.on(alarms.webhook(box.url))
    alarms.alert("NEW")
    alarms.pass_(HOUR, notifier)
    assert box.skus == [["NEW"]]


@pytest.mark.parametrize(
    ("minimum", "told"),
    [("info", ["C", "W", "I"]), ("warning", ["C", "W"]), ("critical", ["C"])],
)
def test_what_is_less_severe_than_wanted_is_not_told(alarms: Alarms, box: Inbox, minimum: str, told: list[str]) -> None:
    notifier = alarms.on(alarms.webhook(box.url), minimum=minimum)
    alarms.alert("I", severity="info")
    alarms.alert("W", severity="warning")
    alarms.alert("C", severity="critical")
    alarms.pass_(HOUR, notifier)
    assert box.skus == [told], "the worst first"


def test_what_comes_close_together_goes_in_one_message_more(alarms: Alarms, box: Inbox) -> None:
    notifier = alarms.on(alarms.webhook(box.url))
    for number in range(30):
        alarms.alert(f"T{number}")
        alarms.pass_(SECOND, notifier)
    assert box.skus[0] == ["T0"], "the first at once"
    alarms.pass_(MINUTE, notifier)
    assert len(box.posts) == 4, "then at most one in ten seconds"
    assert box.names == sorted(f"T{number}" for number in range(30))


def test_a_flood_is_one_message_that_counts_what_it_leaves_out(alarms: Alarms, box: Inbox) -> None:
    notifier = alarms.on(alarms.webhook(box.url))
    for number in range(1000):
        alarms.alert(f"T{number}", severity="critical" if number == 999 else "warning")
    alarms.pass_(HOUR, notifier)
    (post,) = box.posts
    assert (len(post.skus), post.skus[0]) == (50, "T999"), "the worst is among those listed"
    assert (post.json["count"], post.json["leftOut"]) == (1000, {"warning": 950})


def test_a_digest_holds_all_of_its_window(alarms: Alarms, box: Inbox) -> None:
    notifier = alarms.on(alarms.webhook(box.url), digest=timedelta(minutes=15))
    for name in ("A", "B", "C"):
        alarms.alert(name)
        alarms.pass_(4 * MINUTE, notifier)
    assert box.posts == []
    alarms.pass_(4 * MINUTE, notifier)
    assert box.skus == [["A", "B", "C"]]
    alarms.alert("D")
    alarms.pass_(10 * MINUTE, notifier)
    assert len(box.posts) == 1
    alarms.pass_(HOUR, notifier)
    assert box.skus[1:] == [["D"]]


def test_an_alert_acknowledged_before_its_digest_goes_is_left_out(alarms: Alarms, box: Inbox) -> None:
    notifier = alarms.on(alarms.webhook(box.url), digest=timedelta(minutes=15))
    alarms.alert("A", "B")
    alarms.pass_(5 * MINUTE, notifier)
    alarms.acknowledge("A")
    alarms.pass_(HOUR, notifier)
    assert box.skus == [["B"]]


def test_a_message_whose_alerts_were_all_acknowledged_meanwhile_is_not_sent_again(alarms: Alarms, box: Inbox) -> None:
    notifier = alarms.on(alarms.webhook(box.url))
    box.answer(503)
    alarms.alert("A")
    alarms.pass_(SECOND, notifier)
    alarms.acknowledge("A")
    alarms.pass_(HOUR, notifier)
    alarms.alert("B")
    alarms.pass_(HOUR, notifier)
    assert box.skus == [["A"], ["B"]]


def test_a_tenant_is_told_of_his_own_alerts_alone(alarms: Alarms, box: Inbox) -> None:
    notifier = alarms.on(alarms.webhook(box.url))
    alarms.alert("THEIRS", tenant="other")
    alarms.alert("OURS")
    alarms.pass_(HOUR, notifier)
    assert box.skus == [["OURS"]]


def test_a_failure_that_may_pass_is_tried_again_under_the_same_name_and_in_order(alarms: Alarms, box: Inbox) -> None:
    notifier = alarms.on(alarms.webhook(box.url))
    box.answer(503, 500, 429, 408)
    alarms.alert("A")
    alarms.pass_(SECOND, notifier)
    alarms.alert("B")
    alarms.pass_(HOUR, notifier)
    assert box.skus == [["A"]] * 5 + [["B"]]
    assert len({post.delivery for post in box.posts[:5]}) == 1
    assert box.posts[5].delivery != box.posts[0].delivery


def test_a_receiver_that_asks_for_a_pause_gets_it(alarms: Alarms, box: Inbox) -> None:
    notifier = alarms.on(alarms.webhook(box.url))
    box.answer(429, retry_after="600")
    alarms.alert("A")
    alarms.pass_(9 * MINUTE, notifier)
    assert len(box.posts) == 1
    alarms.pass_(2 * MINUTE, notifier)
    assert len(box.posts) == 2


@pytest.mark.parametrize("status", [400, 401, 404, 410, 302])
def test_what_is_refused_for_good_is_given_up_and_the_next_goes(
    alarms: Alarms, box: Inbox, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    notifier = alarms.on(alarms.webhook(box.url))
    box.answer(*[status] * 5, location=f"{box.url}/elsewhere")
    alarms.alert("A")
    alarms.pass_(HOUR, notifier)
    assert "notices.given_up" in "".join(capsys.readouterr())
    [report] = reports(alarms.store.registers, TENANT)
    assert (report.target, report.given_up, report.troubled, report.delivered_at) == ("webhook", 1, True, None)
    alarms.alert("B")
    alarms.pass_(HOUR, notifier)
    [report] = reports(alarms.store.registers)
    assert (report.given_up, report.troubled, report.waiting_since) == (1, False, None)
    assert (report.gave_up_at or "") < (report.delivered_at or "")
    assert box.skus == [["A"]] * 5 + [["B"]]
    assert {post.path for post in box.posts} == {"/"}, "redirects are not followed"


def test_operators_see_which_target_a_message_waits_for(alarms: Alarms, box: Inbox) -> None:
    notifier = alarms.on(alarms.webhook(box.url))
    other = alarms.on(alarms.webhook(box.url), tenant="acme-2")
    box.answer(*[503] * 1000)
    alarms.alert("A")
    since = alarms.clock()
    alarms.pass_(MINUTE, notifier, other)
    [report] = reports(alarms.store.registers, TENANT)
    assert (report.tenant, report.given_up, report.troubled, report.delivered_at) == (TENANT, 0, False, None)
    assert report.waiting_since is not None
    assert report.waiting_since >= since
    assert [one.tenant for one in reports(alarms.store.registers)] == ["acme", "acme-2"]


def test_a_message_that_has_nothing_left_to_tell_is_neither_delivered_nor_given_up(alarms: Alarms, box: Inbox) -> None:
    notifier = alarms.on(alarms.webhook(box.url))
    box.answer(503)
    alarms.alert("A")
    notifier.round()
    alarms.acknowledge("A")
    alarms.pass_(HOUR, notifier)
    [report] = reports(alarms.store.registers)
    assert (report.waiting_since, report.delivered_at, report.gave_up_at, report.given_up) == (None, None, None, 0)


def test_a_target_that_is_down_holds_up_no_other(alarms: Alarms, box: Inbox) -> None:
    with inbox() as sick:
        sick.answer(*[503] * 1000)
        notifier = alarms.on(Slack(alarms.http, f"{sick.url}/services/T0/B0/xyz"), alarms.webhook(box.url))
        for name in ("A", "B"):
            alarms.alert(name)
            alarms.pass_(HOUR, notifier)
        assert box.skus == [["A"], ["B"]]
        assert 2 <= len(sick.posts) <= 60
        sick.answers.clear()
        alarms.pass_(HOUR, notifier)
        texts = [post.json["text"] for post in sick.posts[-2:]]
        assert ["A: 1 came back" in text for text in texts] == [True, False]
        assert ["B: 1 came back" in text for text in texts] == [False, True]


def test_slack_gets_text_in_which_nothing_is_a_command(alarms: Alarms, box: Inbox) -> None:
    notifier = alarms.on(Slack(alarms.http, f"{box.url}/services/T0/B0/xyz"))
    alarms.alert("<!channel> & co", severity="critical")
    alarms.pass_(MINUTE, notifier)
    (post,) = box.posts
    assert set(post.json) == {"text"}
    lines = post.json["text"].splitlines()
    assert lines[0] == "SyncState, acme: 1 alert (1 critical)"
    assert lines[1].startswith("CRITICAL: &lt;!channel&gt; &amp; co: 1 came back WAREHOUSE_DAMAGED [return_damaged, 20")


def test_no_address_and_no_secret_reaches_the_log(
    alarms: Alarms, box: Inbox, capsys: pytest.CaptureFixture[str]
) -> None:
    token = "T0/B0/veryprivatetoken"  # noqa: S105 - one of a test
    nobody = "http://127.0.0.1:9/services/"
    notifier = alarms.on(Slack(alarms.http, f"{nobody}{token}"), alarms.webhook(f"{box.url}/{token}"))
    box.answer(503, *[404] * 5)
    alarms.alert("A")
    alarms.pass_(HOUR, notifier)
    logged = "".join(capsys.readouterr())
    assert "notices.not_taken" in logged
    assert "notices.given_up" in logged
    assert "veryprivatetoken" not in logged
    assert SECRET not in logged


def test_a_target_that_breaks_is_given_up_too(alarms: Alarms, box: Inbox, capsys: pytest.CaptureFixture[str]) -> None:
    """A defect of ours must not stop a target for good, nor tell secrets."""

    class Broken(Slack):
        def send(self, message: object) -> None:
            raise ValueError(f"cannot speak of {SECRET} {message}")

    notifier = alarms.on(Broken(alarms.http, box.url))
    alarms.alert("A")
    alarms.pass_(HOUR, notifier)
    logged = "".join(capsys.readouterr())
    assert "notices.given_up" in logged
    assert SECRET not in logged


def test_proxies_of_the_environment_are_not_used(alarms: Alarms, box: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    with http_client() as http:
        alarms.http = http
        notifier = alarms.on(alarms.webhook(box.url))
        alarms.alert("A")
        alarms.pass_(MINUTE, notifier)
    assert box.skus == [["A"]]
