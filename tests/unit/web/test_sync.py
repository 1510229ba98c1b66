"""How channels stand, and what an operator does about them, over HTTP."""

from http import HTTPStatus

import pytest

from channels.passes import Pass, Passes
from channels.requests import RequestBook
from channels.switchboard import Switchboard
from processor.clock import Instant, system_clock
from processor.engine import Engine
from stock.codec import decode
from stock.events import BroadcastsResumed, ChannelPaused
from stock.identities import channel_stream, sku
from syncstate.settings import Settings
from syncstate.wiring import services
from tests.factories import MORNING
from tests.unit.web.client import Client
from web.app import create_app


@pytest.fixture
def connected(engine: Engine) -> Client:
    """A program whose settings connect a seller, who observes at first."""
    settings = Settings(store="memory", amazon_seller="A1", amazon_mode="observe")
    return Client(create_app(services(settings, engine, system_clock)))


def only(client: Client) -> dict[str, object]:
    found = client.get("/api/sync").json()
    assert found["count"] == 1
    channel: dict[str, object] = found["channels"][0]
    return channel


def a_mapped_sku(client: Client) -> None:
    client.post("/api/adjustments", {"sku": "A", "count": 5}).raise_for_status()
    client.post("/api/mapping", {"sku": "A", "asin": "B000000001"}).raise_for_status()


def test_no_channel_is_told_of_where_none_is_connected(client: Client) -> None:
    assert client.get("/api/sync").json() == {"count": 0, "channels": []}


def test_a_connected_channel_begins_as_its_setting_says(connected: Client) -> None:
    a_mapped_sku(connected)
    channel = only(connected)
    assert (channel["channel"], channel["seller"], channel["mode"]) == ("amazon", "A1", "observe")
    assert (channel["sends"], channel["paused"], channel["due"], channel["walk"]) == (False, False, 1, None)


def test_a_mode_that_was_set_holds_whatever_the_setting_says(connected: Client, engine: Engine) -> None:
    done = connected.post("/api/channels/amazon", {"mode": "live"}).json()
    assert (done["ok"], done["mode"], done["changed"], done["connected"]) == (True, "live", True, True)
    assert not connected.post("/api/channels/amazon", {"mode": "live"}).json()["changed"]
    off = Settings(store="memory", amazon_seller="A1", amazon_mode="off")
    channel = only(Client(create_app(services(off, engine, system_clock))))
    assert (channel["mode"], channel["sends"]) == ("live", True)


@pytest.mark.parametrize("body", [{}, {"mode": "loud"}, [], {"mode": None}])
def test_a_mode_that_is_none_is_refused(connected: Client, body: object) -> None:
    answer = connected.post("/api/channels/amazon", body)
    assert (answer.status_code, answer.json()["ok"]) == (HTTPStatus.BAD_REQUEST, False)
    assert connected.post("/api/channels/ebay", {"mode": "live"}).status_code == HTTPStatus.BAD_REQUEST
    assert only(connected)["mode"] == "observe"


def test_a_channel_that_nobody_connected_keeps_its_mode_for_later(client: Client) -> None:
    done = client.post("/api/channels/amazon", {"mode": "live"}).json()
    assert not done["connected"]
    assert "no seller is connected yet" in done["message"]
    assert only(client)["seller"] is None


def test_a_pause_stops_the_sending_and_a_resume_goes_on(connected: Client) -> None:
    connected.post("/api/channels/amazon", {"mode": "live"})
    assert connected.post("/api/sync/pause", {}).json()["changed"]
    assert not connected.post("/api/sync/pause", {}).json()["changed"]
    channel = only(connected)
    assert (channel["mode"], channel["sends"], channel["paused"]) == ("live", False, True)
    assert channel["pauseReason"] == "operator"
    assert "paused" in connected.post("/api/channels/amazon", {"mode": "live"}).json()["message"]
    assert connected.post("/api/sync/resume", {}).json()["changed"]
    assert not connected.post("/api/sync/resume", {}).json()["changed"]
    assert only(connected)["sends"]


def test_a_pause_for_listings_that_were_to_become_zero_is_resumed_by_who_confirms(
    connected: Client, engine: Engine
) -> None:
    board = Switchboard(engine.store.log, engine.recorder, system_clock)
    assert board.pause("default", "amazon", ChannelPaused("zeroing", 12, 40), source="dispatcher")
    refused = connected.post("/api/sync/resume", {})
    assert (refused.status_code, refused.json()["code"]) == (HTTPStatus.CONFLICT, "unconfirmed")
    assert "12 of its 40 listings" in refused.json()["error"]
    channel = only(connected)
    assert (channel["pauseReason"], channel["zeroed"], channel["listings"]) == ("zeroing", 12, 40)
    assert connected.post("/api/sync/resume", {"confirm": True}).json()["changed"]
    assert not only(connected)["paused"]


def test_a_look_is_asked_for(connected: Client, engine: Engine) -> None:
    a_mapped_sku(connected)
    book = RequestBook(engine.store.registers, "amazon")
    assert connected.post("/api/sync/reconcile", {"sku": "A"}).json()["sku"] == "A"
    assert [request.sku for request in book.read("default").skus] == ["A"]
    assert connected.post("/api/sync/reconcile", {}).json()["ok"]
    assert book.read("default").every


def test_a_look_that_nobody_would_take_is_refused(client: Client, connected: Client) -> None:
    assert client.post("/api/sync/reconcile", {}).status_code == HTTPStatus.CONFLICT
    unmapped = connected.post("/api/sync/reconcile", {"sku": "A"})
    assert (unmapped.status_code, unmapped.json()["code"]) == (HTTPStatus.NOT_FOUND, "unknown_mapping")
    connected.post("/api/channels/amazon", {"mode": "off"})
    answer = connected.post("/api/sync/reconcile", {})
    assert (answer.status_code, "it is off" in answer.json()["error"]) == (HTTPStatus.CONFLICT, True)


def test_one_sku_that_was_stopped_is_resumed(connected: Client, engine: Engine) -> None:
    a_mapped_sku(connected)
    done = connected.post("/api/sync/resume", {"sku": "A"}).json()
    assert (done["sku"], done["changed"]) == ("A", True)
    told = [decode(event) for event in engine.store.log.read(channel_stream("default", "amazon", sku("A")))]
    assert told == [BroadcastsResumed()]


def test_the_walk_is_told_of(connected: Client, engine: Engine) -> None:
    passes = Passes(engine.store.registers, "amazon", system_clock)
    assert passes.save("default", Pass(MORNING, looked=7, differed=2), 0)
    assert only(connected)["walk"] == {"began": MORNING, "ended": None, "looked": 7, "differed": 2}


@pytest.mark.parametrize("path", ["/api/sync/pause", "/api/sync/resume", "/api/sync/reconcile", "/api/channels/amazon"])
def test_only_who_may_administer_switches(connected: Client, path: str) -> None:
    keys = {role: connected.post("/api/keys", {"role": role}).json()["key"] for role in ("admin",)}
    admin = {"x-api-key": keys["admin"]}
    write = connected.post("/api/keys", {"role": "write"}, admin).json()["key"]
    body = {"mode": "live"}
    assert connected.post(path, body, {"x-api-key": write}).status_code == HTTPStatus.FORBIDDEN
    assert connected.post(path, body, admin).status_code == HTTPStatus.OK
    assert connected.ask("GET", "/api/sync", headers={"x-api-key": write}).status_code == HTTPStatus.OK


def test_tenants_switch_their_own_channels(engine: Engine) -> None:
    board = Switchboard(engine.store.log, engine.recorder, system_clock)
    assert board.set_mode("acme", "amazon", "live", source="operator")
    assert board.read("acme", "amazon").mode == "live"
    assert board.read("other", "amazon").mode is None
    assert board.read("acme", "shopify").mode is None


def test_two_who_switch_at_once_are_both_right(engine: Engine) -> None:
    """The one that comes second finds that the stream has moved, and decides anew."""
    slow = Switchboard(engine.store.log, engine.recorder, system_clock)
    quick = Switchboard(engine.store.log, engine.recorder, system_clock)
    clocked: list[Instant] = []

    def clock() -> Instant:
        if not clocked:
            clocked.append(system_clock())
            assert quick.set_mode("acme", "amazon", "off", source="operator")
        return system_clock()

    slow._clock = clock  # noqa: SLF001 - something happens between its decision and its append
    assert slow.set_mode("acme", "amazon", "live", source="operator")
    assert slow.read("acme", "amazon").mode == "live"
