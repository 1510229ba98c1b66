"""syncstate simulate: either small shop as a program of its own, and a SyncState that works with it."""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from channels.amazon.client import AmazonClient, Credentials, http_client
from channels.shopify.client import ShopifyClient
from channels.shopify.intents import Applied
from syncstate.cli import main
from tests.e2e.serving import ROOT, SECONDS_TO_STOP, Server, environment
from tests.integration.channels.shopify.intents import an_intent
from tests.payloads import a_simple_body

pytestmark = pytest.mark.slow


class Running:
    """A simulator's process, and what it printed of itself."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "syncstate", "simulate", *arguments, "--json"],
            env={**environment(), "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.told: dict[str, Any] = json.loads(self.process.stdout.readline())
        self.settings: dict[str, str] = self.told["settings"]

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Send a signal; return the exit code and what else was printed."""
        self.process.send_signal(number)
        rest, _ = self.process.communicate(timeout=SECONDS_TO_STOP)
        return self.process.returncode, rest


@contextmanager
def running(*arguments: str) -> Iterator[Running]:
    started = Running(*arguments)
    try:
        yield started
    finally:
        if started.process.poll() is None:
            started.stop()


def test_a_small_amazon_takes_quantities_by_the_settings_it_prints() -> None:
    with running("amazon") as amazon, http_client() as http:
        told = amazon.settings
        http.put(f"{amazon.told['control']}/listings/A%2F1", json={"quantity": 4}).raise_for_status()
        client = AmazonClient(
            http,
            told["SYNCSTATE_AMAZON_SELLER"],
            told["SYNCSTATE_AMAZON_MARKETPLACE"],
            Credentials(
                told["SYNCSTATE_AMAZON_CLIENT_ID"],
                told["SYNCSTATE_AMAZON_CLIENT_SECRET"],
                told["SYNCSTATE_AMAZON_REFRESH_TOKEN"],
            ),
            endpoint=told["SYNCSTATE_AMAZON_ENDPOINT"],
            token_endpoint=told["SYNCSTATE_AMAZON_TOKEN_ENDPOINT"],
        )
        client.set_quantity("A/1", 3, "PRODUCT")
        assert client.listing("A/1").quantity == 3


@pytest.mark.parametrize("name", ["amazon", "shopify"])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_either_stops_cleanly(name: str, number: signal.Signals, code: int) -> None:
    with running(name) as started:
        assert started.stop(number) == (code, ""), "one JSON value, and nothing else"
        with pytest.raises(httpx.ConnectError):
            httpx.get(started.told["url"], trust_env=False)


def test_a_small_shopify_takes_deltas_and_ignores_keys_on_demand() -> None:
    with running("shopify", "--goods", "1", "--ignore-keys") as shopify, http_client() as http:
        control = shopify.told["control"]
        (level,) = http.get(f"{control}/levels").json()["levels"]
        client = ShopifyClient(http, shopify.told["shop"], shopify.told["access_token"], endpoint=shopify.told["url"])
        intent = an_intent(level["item"], -1, level["available"])
        assert isinstance(client.adjust(intent), Applied)
        http.put(f"{control}/levels", json={"sku": "SKU-1", "available": level["available"]}).raise_for_status()
        assert isinstance(client.adjust(intent), Applied)
        assert http.get(f"{control}/history").json()["taken"] == {intent.key: 2}


def test_faults_are_the_same_for_the_same_seed() -> None:
    def fate(seed: str) -> list[int]:
        with running("shopify", "--seed", seed, "--fault", "status:0.5", "--goods", "0") as shopify:
            url, token = f"{shopify.told['url']}/admin/api/2026-04/graphql.json", shopify.told["access_token"]
            ask = {"query": "{ locations(first: 1) { nodes { id } } }"}
            with httpx.Client(headers={"x-shopify-access-token": token}, trust_env=False) as http:
                return [http.post(url, json=ask).status_code for _ in range(30)]

    once = fate("1")
    assert set(once) == {200, 503}
    assert once == fate("1") != fate("2")


def sold(server: Server, sku: str) -> list[int]:
    """Return how many of a SKU each sale took, as its ledger has them; the opening is no sale of the shop's."""
    entries = [entry for entry in server.ledger(sku) if entry["type"] == "SaleRecorded"]
    return [entry["data"]["quantity"] for entry in entries]


def test_a_syncstate_counts_what_a_small_shopify_sells_once(tmp_path: Path) -> None:
    secrets = {"SYNCSTATE_SHOPIFY_SECRETS": '{"small-shop.myshopify.com": ["shpss_simulated"]}'}
    with Server(tmp_path / "data", env=environment(**secrets)) as server:
        server.post(a_simple_body(("SKU-1", 50), order="init-1")).raise_for_status()
        hook = f"{server.url}/webhook/shopify"
        with running("shopify", "--deliver-to", hook, "--late", "0.3", "--repeat", "0.6") as shopify:
            assert json.loads(shopify.settings["SYNCSTATE_SHOPIFY_SECRETS"]) == json.loads(
                secrets["SYNCSTATE_SHOPIFY_SECRETS"]
            )
            control = shopify.told["control"]
            with httpx.Client(trust_env=False, timeout=60) as http:
                for quantity in (1, 2, 3, 1):
                    order = {"lines": [{"sku": "SKU-1", "quantity": quantity}]}
                    http.post(f"{control}/orders", json=order).raise_for_status()
                told = http.get(f"{control}/deliveries?settle=30").json()
        assert told["settled"]
        assert told["deliveries"]["taken"] == told["deliveries"]["posted"] > 11, "all were taken, some twice"
        assert sorted(sold(server, "SKU-1")) == [1, 1, 2, 3]


def test_it_sells_by_itself() -> None:
    with running("shopify", "--goods", "2", "--sell-every", "0.05") as shopify:
        deadline = time.monotonic() + 20
        history: list[dict[str, Any]] = []
        while len(history) < 3 and time.monotonic() < deadline:
            history = httpx.get(f"{shopify.told['control']}/history", trust_env=False).json()["history"]
            time.sleep(0.05)
        assert {change["by"] for change in history} == {"sale"}


@pytest.mark.parametrize("name", ["amazon", "shopify"])
def test_what_cannot_be_started_says_why(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        monkeypatch.setattr(sys, "argv", ["syncstate", "simulate", name, "--port", port, "--json"])
        with pytest.raises(SystemExit) as ended:
            main()
    told = capsys.readouterr()
    assert (ended.value.code, json.loads(told.out)["code"]) == (1, "port_taken")
    assert f"127.0.0.1:{port} cannot be listened on" in told.err
    assert "--port 0" in told.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("amazon", "--fault", "gremlins"),
        ("amazon", "--fault", "denied"),
        ("shopify", "--fault", "invalid:0.5"),
        ("shopify", "--fault", "drop:2"),
        ("shopify", "--fault", "drop:0"),
        ("shopify", "--fault", "drop:1.1.1"),
        ("shopify", "--fault", '{"kind": "drop", "more": 1}'),
        ("shopify", "--fault", "{"),
        ("shopify", "--deliver-to", "somewhere"),
        ("shopify", "--repeat", "2"),
    ],
)
def test_an_option_that_makes_no_sense_is_a_wrong_use(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    monkeypatch.setattr(sys, "argv", ["syncstate", "simulate", *arguments, "--json"])
    with pytest.raises(SystemExit) as ended:
        main()
    told = capsys.readouterr()
    assert (ended.value.code, json.loads(told.out)["code"]) == (2, "usage")
    assert told.err.count("\n") == 1


def test_on_a_terminal_it_tells_how_to_reach_it() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "syncstate", "simulate", "shopify"],
        env={**environment(), "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(5)]
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=SECONDS_TO_STOP)
    assert lines[0].startswith("A small Shopify at http://127.0.0.1:")
    assert lines[-1] == """  SYNCSTATE_SHOPIFY_SECRETS='{"small-shop.myshopify.com": ["shpss_simulated"]}'\n"""
