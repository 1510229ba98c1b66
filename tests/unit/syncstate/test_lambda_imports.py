"""What a cold start of the webhook's function waits for."""

import re
import subprocess
import sys

MODULE = "syncstate.lambdas.webhook"
BUDGET_MS = 300
TRIES = 5

_CPU = f"import time; began = time.process_time(); import {MODULE}; print(time.process_time() - began)"
_LOADED = f"import sys; import {MODULE}; print(*sorted(sys.modules))"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=True)


def test_importing_the_webhook_takes_less_than_its_budget() -> None:
    """By the processor's time, the least of several: a busy machine must not decide."""
    spent = min(float(run("-c", _CPU).stdout) for _ in range(TRIES)) * 1000
    told = run("-X", "importtime", "-c", f"import {MODULE}").stderr.strip().splitlines()[-1]
    [total] = re.findall(rf"\|\s+(\d+) \| {MODULE}$", told)
    sys.stdout.write(f"{MODULE}: {spent:.0f} ms of CPU, {int(total) / 1000:.0f} ms by -X importtime\n")
    assert spent < BUDGET_MS, f"{spent:.0f} ms: look for what is new with python -X importtime -c 'import {MODULE}'"


def test_the_webhook_imports_nothing_heavy() -> None:
    loaded = set(run("-c", _LOADED).stdout.split())
    heavy = {
        "boto3",
        "botocore",
        "structlog",
        "rich",
        "fastapi",
        "starlette",
        "httpx",
        "pydantic_settings",
        "sqlalchemy",
    }
    assert loaded & heavy == set()
    assert not {name for name in loaded if name.startswith(("projections.", "channels."))}
