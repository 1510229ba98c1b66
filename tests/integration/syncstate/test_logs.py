"""What the log tells of an exception. In a process of its own: logging is set up once for a whole process."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
_PROGRAM = """
import logging, structlog
from syncstate import logs

logs.configure("info", "{form}")

def handle(body):
    raise ValueError("it went wrong")

for log in (structlog.get_logger("ours"), logging.getLogger("theirs")):
    try:
        handle("jane" + "@example.com")
    except ValueError:
        log.exception("failed")
"""


@pytest.mark.parametrize("form", ["json", "text"])
def test_an_exception_is_logged_with_its_place_and_without_the_values_at_hand(form: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM.format(form=form)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stderr.count("it went wrong") >= 2
    assert done.stderr.count("handle") >= 2
    assert "jane@" not in done.stderr
