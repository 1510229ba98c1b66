"""Sending a file's facts to a server that is busy, gone, or of another mind."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar

import pytest

from ingest.imports.rows import FileFact, Row
from stock.identities import Sku
from syncstate.cli.connection import Api
from syncstate.cli.failures import Failure
from syncstate.cli.sending import send

STATUSES = {"A": "recorded", "B": "duplicate", "C": "conflict", "D": "invalid"}


class Moody(BaseHTTPRequestHandler):
    """Answers with the next status of `moods`, and takes a batch once those are used up."""

    moods: ClassVar[list[int]] = []
    batches: ClassVar[list[list[str]]] = []

    def do_POST(self) -> None:
        facts = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["facts"]
        status = self.moods.pop(0) if self.moods else 200
        results = [{"status": STATUSES[fact["sku"][0]], "error": "no" if fact["sku"] > "C" else None} for fact in facts]
        body = json.dumps({"results": results} if status == 200 else {"error": "not now"}).encode()
        if status == 200:
            self.batches.append([fact["sku"] for fact in facts])
        self.send_response(status)
        self.send_header("Retry-After", "0")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def api() -> Iterator[Api]:
    Moody.moods, Moody.batches = [], []
    with ThreadingHTTPServer(("127.0.0.1", 0), Moody) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield Api(Path(), f"http://127.0.0.1:{server.server_port}", {})
        server.shutdown()
        thread.join()


def a_row(line: int, *skus: str) -> Row:
    return Row(line, tuple(FileFact("count", Sku(sku), {"count": 1}, f"{line}") for sku in skus))


def test_the_facts_of_a_row_travel_together_and_a_batch_is_a_thousand_at_most(api: Api) -> None:
    heard: list[int] = []
    send(api, [a_row(n, *[f"A{n}"] * 3) for n in range(700)], heard.append)
    assert [len(batch) for batch in Moody.batches] == [999, 999, 102]
    assert heard == [333, 666, 700]


def test_a_busy_server_is_asked_again(api: Api) -> None:
    Moody.moods = [503, 429]
    assert send(api, [a_row(1, "A")], lambda _: None).imported == 1
    assert len(Moody.batches) == 1


def test_every_row_is_in_one_place(api: Api) -> None:
    rows = [a_row(1, "A", "B"), a_row(2, "B"), a_row(3, "A", "C"), a_row(4, "D")]
    tally = send(api, rows, lambda _: None)
    assert (tally.imported, tally.known, tally.refused) == (1, 1, 2)
    assert tally.facts == {"recorded": 2, "duplicate": 2, "conflict": 1, "invalid": 1}
    assert [(problem.line, problem.fact.sku, problem.status) for problem in tally.problems] == [
        (3, "C", "conflict"),
        (4, "D", "invalid"),
    ]


def test_a_refusal_that_time_does_not_mend_is_told_at_once(api: Api) -> None:
    Moody.moods = [403]
    with pytest.raises(Failure) as caught:
        send(api, [a_row(1, "A")], lambda _: None)
    assert "not now: stopped after 0 rows" in str(caught.value)
    assert "same command again" not in str(caught.value)


def test_what_is_durable_is_told_where_the_server_goes_away(api: Api) -> None:
    rows = [a_row(n, *["A"] * 600) for n in range(2)]
    heard: list[int] = []

    def gone(done: int) -> None:
        heard.append(done)
        api.url = "http://127.0.0.1:9"

    with pytest.raises(Failure) as caught:
        send(api, rows, gone)
    assert heard == [1]
    assert "stopped after 1 rows, which are durable; give the same command again" in str(caught.value)
