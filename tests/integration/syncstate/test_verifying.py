"""Every kind of damage is found, named, and told from what is merely unfinished; on both SQL stores."""

# ruff: noqa: S608 - statements that a test plants damage with

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from processor.adapters.sql import SqlStore, StoreDamaged
from processor.adapters.sql.snapshot import SqlSnapshot
from processor.errors import Misuse, StoreUnavailable
from projections.alerts.documents import alert_id
from syncstate.care import verifying
from syncstate.care.tally import Tally
from tests.integration.sql.databases import Database, SqliteDatabase
from tests.integration.syncstate.stocked import EVENTS, MUG, SHIRT, TOLD, engine_on, stock, stocked_file

Look = Callable[[], SqlSnapshot]


@pytest.fixture(params=["sqlite", "postgres"])
def stocked(request: pytest.FixtureRequest) -> tuple[Database, Look]:
    """A database of each technology with a stocked store, closed."""
    database, look = request.getfixturevalue(request.param)
    store = database.open()
    stock(store)
    store.close()
    return database, look


def findings(look: Look) -> list[str]:
    with closing(look()) as snapshot:
        tally = Tally()
        found = [*verifying.truth(snapshot, tally), *verifying.models(snapshot, tally)]
    return [finding.sentence for finding in found]


def test_a_sound_store_has_no_findings_and_is_counted(stocked: tuple[Database, Look]) -> None:
    tally = Tally()
    with closing(stocked[1]()) as snapshot:
        assert list(verifying.truth(snapshot, tally)) == []
        assert list(verifying.models(snapshot, tally)) == []
        assert list(verifying.notes(snapshot)) == []
    assert (tally.events, tally.streams, tally.rows) == (EVENTS, 4, 9)
    assert tally.documents >= 3
    assert tally.newest is not None


ALERT = alert_id(SHIRT, 5, "stock_low")
OF = "WHERE stream_id = (SELECT id FROM streams WHERE name = '{}') AND version = {}"
DAMAGES = [
    ("DELETE FROM events " + OF.format(MUG, 3), "event 3 is missing"),
    ("DELETE FROM events " + OF.format(MUG, 6), "its head says 6, its last event is 5"),
    ("DELETE FROM events " + OF.format(MUG, 1), "event 1 is missing"),
    ("UPDATE heads SET version = 2 WHERE version = 3", "its head says 2, its last event is 3"),
    ("UPDATE heads SET shard = shard + 1 WHERE version = 3", "the catalogue has it as channel in shard"),
    ("DELETE FROM heads WHERE version = 3", "its head says None"),
    ("DELETE FROM streams WHERE name LIKE 'other/%'", "has events and no name"),
    ("UPDATE events SET digest = 'x' " + OF.format(MUG, 2), "(StockAdjusted) was changed: its digest is x"),
    ("UPDATE events SET type = 'Marvel' " + OF.format(MUG, 2), "event 2 cannot be read: event Marvel is of an unknown"),
    ("UPDATE documents SET id = 'stray' WHERE id = '" + ALERT + "'", "document stray of default is in no event"),
    ("UPDATE documents SET id = 'stray' WHERE id = '" + ALERT + "'", f"document {ALERT} of default is missing"),
    ("DELETE FROM documents WHERE id = '" + ALERT + "'", f"document {ALERT} of default is missing"),
    (
        "UPDATE documents SET k4 = NULL WHERE id = '" + ALERT + "'",
        "stands elsewhere in an index than its events put it",
    ),
    ("UPDATE documents SET k4 = '9' || k4 WHERE id = '" + ALERT + "'", "stands where it does not belong in an index"),
    ("UPDATE rows SET version = version + 1 WHERE version = 6", "it stands at event 7 of other/sku/MUG"),
    ("UPDATE rows SET version = version - 1 WHERE version = 6", "its events make"),
    ("DELETE FROM positions", "default/sku/SHIRT: the row holds"),
    ("UPDATE rows SET id = id + 65536 * 1000 WHERE version = 6", "belongs to no stream"),
    ("UPDATE rows SET extras = 0, k1 = 'x' WHERE version = 6", "stands where it does not belong in an index"),
]


@pytest.mark.parametrize(("damage", "said"), DAMAGES, ids=[said for _, said in DAMAGES])
def test_planted_damage_is_named(stocked: tuple[Database, Look], damage: str, said: str) -> None:
    database, look = stocked
    assert findings(look) == []
    database.run(damage)
    found = findings(look)
    assert any(said in sentence for sentence in found), found


BYTES = [
    ("UPDATE events SET data = {} " + OF.format(MUG, 2), '{"delta":99,"reason":"opening"}', "its content's"),
    ("UPDATE events SET data = {} " + OF.format(TOLD, 2), "{}", "event 2 cannot be read"),
    ("UPDATE rows SET state = {} WHERE version = 6", "[1]", "sku/MUG/BLUE 11oz: the row holds [1], its events make ["),
    ("UPDATE documents SET body = {} WHERE id = '" + ALERT + "'", "{{}}", f"document {ALERT} of default holds"),
]


@pytest.mark.parametrize(("damage", "content", "said"), BYTES, ids=[said for *_, said in BYTES])
def test_changed_content_is_named(stocked: tuple[Database, Look], damage: str, content: str, said: str) -> None:
    database, look = stocked
    raw = f"x'{content.encode().hex()}'" if isinstance(database, SqliteDatabase) else f"'{content}'::bytea"
    database.run(damage.format(raw))
    found = findings(look)
    assert any(said in sentence for sentence in found), found


def test_a_key_claimed_twice_is_named(stocked: tuple[Database, Look]) -> None:
    database, look = stocked
    if isinstance(database, SqliteDatabase):
        _without_claims(database)
    else:
        database.run("ALTER TABLE events DROP CONSTRAINT events_claims")
    database.run("UPDATE events SET tx_id = 't1' " + OF.format(MUG, 2))
    assert any("events 1 and 2 have one tx_id, t1" in sentence for sentence in findings(look))


def _without_claims(database: SqliteDatabase) -> None:
    """Write the table anew without the constraint, which SQLite does not let go of."""
    [(sql,)] = database.run("SELECT sql FROM sqlite_master WHERE name = 'events'")
    columns = str(sql).partition("CONSTRAINT events_claims")[0].rstrip().removesuffix(",")
    with closing(sqlite3.connect(database.path)) as connection:
        connection.executescript(
            f"ALTER TABLE events RENAME TO old; {columns}); INSERT INTO events SELECT * FROM old; DROP TABLE old;"
        )


def test_what_waits_and_what_is_stopped_is_noted_and_is_no_damage(stocked: tuple[Database, Look]) -> None:
    database, look = stocked
    database.run("DELETE FROM rows WHERE version = 6")
    assert findings(look) == []
    with closing(look()) as snapshot:
        noted = list(verifying.notes(snapshot))
    assert any("1 streams wait to be folded into inventory" in note for note in noted), noted
    with closing(engine_on(database.open())) as engine:
        engine.sweeper.sweep()
    with closing(look()) as snapshot:
        assert list(verifying.notes(snapshot)) == []


def test_a_snapshot_stays_at_its_moment_and_takes_no_writes(stocked: tuple[Database, Look]) -> None:
    database, look = stocked
    with closing(look()) as before, closing(engine_on(database.open())) as engine:
        engine.store.registers.write("new", b"1", 0)
        assert before.registers.read("new") is None
        with pytest.raises((Misuse, StoreUnavailable)):
            before.registers.write("other", b"1", 0)
        with closing(look()) as after:
            assert after.registers.read("new") is not None


def test_a_torn_page_is_found(tmp_path: Path) -> None:
    path = stocked_file(tmp_path / "store.db")
    with closing(sqlite3.connect(path)) as connection:
        [(page,)] = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'documents'").fetchall()
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xff" * 4096)
    found = findings(lambda: SqlSnapshot.sqlite(path))
    assert any("the file is damaged" in sentence or "cannot be read on" in sentence for sentence in found), found


def test_a_file_that_ends_early_is_found(tmp_path: Path) -> None:
    path = stocked_file(tmp_path / "store.db")
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)
    with pytest.raises(StoreDamaged, match=r"store\.db"):
        findings(lambda: SqlSnapshot.sqlite(path))


def test_a_file_in_a_folder_that_may_not_be_written_is_read(tmp_path: Path) -> None:
    path = stocked_file(tmp_path / "kept" / "store.db")
    for name in ("store.db.lock", "store.db-wal", "store.db-shm"):
        (path.parent / name).unlink(missing_ok=True)
    path.parent.chmod(0o500)
    try:
        assert findings(lambda: SqlSnapshot.sqlite(path)) == []
    finally:
        path.parent.chmod(0o700)


def test_a_server_killed_in_the_middle_leaves_what_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store = SqlStore.sqlite(path)
    stock(store)
    copy = tmp_path / "killed"
    copy.mkdir()
    for name in ("store.db", "store.db-wal"):  # as a power cut leaves them: the log not brought home, no index of it
        (copy / name).write_bytes((tmp_path / name).read_bytes())
    store.close()
    assert findings(lambda: SqlSnapshot.sqlite(copy / "store.db")) == []
