"""A backup is whole or is not there; what is restored equals it, and channels are told anew."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from hashlib import blake2b
from pathlib import Path

import msgspec
import pytest

from channels.attempts import Attempts
from channels.decisions import Tell, decide
from processor.adapters.sql import SqlStore, StoreDamaged, StoreInUse
from processor.adapters.sql.snapshot import SqlSnapshot
from processor.errors import ProcessorError
from projections.broadcasts.fold import BroadcastsProjection
from projections.broadcasts.queries import BroadcastQueries
from stock.identities import sku
from syncstate.care import verifying
from syncstate.care.copying import BackupExists, BackupIntoStore, BackupUnderWay, CopyDamaged, back_up
from syncstate.care.places import NothingThere, postgres_command
from syncstate.care.restoring import BackupDamaged, FolderTaken, restore
from syncstate.care.tally import Tally
from syncstate.settings import Settings
from syncstate.stores import DATABASE, RESTORING, RestoreUnfinished, open_store
from tests.integration.sql.databases import PostgresDatabase
from tests.integration.syncstate.stocked import AT, EVENTS, MUG, engine_on, stock, stocked_file

ROOT = Path(__file__).parents[3]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return stocked_file(tmp_path / "data" / DATABASE).parent


@pytest.fixture
def backup(data: Path, tmp_path: Path) -> Path:
    back_up(data / DATABASE, tmp_path / "stock.backup")
    return tmp_path / "stock.backup"


def is_sound(path: Path) -> bool:
    with closing(SqlSnapshot.sqlite(path)) as snapshot:
        tally = Tally()
        return not [*verifying.truth(snapshot, tally), *verifying.models(snapshot, tally)] and tally.events == EVENTS


def run(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(statement)


def test_a_backup_is_one_sound_file_that_its_manifest_describes(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "stock.backup"
    manifest = back_up(data / DATABASE, file)
    content = file.read_bytes()
    assert manifest.blake2b == blake2b(content, digest_size=32).hexdigest()
    assert (manifest.bytes, manifest.events, manifest.streams) == (len(content), EVENTS, 4)
    assert manifest.newest is not None
    assert manifest.newest in manifest.line()
    assert is_sound(file)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "stock.backup"]


def test_a_file_that_exists_is_kept_unless_it_may_be_replaced(data: Path, backup: Path) -> None:
    backup.write_bytes(b"precious")
    with pytest.raises(BackupExists, match="--force"):
        back_up(data / DATABASE, backup)
    assert backup.read_bytes() == b"precious"
    back_up(data / DATABASE, backup, replace=True)
    assert is_sound(backup)


@pytest.mark.parametrize("end", ["", "-wal", "-shm", "-journal", ".lock", ".restoring"])
def test_a_store_is_never_replaced_by_its_own_copy(data: Path, tmp_path: Path, end: str) -> None:
    (tmp_path / "short").symlink_to(data)
    with closing(SqlStore.sqlite(data / DATABASE)):
        for file in (data / f"{DATABASE}{end}", tmp_path / "short" / f"{DATABASE}{end}"):
            before = file.read_bytes() if file.exists() else None
            with pytest.raises(BackupIntoStore, match="belongs to the store"):
                back_up(data / DATABASE, file, replace=True)
            assert (file.read_bytes() if file.exists() else None) == before
    assert is_sound(data / DATABASE)


def test_a_store_is_known_by_any_name_and_so_is_its_servers_note(data: Path, tmp_path: Path) -> None:
    (tmp_path / "another-name").hardlink_to(data / DATABASE)
    (tmp_path / "link").symlink_to(data / DATABASE)
    for file in (tmp_path / "another-name", tmp_path / "link", data / "server.json", data / "server-postgres-1.json"):
        with pytest.raises(BackupIntoStore):
            back_up(data / DATABASE, file, replace=True)
    back_up(data / DATABASE, data / "tonight.backup")
    assert is_sound(data / "tonight.backup")


def test_a_damaged_store_does_not_replace_a_good_backup(data: Path, backup: Path) -> None:
    run(data / DATABASE, "DELETE FROM events WHERE version = 3")
    with pytest.raises(CopyDamaged, match="event 3 is missing"):
        back_up(data / DATABASE, backup, replace=True)
    assert is_sound(backup)
    assert not backup.with_name("stock.backup.part").exists()


def test_two_backups_to_one_file_do_not_meet(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "stock.backup"
    refused: list[Exception] = []

    def second(what: str, count: int) -> None:
        del what, count
        try:
            back_up(data / DATABASE, file)
        except BackupUnderWay as error:
            refused.append(error)

    back_up(data / DATABASE, file, watch=second)
    assert refused
    assert is_sound(file)


_KILLED = """
import os, signal, sys
from pathlib import Path
from syncstate.care.copying import back_up

def die(what, count):
    if what == sys.argv[3]:
        os.kill(os.getpid(), signal.SIGKILL)

back_up(Path(sys.argv[1]), Path(sys.argv[2]), replace=True, watch=die)
"""


@pytest.mark.parametrize("moment", ["pages", "events"])
def test_a_backup_killed_in_the_middle_leaves_the_one_before(data: Path, backup: Path, moment: str) -> None:
    before = backup.read_bytes()
    done = subprocess.run(
        [sys.executable, "-c", _KILLED, str(data / DATABASE), str(backup), moment], cwd=ROOT, check=False, timeout=60
    )
    assert done.returncode == -9
    assert backup.with_name("stock.backup.part").exists()
    assert backup.read_bytes() == before
    back_up(data / DATABASE, backup, replace=True)
    assert is_sound(backup)
    assert not backup.with_name("stock.backup.part").exists()


def test_what_is_restored_equals_the_backup_and_goes_on(backup: Path, tmp_path: Path) -> None:
    restored = restore(backup, tmp_path / "new")
    assert (restored.rebuilt, restored.aside) == ((), None)
    assert restored.manifest.blake2b == blake2b(backup.read_bytes(), digest_size=32).hexdigest()
    assert is_sound(tmp_path / "new" / DATABASE)
    with closing(open_store(Settings(data=tmp_path / "new"))) as store:
        assert store.log.heads([MUG]) == {MUG: 6}
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == [DATABASE, f"{DATABASE}.lock"]


def test_every_listing_is_told_anew_after_a_restore(data: Path, backup: Path, tmp_path: Path) -> None:
    def decision(folder: Path) -> object:
        with closing(open_store(Settings(data=folder))) as store, closing(engine_on(store)) as engine:
            state = BroadcastQueries(store.models, lambda: engine.live(BroadcastsProjection.name)).one(
                "default", sku("SHIRT")
            )
            delivery = Attempts(store.registers, "amazon").entry("default", sku("SHIRT")).delivery
            assert list(Attempts(store.registers, "amazon").doubtful("default")) == (
                [] if folder == data else [sku("SHIRT")]
            )
            return decide(state, "amazon", msgspec.structs.replace(delivery, quantity=0), AT)

    run(data / DATABASE, "SELECT 1")
    assert restore(backup, tmp_path / "new").doubted == 1
    told = decision(tmp_path / "new")
    assert isinstance(told, Tell)
    assert told.attempt == 4
    decision(data)


def test_a_folder_with_anything_in_it_is_left_alone(data: Path, backup: Path, tmp_path: Path) -> None:
    for folder in (data, tmp_path):
        with pytest.raises(FolderTaken, match="--force"):
            restore(backup, folder)
    assert is_sound(data / DATABASE)


def test_force_moves_the_old_store_aside_with_all_that_belongs_to_it(data: Path, backup: Path) -> None:
    old = SqlStore.sqlite(data / DATABASE)
    old.registers.write("only in the old one", b"1", 0)
    for name in (DATABASE, f"{DATABASE}-wal"):
        (data / f"kept-{name}").write_bytes((data / name).read_bytes())
    old.close()
    for name in (DATABASE, f"{DATABASE}-wal"):  # as after a power cut: the newest writes are in the -wal alone
        (data / f"kept-{name}").rename(data / name)
    aside = Path(restore(backup, data, replace=True).aside or "")
    assert is_sound(data / DATABASE)
    with closing(SqlSnapshot.sqlite(data / DATABASE)) as new, closing(SqlSnapshot.sqlite(aside / DATABASE)) as before:
        assert new.registers.read("only in the old one") is None
        assert before.registers.read("only in the old one") is not None


@pytest.mark.parametrize(
    "damage", ["DELETE FROM events WHERE version = 3", "UPDATE events SET digest = 'x' WHERE version = 1"]
)
def test_a_backup_whose_log_is_damaged_is_refused_and_nothing_changed(data: Path, backup: Path, damage: str) -> None:
    run(backup, damage)
    with pytest.raises(BackupDamaged, match="nothing was changed"):
        restore(backup, data, replace=True)
    assert is_sound(data / DATABASE)


def test_a_read_model_that_differs_is_rebuilt_and_no_other(backup: Path, tmp_path: Path) -> None:
    run(backup, "UPDATE rows SET state = x'5b315d' WHERE id % 65536 = 1 AND version = 6")
    with closing(SqlSnapshot.sqlite(backup)) as snapshot:
        [wrong] = [finding.projection for finding in verifying.models(snapshot, Tally())]
    restored = restore(backup, tmp_path / "new")
    assert restored.rebuilt == (wrong,)
    assert is_sound(tmp_path / "new" / DATABASE)


@pytest.mark.parametrize("content", [b"", b"not a database at all" * 100])
def test_what_is_no_backup_is_refused_by_name(data: Path, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "holiday.jpg"
    file.write_bytes(content)
    with pytest.raises(StoreDamaged, match=r"holiday\.jpg"):
        restore(file, data, replace=True)
    with pytest.raises(NothingThere, match="nowhere"):
        restore(tmp_path / "nowhere", data, replace=True)
    assert is_sound(data / DATABASE)


def test_a_folder_that_another_process_has_open_is_refused(data: Path, backup: Path) -> None:
    holder = "import sys; from pathlib import Path; from processor.adapters.sql import SqlStore\n"
    holder += "s = SqlStore.sqlite(Path(sys.argv[1])); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", holder, str(data / DATABASE)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        with pytest.raises(StoreInUse):
            restore(backup, data, replace=True)
        process.kill()


def _dies_at(name: str) -> Callable[..., None]:
    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt(name)

    return die


@pytest.mark.parametrize("step", ["copy", "doubt_all", "_move_aside", "settle"])
def test_a_restore_broken_off_at_any_step_is_seen_and_can_be_repeated(
    data: Path, backup: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(f"syncstate.care.restoring.{step}", _dies_at(step))
        with pytest.raises(KeyboardInterrupt):
            restore(backup, data, replace=True)
    if step == "copy":
        open_store(Settings(data=data)).close()
    else:
        assert (data / RESTORING).exists()
        with pytest.raises(RestoreUnfinished, match="restore FILE"):
            open_store(Settings(data=data))
    restore(backup, data, replace=True)
    assert is_sound(data / DATABASE)
    open_store(Settings(data=data)).close()


def test_an_emptied_file_is_no_new_beginning(data: Path) -> None:
    os.truncate(data / DATABASE, 0)
    with pytest.raises(ProcessorError, match="syncstate restore"):
        open_store(Settings(data=data))
    assert (data / DATABASE).stat().st_size == 0


def test_postgresql_s_own_command_is_named_without_the_password() -> None:
    said = postgres_command("postgresql://us:hush@db.example:5433/stock?sslmode=require", Path("a b.dump"))
    assert said.startswith("pg_dump ")
    assert "hush" not in said
    for part in ("db.example", "5433", "stock", "sslmode=require", "'--file=a b.dump'", "--schema=syncstate"):
        assert part in said


def test_the_statement_for_postgresql_puts_every_listing_in_doubt(
    postgres: tuple[PostgresDatabase, Callable[[], SqlSnapshot]],
) -> None:
    statement = (ROOT / "docs/how-to/back-up.md").read_text().partition("```sql\n")[2].partition("```")[0]
    store = postgres[0].open()
    stock(store)
    postgres[0].run(statement)
    assert list(Attempts(store.registers, "amazon").doubtful("default")) == [sku("SHIRT")]
    entry = Attempts(store.registers, "amazon").entry("default", sku("SHIRT"))
    assert (entry.delivery.attempt, entry.revision) == (3, 2)
