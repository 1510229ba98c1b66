"""The tutorial and the how-to pages run as they are written."""

from pathlib import Path

import pytest

from tests.e2e.pages import commands, run
from tests.e2e.serving import command

DOCS = Path(__file__).parents[2] / "docs"
TUTORIAL = DOCS / "tutorial" / "first-hour.md"
ELSEWHERE = {"local-aws"}
"""Pages with a test of their own."""

HOW_TO = [p for p in sorted((DOCS / "how-to").glob("*.md")) if any(commands(p)) and p.stem not in ELSEWHERE]
STOCKED = {"back-up", "troubleshoot"}
"""Pages for whom there is a store already."""

pytestmark = pytest.mark.slow


def test_the_tutorial_runs_and_shows_what_it_says(tmp_path: Path) -> None:
    told = dict(zip(commands(TUTORIAL), run(TUTORIAL, tmp_path), strict=True))
    orders = [answer for command, answer in told.items() if "till-1" in command and "/webhook/shopify" in command]
    [first] = orders  # the same command twice is one key: its second answer
    assert '"duplicates":1' in first
    assert '"TSHIRT-RED-M":58' in first
    explained = next(answer for command, answer in told.items() if "explain" in command)
    assert "58" in explained


@pytest.mark.parametrize("page", HOW_TO, ids=lambda page: page.stem)
def test_a_how_to_page_runs(page: Path, tmp_path: Path) -> None:
    if page.stem in STOCKED:
        (tmp_path / "stock.csv").write_text("sku,count\nSHIRT,10\n")
        assert command("import", "stock", "stock.csv", "--data", "data", cwd=tmp_path).returncode == 0
    assert len(run(page, tmp_path)) == len(list(commands(page)))
