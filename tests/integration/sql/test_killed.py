"""`kill -9` in the middle of appends to a SQLite file: what was acknowledged is there, once."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from processor.adapters.sql import SqlStore
from processor.log import Append, Appended, Duplicate
from processor.streams import StreamId, stream_id
from tests.factories import an_event
from tests.integration.sql.databases import SqliteDatabase

STREAMS = [stream_id("acme", "sku", f"K{number}") for number in range(5)]

_WRITER = """
import sys
from pathlib import Path
from tests.factories import an_event
from tests.integration.sql.test_killed import STREAMS
from processor.adapters.sql import SqlStore
from processor.log import Append
store, run = SqlStore.sqlite(Path(sys.argv[1])), sys.argv[2]
for number in range(100_000):
    facts = tuple(an_event(tx=f"{run}/{number}/{part}") for part in range(3))
    store.log.append([Append(stream, facts) for stream in STREAMS])
    print(number, flush=True)
"""


def killed_writer(path: Path, run: int) -> int:
    """Append until killed; return how many appends were acknowledged."""
    with subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(path), str(run)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for _ in range(15 + 7 * run):
            assert process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        told = process.stdout.read().splitlines()
        return 15 + 7 * run + len([line for line in told if line])


def facts_of(store: SqlStore, stream: StreamId) -> list[str]:
    events = list(store.log.read(stream))
    assert [event.version for event in events] == list(range(1, len(events) + 1))
    return [event.tx_id for event in events]


@pytest.mark.slow
def test_what_was_acknowledged_before_a_kill_is_there_once(sqlite_database: SqliteDatabase) -> None:
    acknowledged: list[str] = []
    for run in range(4):
        count = killed_writer(sqlite_database.path, run)
        acknowledged += [f"{run}/{number}/{part}" for number in range(count) for part in range(3)]

    store = sqlite_database.open()

    for stream in STREAMS:
        told = facts_of(store, stream)
        assert len(set(told)) == len(told)
        assert set(acknowledged) <= set(told)
        # What was under way when the process died is there whole or not at all.
        assert len(told) % 3 == 0
        assert len(told) - len(acknowledged) <= 3 * 4
    again = store.log.append([Append(STREAMS[0], tuple(an_event(tx=tx) for tx in acknowledged[:1000]))])
    assert all(isinstance(outcome, Duplicate) for outcome in again)
    assert isinstance(store.log.append([Append(STREAMS[0], (an_event(),))])[0], Appended)
