"""syncstate connect beside a running server, against both small shops."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from channels.simulators.amazon import Simulator, simulated_amazon
from channels.simulators.shopify import simulated_shopify
from tests.e2e.serving import Server, command, environment
from tests.payloads import a_line, an_order_body, shopify_headers

pytestmark = pytest.mark.slow

LISTED = [f"SKU-{number}" for number in range(30)]


def live(sim: Simulator) -> dict[str, str]:
    return environment(
        SYNCSTATE_AMAZON_SELLER=sim.seller_id,
        SYNCSTATE_AMAZON_MARKETPLACE=sim.marketplace,
        SYNCSTATE_AMAZON_CLIENT_ID=sim.credentials.client_id,
        SYNCSTATE_AMAZON_CLIENT_SECRET=sim.credentials.client_secret,
        SYNCSTATE_AMAZON_REFRESH_TOKEN=sim.credentials.refresh_token,
        SYNCSTATE_AMAZON_ENDPOINT=sim.url,
        SYNCSTATE_AMAZON_TOKEN_ENDPOINT=sim.token_url,
        SYNCSTATE_AMAZON_MODE="live",
        SYNCSTATE_AMAZON_PER_SECOND="5",
    )


def connect(channel: str, data: Path, env: dict[str, str], *more: str) -> dict[str, Any]:
    done = command("connect", channel, "--data", str(data), "--json", *more, env=env)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def wait_for(probe: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not probe():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.05)


def test_an_uncounted_shop_that_is_connected_zeroes_nothing(tmp_path: Path) -> None:
    with simulated_amazon() as sim, Server(tmp_path / "data", env=live(sim)) as server:
        for name in LISTED:
            sim.amazon.put_listing(name, quantity=9)
        # Some SKUs are known by their sales alone: below zero, and not counted.
        for number, name in enumerate(LISTED[:10], 1):
            body = an_order_body(a_line(number, name, 2), id=number)
            server.post(body, shopify_headers(body)).raise_for_status()
        told = connect("amazon", server.data, live(sim), "--yes", "--new")
        assert told["mapped"] == {"recorded": len(LISTED)}
        for number, name in enumerate(LISTED[5:15], 100):
            body = an_order_body(a_line(number, name, 1), id=number)
            server.post(body, shopify_headers(body)).raise_for_status()
        time.sleep(3)
        assert {name: sim.amazon.quantity(name) for name in LISTED} == dict.fromkeys(LISTED, 9)
        assert "patch" not in sim.amazon.requests
        # It is live all the same: what a person counts is told, and that alone.
        server.http.post("/api/adjustments", json={"sku": LISTED[3], "count": 4}).raise_for_status()
        wait_for(lambda: sim.amazon.quantity(LISTED[3]) == 4)
        time.sleep(1)
        others = [name for name in LISTED if name != LISTED[3]]
        assert {sim.amazon.quantity(name) for name in others} == {9}


def test_a_shop_is_connected_counted_and_followed(tmp_path: Path) -> None:
    with simulated_shopify() as sim:
        env = environment(
            SYNCSTATE_SHOPIFY_SHOP=sim.shopify.domain,
            SYNCSTATE_SHOPIFY_TOKEN=sim.shopify.token,
            SYNCSTATE_SHOPIFY_ENDPOINT=sim.url,
            SYNCSTATE_SHOPIFY_SECRETS=json.dumps({sim.shopify.domain: [sim.shopify.secret]}),
        )
        for name, available in (("A", 12), ("B", 7), ("C", 0)):
            sim.shopify.put_good(name, available)
        with Server(tmp_path / "data", env=env) as server:
            hook = f"{server.url}/webhook/shopify"
            asked = ("--yes", "--count", "--settle", "0.2", "--webhooks", hook)
            told = connect("shopify", server.data, env, *asked)
            assert told["counted"]["counted"] == 3
            sim.shopify.sell([("A", 2), ("B", 1)])
            sim.shopify.sell([("A", 1)])
            levels = {good.sku: sim.shopify.available(good.item) for good in sim.shopify.goods()}
            assert levels == {"A": 9, "B": 6, "C": 0}
            wait_for(lambda: server.get("/api/inventory/A")["physical"] == 9)
            wait_for(lambda: server.get("/api/inventory/B")["physical"] == 6)
            again = connect("shopify", server.data, env, *asked)
            assert (again["counted"]["counted"], again["mapped"]) == (0, {})
            assert {one["status"] for one in again["subscriptions"]} == {"there"}
            assert again["differ"]["count"] == 0


def test_what_cannot_be_connected_is_one_sentence_and_json(tmp_path: Path) -> None:
    done = command("connect", "amazon", "--data", str(tmp_path / "data"), "--json")
    assert (done.returncode, json.loads(done.stdout)["code"]) == (2, "usage")
    assert done.stderr == "syncstate: no seller is set: set SYNCSTATE_AMAZON_SELLER and what goes with it\n"
    assert not (tmp_path / "data").exists()
    both = command("connect", "amazon", "--queue", "a", "--destination", "b")
    assert (both.returncode, both.stderr.count("\n")) == (2, 1)


def test_health_is_told_in_words_and_json(tmp_path: Path) -> None:
    (tmp_path / "stock.csv").write_text("sku,count,asin\nA,1,B000000001\na,2,\n")
    data = str(tmp_path / "data")
    assert command("import", "stock", str(tmp_path / "stock.csv"), "--data", data).returncode == 0
    told = command("mapping", "health", "--data", data)
    assert told.returncode == 0
    assert "case: A and a differ in case or spaces alone" in told.stdout
    assert "unmapped: a has no listing there" in told.stdout
    found = json.loads(command("mapping", "health", "--data", data, "--json").stdout)
    assert (found["ok"], found["counts"]["case"], found["mapped"]) == (False, 1, 1)
