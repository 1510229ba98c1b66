"""The page that shows the API: every operation is on it, and its button sends what the fields say."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests import servers
from tests.integration.syncstate.test_described import DOCUMENT, operations
from web import describing

NODE = shutil.which("node")


def test_every_operation_is_shown_and_can_be_tried(tmp_path: Path) -> None:
    if NODE is None:
        (pytest.fail if servers.required() else pytest.skip)("Node.js is not here: it runs the page's script")
    script, description = tmp_path / "page.js", tmp_path / "openapi.json"
    script.write_text(describing.SCRIPT)
    description.write_text(json.dumps(DOCUMENT))
    stage = Path(__file__).with_name("page_in_node.js")
    done = subprocess.run(
        [NODE, str(stage), str(script), str(description)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    shown: dict[str, dict[str, Any]] = {one["label"]: one for one in json.loads(done.stdout)}
    assert set(shown) == {label for label, _ in operations()}
    for label, one in shown.items():
        assert one["told"] == '200 OK\n{\n  "ok": true\n}', label
        assert one["asked"]["headers"]["Authorization"] == "Bearer sks_a_key"
        assert "{" not in one["asked"]["url"], label
    assert shown["GET /api/inventory/{sku}"]["asked"]["url"].startswith("/api/inventory/A%2FB%20%231")
    sent = json.loads(shown["POST /api/buffer/{sku}"]["asked"]["body"])
    assert set(sent) == {"bufferQty"}
    assert shown["POST /api/batch"]["asked"]["headers"]["Content-Type"] == "application/json"
