"""syncstate doctor: what is not well, and what to do."""

import json

import typer

from syncstate import logs
from syncstate.care.checks import Check
from syncstate.care.checkup import checkup
from syncstate.cli.options import AsJson, Data, Host, settings_with

_MARKS = {"ok": "ok  ", "warn": "warn", "fail": "FAIL"}


def doctor(data: Data = None, host: Host = None, as_json: AsJson = False) -> None:  # noqa: FBT002 - typer's form of a flag
    """Check the store, keys, secrets, clock, read models, channels and the server, and say what to do.

    Changes nothing, and works beside a running server. The exit code is 1 where something fails.

    \b
    Examples:
      syncstate doctor
      syncstate doctor --data /var/lib/syncstate --host 0.0.0.0
      syncstate doctor --json | jq -r '.checks[] | select(.verdict != "ok") | .advice'
    """  # noqa: D301 - typer reads the backspace as "leave these lines alone"
    settings = settings_with(data=data, host=host)
    logs.configure("error", settings.log_format)
    made: list[Check] = []
    for check in checkup(settings):
        made.append(check)
        if not as_json:
            advice = f": {check.advice}" if check.advice else ""
            print(f"{_MARKS[check.verdict]}  {check.name:<10}  {check.said}{advice}", flush=True)
    failed = any(check.verdict == "fail" for check in made)
    if as_json:
        print(json.dumps({"ok": not failed, "checks": [check._asdict() for check in made]}))
    raise typer.Exit(1 if failed else 0)
