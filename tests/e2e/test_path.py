"""The whole path with real processes: an order comes in over HTTP, stock is right, Amazon is told."""

import json
import signal
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from threading import Barrier
from typing import Any

import httpx
import pytest

from channels.simulators.amazon import simulated_amazon
from processor.clock import system_clock
from syncstate.demo import merchant
from syncstate.settings import Settings
from syncstate.wiring import assembled
from tests.e2e.serving import Server, environment
from tests.payloads import a_line, a_simple_body, an_order_body, shopify_headers

pytestmark = pytest.mark.slow

SKU = "TSHIRT-RED-M"


def post_at_once(url: str, bodies: Sequence[bytes]) -> list[tuple[int, Any]]:
    """Post each body on a connection of its own, once all are open; return status and JSON of each."""
    gate = Barrier(len(bodies))

    def post(body: bytes) -> tuple[int, Any]:
        with closing(HTTPConnection(url.removeprefix("http://"), timeout=60)) as connection:
            connection.connect()
            gate.wait(timeout=60)
            connection.request("POST", "/webhook/shopify", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())

    with ThreadPoolExecutor(len(bodies)) as pool:
        return list(pool.map(post, bodies))


def test_400_sales_at_once_leave_600_and_each_gets_a_number_of_its_own(tmp_path: Path) -> None:
    with Server(tmp_path / "data") as server:
        server.post(a_simple_body(("A", 1000), order="init-1")).raise_for_status()
        bodies = [a_simple_body(("A", 1), order=f"o{number}") for number in range(400)]
        answers = post_at_once(server.url, bodies)
        assert {status for status, _ in answers} == {200}
        assert sorted(answer["inventoryAfter"]["A"] for _, answer in answers) == list(range(600, 1000))
        assert server.get("/api/inventory/A")["physical"] == 600


def test_one_signed_order_delivered_twenty_times_at_once_counts_once(tmp_path: Path) -> None:
    with Server(tmp_path / "data") as server, ThreadPoolExecutor(20) as pool:
        server.post(a_simple_body(("A", 10), ("B", 10), order="init-1")).raise_for_status()
        body = an_order_body(a_line(1, "A", 2), a_line(2, "B", 3))
        answers = list(pool.map(lambda _: server.post(body, shopify_headers(body)).json(), range(20)))
        assert Counter(answer["duplicates"] for answer in answers) == {0: 1, 2: 19}
        left = {name: found["physical"] for name, found in server.get("/api/inventory")["inventory"].items()}
        assert left == {"A": 8, "B": 7}


def test_a_signed_order_reaches_amazon_as_a_patch_with_what_is_left(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with assembled(Settings(data=data), channels=False) as system:
        merchant.seed(system.engine.recorder, system.services.tenant, system_clock)
    with simulated_amazon() as simulator:
        simulator.amazon.put_listing(SKU, quantity=0)
        credentials = simulator.credentials
        seller = environment(
            SYNCSTATE_AMAZON_SELLER=simulator.seller_id,
            SYNCSTATE_AMAZON_MARKETPLACE=simulator.marketplace,
            SYNCSTATE_AMAZON_CLIENT_ID=credentials.client_id,
            SYNCSTATE_AMAZON_CLIENT_SECRET=credentials.client_secret,
            SYNCSTATE_AMAZON_REFRESH_TOKEN=credentials.refresh_token,
            SYNCSTATE_AMAZON_ENDPOINT=simulator.url,
            SYNCSTATE_AMAZON_TOKEN_ENDPOINT=simulator.token_url,
            SYNCSTATE_AMAZON_MODE="live",
            SYNCSTATE_AMAZON_PER_SECOND="5",
        )
        with Server(data, "serve", env=seller) as server:
            body = an_order_body(a_line(1, SKU, 2))
            answer = server.post(body, shopify_headers(body)).json()
            assert (answer["inventoryAfter"], answer["broadcastAfter"]) == ({SKU: 58}, {SKU: 53})
            deadline = time.monotonic() + 30
            while simulator.amazon.quantity(SKU) != 53 and time.monotonic() < deadline:
                time.sleep(0.05)
            assert simulator.amazon.history[-1].quantity == 53
            while server.get(f"/api/inventory/{SKU}")["lastBroadcast"] != 53 and time.monotonic() < deadline:
                time.sleep(0.05)
            assert server.get("/api/status")["dueBroadcasts"]["amazon"] >= 0
            assert server.get(f"/api/inventory/{SKU}")["lastBroadcast"] == 53


def test_a_stop_finishes_what_was_accepted(tmp_path: Path) -> None:
    """Whatever was recorded was answered: nothing is cut off between the two."""
    answered: set[str] = set()

    def write(writer: int) -> None:
        for number in range(10_000):
            order = f"w{writer}-{number}"
            try:
                answer = server.post(a_simple_body(("A", 1), order=order))
            except httpx.TransportError:
                return
            if answer.status_code != 200:
                return
            answered.add(f"simple:{order}:1")

    with Server(tmp_path / "data") as server, ThreadPoolExecutor(20) as pool:
        writers = [pool.submit(write, writer) for writer in range(20)]
        time.sleep(1.0)
        assert server.signal(signal.SIGTERM) == 0
        for writer in writers:
            writer.result()
    with Server(tmp_path / "data") as server:
        assert {entry["tx"] for entry in server.ledger("A")} == answered
    assert len(answered) > 20


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_stops_the_server_and_its_note_is_gone(tmp_path: Path, number: int, code: int) -> None:
    with Server(tmp_path / "data") as server:
        assert (server.data / "server.json").exists()
        assert server.signal(number) == code
        assert not (server.data / "server.json").exists()
        assert "Traceback" not in server.told()


def test_the_demo_tells_amazon_and_goes_on_with_its_old_data(tmp_path: Path) -> None:
    for _ in range(2):
        with Server(tmp_path / "demo", "demo", "--every", "0.1") as server, closing(server.http):
            deadline = time.monotonic() + 30
            while server.told().count("Amazon was told") < 3 and time.monotonic() < deadline:
                time.sleep(0.1)
            opening = [e for e in server.ledger(SKU) if e["data"].get("reason") == "opening"]
            posted = server.post(a_simple_body(("NEWCOMER", 1), order="newcomer-1"))
            assert '"success":true' in posted.text
            assert server.signal(signal.SIGTERM) == 0
        assert len(opening) == 1
        told = server.told()
        assert told.count("Amazon was told") >= 3
        assert "Traceback" not in told
        assert "does not answer" not in told
