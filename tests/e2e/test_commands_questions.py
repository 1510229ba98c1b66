"""The commands by which an operator decides about a shop's count, beside a running server."""

import json
from pathlib import Path

import pytest

from tests.e2e.serving import Server, command
from tests.payloads import a_simple_body

pytestmark = pytest.mark.slow


def test_what_is_to_be_decided_is_shown_and_what_is_not_is_refused(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with Server(data) as server:
        server.post(a_simple_body(("A", 10), order="init-1")).raise_for_status()
        shown = command("sync", "questions", "--data", str(data), "--json")
        assert json.loads(shown.stdout) == {"count": 0, "skus": []}
        assert "nothing is to be decided" in command("sync", "questions", "--data", str(data)).stdout
        for decision in (("change", "A", "1", "--made"), ("units", "A", "1", "--reject")):
            refused = command("sync", *decision, "--data", str(data), "--json")
            assert refused.returncode == 1
            assert json.loads(refused.stdout)["code"] == "unknown_question"
        undecided = command("sync", "units", "A", "1", "--data", str(data))
        assert undecided.returncode == 2, "it must be said"
        assert "--adopt" in undecided.stderr
