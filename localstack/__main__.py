"""`python -m localstack up|down|env`: the local AWS environment as a developer starts and stops it."""

import argparse
import json
import shlex
import sys

from localstack import state
from localstack.account import Account
from localstack.environment import Environment
from localstack.state import Started
from localstack.up import Trouble, down, up, variables
from localstack.wheels import PackagingError

_NAMES = {"localstack": "LocalStack, in containers", "ministack": "ministack, without containers"}


def main() -> int:
    """Start the local AWS environment, stop it, or print what to export to work on it."""
    parser = argparse.ArgumentParser(prog="python -m localstack", description=main.__doc__)
    parser.add_argument("what", choices=("up", "down", "env"))
    parser.add_argument("--emulator", choices=("localstack", "ministack"), help="default: LocalStack if Docker answers")
    parser.add_argument("--json", action="store_true", help="answer in JSON")
    asked = parser.parse_args()
    try:
        match asked.what:
            case "up":
                told = _up(up(asked.emulator), as_json=asked.json)
            case "down":
                told = _down(down(), as_json=asked.json)
            case _:
                told = _env(as_json=asked.json)
    except (Trouble, PackagingError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(told)
    return 0


def _up(started: Started, *, as_json: bool) -> str:
    facts = Environment(Account(started.endpoint)).facts()
    if as_json:
        return json.dumps({**started._asdict(), **facts}) + "\n"
    return (
        f"running   {_NAMES[started.emulator]}\n"
        f"endpoint  {started.endpoint}\n"
        f"webhook   {facts['webhook']}\n"
        f"api       {facts['api']}\n"
        f"amazon    {started.amazon}/_simulator/listings\n\n"
        "Now, for example:\n"
        "  make localstack-demo               orders go in, stock and Amazon's quantities come out\n"
        '  eval "$(make -s localstack-env)"   so that this shell\'s commands work on it: .venv/bin/syncstate status\n'
        "  make localstack-down               stop it; everything in it is gone then\n"
    )


def _down(stopped: Started | None, *, as_json: bool) -> str:
    if as_json:
        return json.dumps({"stopped": stopped.emulator if stopped else None}) + "\n"
    return f"{stopped.emulator} is stopped\n" if stopped else "nothing was running\n"


def _env(*, as_json: bool) -> str:
    started = state.read()
    if started is None:
        raise Trouble("nothing is running: `make localstack-up` starts it")
    facts = Environment(Account(started.endpoint)).facts()
    every = {
        **variables(started),
        **started.settings,
        "SYNCSTATE_STORE": "dynamodb",
        "SYNCSTATE_DYNAMODB_PREFIX": facts["prefix"],
        "WEBHOOK": facts["webhook"],
        "API": facts["api"],
    }
    if as_json:
        return json.dumps(every) + "\n"
    return "".join(f"export {name}={shlex.quote(str(value))}\n" for name, value in every.items())


if __name__ == "__main__":
    sys.exit(main())
