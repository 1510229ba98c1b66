"""The page on local AWS runs as it is written, in the repository's own folder, upon ministack."""

import json
from pathlib import Path

import pytest

from localstack.process import free_port
from tests import servers
from tests.e2e.pages import commands, run

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "how-to" / "local-aws.md"
SECONDS = 600


def test_the_page_goes_from_nothing_to_the_demo_and_stops_what_it_started(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    sentence = servers.missing("ministack")
    if sentence is not None:
        (pytest.fail if servers.required() else pytest.skip)(sentence)
    monkeypatch.setenv("LOCALSTACK_EMULATOR", "ministack")
    monkeypatch.setenv("LOCALSTACK_FOLDER", str(tmp_path))
    for name in ("LOCALSTACK_PORT", "AMAZON_PORT"):
        monkeypatch.setenv(name, str(free_port()))

    told = dict(zip(commands(PAGE), run(PAGE, ROOT, SECONDS), strict=True))

    assert "running   ministack" in told["make localstack-up"]
    assert "all is right\n" in told["make localstack-demo"]
    demo = json.loads(next(answer for command, answer in told.items() if "--orders 5" in command))
    assert demo["ok"]
    posted = next(answer for command, answer in told.items() if '"$WEBHOOK"' in command)
    assert '"success":true' in posted
    assert told["make localstack-down"].strip() == "ministack is stopped"
