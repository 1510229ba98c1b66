"""Commands that state facts and show what came of them, beside a running server and without one."""

import json
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from processor.clock import Instant
from processor.log import Append
from stock.events import ChannelQuantityObserved
from stock.facts import fact
from stock.identities import channel_stream, sku
from syncstate.settings import Settings
from syncstate.wiring import assembled
from tests.e2e.serving import Server, command
from tests.notices import noted
from tests.payloads import a_line, an_order_body

pytestmark = pytest.mark.slow

SKU = "MUG/BLUE 11oz #2 100%"


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that knows SKU, with 10 units, for tests that change nothing."""
    place = tmp_path_factory.mktemp("known")
    (place / "stock.csv").write_text(f"sku,count\n{SKU},10\n")
    done = command("import", "stock", str(place / "stock.csv"), "--data", str(place / "data"))
    assert done.returncode == 0, done.stderr
    return place / "data"


@pytest.fixture(params=["beside a server", "alone"])
def data(tmp_path: Path, known: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """The same folder, the test's own, served or not."""
    own = tmp_path / "data"
    copytree(known, own)
    with Server(own) if request.param != "alone" else nullcontext():
        yield own


def run(data: Path, *arguments: str) -> tuple[int, dict[str, Any], str]:
    """Return the exit code, the JSON that was printed, and what stderr says."""
    done = command(*arguments, "--data", str(data), "--json")
    assert "Traceback" not in done.stderr
    return done.returncode, json.loads(done.stdout or "{}"), done.stderr


def test_an_adjustment_adds_and_a_tx_counts_once(data: Path) -> None:
    code, answer, _ = run(data, "adjust", SKU, "-3", "--reason", "damage", "--tx", "t1")
    assert (code, answer["physical"], answer["duplicate"]) == (0, 7, False)
    code, answer, _ = run(data, "adjust", SKU, "-3", "--reason", "damage", "--tx", "t1")
    assert (code, answer["physical"], answer["duplicate"]) == (0, 7, True)
    code, answer, said = run(data, "adjust", SKU, "+4", "--reason", "found", "--tx", "t1")
    assert (code, answer["physical"], answer["code"]) == (1, 7, "conflict")
    assert "t1 was recorded before" in said


def test_a_count_that_was_overtaken_shows_the_present_numbers(data: Path) -> None:
    code, answer, said = run(data, "count", SKU, "4", "--expected", "7")
    assert (code, answer["physical"], answer["version"], answer["code"]) == (1, 10, 1, "stale")
    assert said.count("\n") == 1
    code, answer, _ = run(data, "count", SKU, "4", "--expected", "1")
    assert (code, answer["physical"], answer["version"]) == (0, 4, 2)


def test_buffer_threshold_and_mapping_are_set_and_shown(data: Path) -> None:
    assert run(data, "buffer", SKU, "3")[1]["broadcast"] == 7
    assert run(data, "buffer", SKU)[1]["buffer"] == 3
    assert run(data, "threshold", SKU, "10")[1]["threshold"] == 10
    assert run(data, "threshold", SKU)[1]["threshold"] == 10
    assert run(data, "threshold", SKU, "none")[1]["threshold"] is None
    assert run(data, "map", SKU, "B000000001", "--seller-sku", "AMZ-1")[0] == 0
    found = run(data, "map", SKU)[1]
    assert (found["asin"], found["listing"]) == ("B000000001", "AMZ-1")


@pytest.mark.parametrize("served", [True, False])
def test_a_line_that_waits_is_shown_and_applied_by_a_link(tmp_path: Path, known: Path, *, served: bool) -> None:
    data = tmp_path / "data"
    copytree(known, data)
    body = an_order_body(a_line(1, None, 2))
    with assembled(Settings(data=data), channels=False) as system:
        assert system.services.door.receive("default", {"x-shopify-topic": "orders/create"}, body)
    with Server(data) if served else nullcontext():
        [waiting] = run(data, "unmapped")[1]["unmapped"]
        assert waiting["lines"] == [{"lineId": "1", "variantId": "77", "listing": None, "quantity": 2}]
        shown = command("unmapped", "--data", str(data)).stdout.splitlines()
        assert shown[1].split() == ["shopify", "4501", "1", "77", "2", "2026-11-20", "14:15:04"]
        code, told, _ = run(data, "map", SKU, "--variant", "77", "--item", "7700")
        assert (code, [line["status"] for line in told["applied"]], told["sku"]) == (0, ["recorded"], SKU)
        assert run(data, "map", SKU, "--variant", "77", "--item", "7700")[1]["duplicate"] is True
        assert run(data, "buffer", SKU)[1]["physical"] == 8
        assert command("unmapped", "--data", str(data)).stdout == "no line waits\n"
        assert run(data, "alerts", "--unread")[1]["alerts"] == []


def test_the_status_tells_of_targets_that_take_no_message(tmp_path: Path, known: Path) -> None:
    data = tmp_path / "data"
    copytree(known, data)
    with assembled(Settings(data=data), channels=False) as system:
        now = system.services.clock()
        noted(system.engine.store.registers, "default/webhook", ("given_up", now))
    [line] = [said for said in command("status", "--data", str(data)).stdout.splitlines() if "webhook" in said]
    assert line.startswith("told by")
    assert line.endswith(f"webhook of default: delivered last: never, 1 given up, the last at {now}")


@pytest.mark.parametrize("served", [True, False])
def test_the_report_tells_what_amazon_showed_that_was_not_there(tmp_path: Path, known: Path, *, served: bool) -> None:
    data = tmp_path / "data"
    copytree(known, data)
    assert run(data, "map", SKU, "B000000001")[0] == 0
    assert "nothing to compare: Amazon was not seen showing any" in command("report", "--data", str(data)).stdout
    seen = fact(
        ChannelQuantityObserved("n1", 12, Instant("2026-11-20T10:00:00.000000Z")),
        tx="n1",
        at=Instant("2026-11-20T10:00:01.000000Z"),
        source="test",
    )
    with assembled(Settings(data=data), channels=False) as system:
        system.engine.recorder.record([Append(channel_stream("default", "amazon", sku(SKU)), (seen,))])
    with Server(data) if served else nullcontext():
        code, told, _ = run(data, "report", "--since", "24h", "--grace", "0")
        assert (code, told["channel"], told["graceSeconds"]) == (0, "amazon", 0)
        [one] = told["skus"]
        assert (one["sku"], one["episodes"], one["greatestOver"], one["sellableTwice"]) == (SKU, 1, 2, 2)
        assert told["total"] == {name: value for name, value in one.items() if name != "sku"}
        assert run(data, "report", "--since", "2026-11-20", "--grace", "86400")[1]["total"]["episodes"] == 0
        shown = command("report", "--grace", "0", "--data", str(data)).stdout
        assert "units sellable twice  2\n" in shown
        assert shown.splitlines()[-1].startswith(SKU)


def test_alerts_are_shown_filtered_and_read(data: Path) -> None:
    run(data, "threshold", SKU, "10")
    run(data, "adjust", SKU, "-11", "--reason", "loss")
    assert [alert["type"] for alert in run(data, "alerts", "--unread")[1]["alerts"]] == ["oversold", "stock_low"]
    assert run(data, "alerts", "--limit", "1")[1]["more"] is True
    [oversold] = run(data, "alerts", "--severity", "critical", "--sku", SKU)[1]["alerts"]
    assert run(data, "alerts", "--read", oversold["id"])[1]["read"] is True
    assert [alert["type"] for alert in run(data, "alerts", "--unread")[1]["alerts"]] == ["stock_low"]
    shown = command("alerts", "--data", str(data)).stdout
    assert oversold["id"] in shown
    assert run(data, "alerts", "--sku", "OTHER")[1]["alerts"] == []


def test_a_sku_is_explained_up_to_its_newest_event(data: Path) -> None:
    for number in range(3):
        run(data, "adjust", SKU, "-1", "--reason", "loss", "--tx", f"t{number}")
    code, found, _ = run(data, "explain", SKU, "--limit", "2")
    assert (code, found["version"], [event["version"] for event in found["events"]]) == (0, 4, [3, 4])
    assert "7" in found["summary"]
    assert run(data, "explain", SKU, "--limit", "0")[1]["events"] == []
    shown = command("explain", SKU, "--data", str(data)).stdout.splitlines()
    assert shown[0] == found["summary"]
    assert len(shown) == 2 + 1 + 4


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("adjust", SKU, "-3"), 2, "--reason"),
        (("adjust", SKU, "-3", "--reason", "whim"), 2, "whim"),
        (("adjust", SKU, "0", "--reason", "loss"), 2, "delta"),
        (("adjust", SKU, "many", "--reason", "loss"), 2, "DELTA"),
        (("adjust", SKU, "3", "--reasn", "loss"), 2, "Error"),
        (("count", SKU, "-1"), 2, "'N'"),
        (("count", SKU, "1000001"), 2, "'N'"),
        (("count", " ", "1"), 2, "SKU"),
        (("count", "\udcff", "1"), 2, "UTF-8"),
        (("buffer", "\udcff"), 2, "UTF-8"),
        (("buffer", "NOBODY"), 1, "nothing has happened to NOBODY"),
        (("threshold", SKU, "few"), 2, "threshold"),
        (("map", SKU), 1, "not mapped"),
        (("map", "\udcff"), 2, "UTF-8"),
        (("map", "\udcff", "--variant", "77"), 2, "UTF-8"),
        (("map", "unmapped"), 1, "nothing has happened to unmapped"),
        (("map", SKU, "--variant", "none"), 2, "variantId"),
        (("map", SKU, "B000000001", "--variant", "77"), 2, "one after the other"),
        (("alerts", "--unread", "--severity", "info"), 2, "--unread"),
        (("alerts", "--read", "nothing"), 1, "no alert"),
        (("report", "--since", "last week"), 2, "90m, 24h, 7d or 2w"),
        (("report", "--since", "2126-11-20"), 2, "before now"),
        (("report", "--since", "999999w"), 2, "too long ago"),
    ],
)
def test_a_wrong_use_and_a_failure_say_what_to_do(
    known: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    done = command(*arguments, "--data", str(known))
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_plain_text_is_for_pipes(data: Path) -> None:
    done = command("count", SKU, "1234", "--data", str(data))
    assert done.stdout.splitlines()[:2] == [f"SKU        {SKU}", "physical   1234"]
    assert done.stdout.isascii()


@pytest.mark.parametrize(
    "name", ["adjust", "count", "buffer", "threshold", "map", "unmapped", "alerts", "explain", "report"]
)
def test_help_teaches_by_examples(name: str) -> None:
    done = command(name, "--help")
    assert done.returncode == 0
    assert f"  syncstate {name}" in done.stdout
