"""The documentation says what is so: its commands run, its tables are complete, its links lead somewhere."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest
from fastapi.routing import APIRoute

from syncstate.settings import Settings
from tests.e2e.serving import Server
from web.app import ROUTES

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("*/README.md")])
_LINK = re.compile(r"\[[^\]]*\]\(([^)#:]+)(?:#[^)]*)?\)")
_CRONTAB = re.compile(r"```crontab\n(.*?)```", re.DOTALL)
_PERCENT = re.compile(r"(?<!\\)%")
_CONSOLE = re.compile(r"```console\n(.*?)```", re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_to_a_file(page: Path) -> None:
    missing = [link for link in _LINK.findall(page.read_text()) if not (page.parent / link).exists()]
    assert missing == []


def test_the_configuration_page_lists_every_setting_as_it_is_declared() -> None:
    rows = set((ROOT / "docs/reference/configuration.md").read_text().splitlines())
    for name, field in Settings.model_fields.items():
        default = "" if field.default is None or field.default == {} else f"`{field.default}`"
        assert f"| `SYNCSTATE_{name.upper()}` | {default} | {field.description} |" in rows


def test_the_api_page_names_every_route() -> None:
    page = (ROOT / "docs/reference/http-api.md").read_text()
    routes = [route for part in ROUTES for route in part.router.routes]
    declared = {
        f"{method} {route.path}".replace("product_id", "productId")
        for route in routes
        if isinstance(route, APIRoute) and route.include_in_schema
        for method in route.methods or ()
    }
    assert declared
    missing = {line for line in declared if f"`{line.replace(':path', '')}`" not in page}
    assert missing == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_line_for_cron_is_cut_short(page: Path) -> None:
    """A `%` ends the command of a crontab's line, and what follows is its input (crontab(5))."""
    cut = [line for block in _CRONTAB.findall(page.read_text()) for line in block.splitlines() if _PERCENT.search(line)]
    assert cut == []
    assert "date +%" not in page.read_text()


@pytest.mark.slow
def test_the_commands_of_the_readme_run_against_the_demo(tmp_path: Path) -> None:
    commands = [
        line.removeprefix("$ ")
        for block in _CONSOLE.findall((ROOT / "README.md").read_text())
        for line in block.splitlines()
        if line.startswith("$ ")
    ]
    assert len(commands) > 3
    with Server(tmp_path / "demo", "demo") as demo:
        answers = [_run(command, demo) for command in commands]
    assert '"duplicates":0' in answers[0]
    assert '"duplicates":1' in answers[1]


def _run(command: str, demo: Server) -> str:
    words = shlex.split(command.replace("http://127.0.0.1:3000", demo.url))
    if words[0].endswith("/syncstate"):
        words = [*words, "--data", str(demo.data)]
    else:
        words.insert(1, "--fail")
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
