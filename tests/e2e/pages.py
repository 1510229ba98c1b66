"""Running a page of the documentation: its console blocks, one after the other, in one shell and an empty folder."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from socket import socket

ADDRESS = "http://127.0.0.1:3000"
AS_SERVICE, ITS_DATA = "sudo -u syncstate ", "/var/lib/syncstate"
_CONSOLE = re.compile(r"```console\n(.*?)```", re.DOTALL)
_PROMPT = "$ "
_SIMULATOR = re.compile(r"syncstate simulate .*> (\S+) &")
_WAIT_FOR_TEXT = "for _ in $(seq 600); do grep -qs SYNCSTATE_ {file} && break; sleep 0.1; done"
_WAIT = "for _ in $(seq 600); do curl -fs {url}/health >/dev/null && break; sleep 0.1; done"


def commands(page: Path) -> Iterator[str]:
    """Yield what a reader would type."""
    for block in _CONSOLE.findall(page.read_text()):
        for line in block.splitlines():
            if line.startswith(_PROMPT):
                yield line.removeprefix(_PROMPT)


def run(page: Path, folder: Path, seconds: float = 180) -> list[str]:
    """Type a page's commands, and return what each printed. A command that fails raises CalledProcessError.

    It may take `seconds`. ADDRESS stands for a free port, AS_SERVICE and ITS_DATA for who we are and for a folder here.
    What a page starts in the background is a server: it is waited for, and ended. A simulator is waited for by what it
    prints into a file.
    """
    typed = list(commands(page))
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    script = ["set -euo pipefail", "trap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT"]
    for number, command in enumerate(typed):
        ours = command.replace(ADDRESS, url).replace(AS_SERVICE, "").replace(ITS_DATA, "./data")
        script += [f"echo; echo '=== {number}'", ours]
        if simulator := _SIMULATOR.search(command):
            script.append(_WAIT_FOR_TEXT.format(file=simulator[1]))
        elif command.rstrip().endswith("&"):
            script.append(_WAIT.format(url=url))
    done = subprocess.run(
        ["bash", "-c", "\n".join(script)],
        cwd=folder,
        env=_environment(port),
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    parts = re.split(r"^=== \d+\n", done.stdout, flags=re.MULTILINE)[1:]
    if done.returncode:
        raise AssertionError(f"{typed[len(parts) - 1]}\n{parts[-1] if parts else ''}\n{done.stderr}")
    return parts


def _environment(port: int) -> dict[str, str]:
    # A make that runs the tests tells a make below it so, which then prints lines of its own.
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SYNCSTATE_", "MAKE", "MFLAGS"))}
    return {**kept, "PATH": f"{Path(sys.executable).parent}:{kept['PATH']}", "PORT": str(port), "COLUMNS": "200"}
