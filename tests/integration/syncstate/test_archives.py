"""An archive of any store fills any other: the same events at the same places, the same models, nothing twice."""

import gzip
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner

from channels.attempts import Attempts
from processor.adapters.dynamodb.access import TableAccess
from processor.adapters.dynamodb.history import PlaceTaken
from processor.clock import Instant
from processor.errors import StoreUnavailable
from processor.log import Append, Appended, Duplicate
from stock.events import SaleRecorded
from stock.facts import fact
from stock.identities import sku
from syncstate.care import archiving, unpacking
from syncstate.care.archive import ArchiveDamaged, ArchiveTooNew, Reader, is_archive
from syncstate.care.archiving import Origin, archive
from syncstate.care.checkup import checkup
from syncstate.care.copying import BackupExists, CopyDamaged
from syncstate.care.filling import fill
from syncstate.care.marks import MARK, RestoreHalfDone, mark_of
from syncstate.care.origins import origin_of
from syncstate.care.restoring import restore_archive
from syncstate.care.unpacking import StoreTaken, Unpacked
from syncstate.cli.app import app
from syncstate.cli.failures import Failure
from syncstate.settings import Settings
from syncstate.stores import RESTORING, RestoreUnfinished, dynamodb_client, open_store, open_unguarded
from tests.integration.syncstate.houses import LASTING, SHARED, contents, house
from tests.integration.syncstate.stocked import AT, EVENTS, MUG, SHIRT, engine_on, stock
from tests.stores import FixedClock

ROOT = Path(__file__).parents[3]
House = Callable[[str], Settings]


@pytest.fixture
def houses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """Make empty stores of the kinds asked for."""
    with ExitStack() as stack:
        yield lambda kind: stack.enter_context(house(kind, tmp_path, monkeypatch))


@pytest.fixture
def stocked(houses: House) -> House:
    """Make stocked stores of the kinds asked for."""

    def make(kind: str) -> Settings:
        settings = houses(kind)
        with closing(open_store(settings)) as store:
            stock(store)
        return settings

    return make


@pytest.fixture
def archived(stocked: House, tmp_path: Path) -> tuple[Settings, Path]:
    """A stocked embedded store and an archive of it."""
    settings = stocked("embedded")
    make(settings, tmp_path / "stock.archive")
    return settings, tmp_path / "stock.archive"


def make(settings: Settings, file: Path, **more: Any) -> Any:
    with origin_of(settings, more.pop("pace", None)) as origin:
        return archive(origin, file, **more)


def bring_back(file: Path, settings: Settings, **more: Any) -> Unpacked:
    if settings.store == "embedded":
        return restore_archive(file, settings.data, **more)[0]
    return fill(file, settings, **more)


def doubted(found: Any) -> Any:
    """Return contents as they are once every listing is in doubt."""
    events, registers, *models = found
    return events, {name: value for name, value in registers.items() if not name.startswith("delivery/")}, *models


@pytest.mark.parametrize("into", LASTING)
@pytest.mark.parametrize("of", LASTING)
def test_an_archive_of_any_store_makes_any_other_the_same(
    stocked: House, houses: House, tmp_path: Path, of: str, into: str
) -> None:
    origin, target = stocked(of), houses(into)
    manifest = make(origin, tmp_path / "stock.archive")
    done = bring_back(tmp_path / "stock.archive", target)
    assert (manifest.events, manifest.streams, manifest.newest) == (EVENTS, 4, done.newest)
    assert (done.events, done.streams, done.registers, done.doubted) == (EVENTS, 4, 1, 1)
    assert (done.waiting, done.resumed) == (0, False)
    found = contents(target)
    assert sum(map(len, found[0].values())) == EVENTS
    assert len(found[2]) >= 9
    assert found[3]
    assert doubted(found) == doubted(contents(origin))
    with closing(open_store(target)) as store, closing(engine_on(store)) as engine:
        assert list(Attempts(store.registers, "amazon").doubtful("default")) == [sku("SHIRT")]
        assert Attempts(store.registers, "amazon").entry("default", sku("SHIRT")).delivery.attempt == 3
        sold = fact(SaleRecorded(quantity=1, order="n"), tx="new", at=AT, source="test")
        new, again = engine.recorder.record([Append(MUG, (sold,)), Append(SHIRT, (sold_before(),))])
        assert isinstance(again.outcome, Duplicate)
        assert isinstance(new.outcome, Appended)
        assert (again.outcome.version, new.outcome.version) == (5, 7)


def sold_before() -> Any:
    return fact(SaleRecorded(quantity=8, order="o1"), tx="t5", at=AT, source="test")


def test_an_archive_is_one_file_of_its_owner_that_says_what_it_is(archived: tuple[Settings, Path]) -> None:
    settings, file = archived
    assert file.stat().st_mode & 0o777 == 0o600
    assert is_archive(file)
    assert not is_archive(settings.data / "syncstate.db")
    reader = Reader(file)
    end = reader.whole()
    assert (end.events, end.streams, end.registers) == (EVENTS, 4, 1)
    assert reader.head.syncstate == "archive"
    assert sorted(path.name for path in file.parent.iterdir() if "archive" in path.name) == ["stock.archive"]
    with pytest.raises(BackupExists, match="--force"):
        make(settings, file)


def test_streams_of_orders_come_first_and_registers_last(archived: tuple[Settings, Path]) -> None:
    lines = gzip.decompress(archived[1].read_bytes()).splitlines()
    kinds = [msgspec.json.decode(line)[0] for line in lines[1:]]
    assert msgspec.json.decode(lines[1]) == ["s", "default/order/shopify:4501"]
    assert (kinds[-2:], set(kinds[:-2])) == (["r", "end"], {"s", "e"})


def test_more_events_than_are_read_at_once_are_all_in_it(
    stocked: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archiving, "_EVENTS", 3)
    monkeypatch.setattr(archiving, "_STREAMS", 3)
    for kind in LASTING:
        manifest = make(stocked(kind), tmp_path / kind)
        assert (manifest.events, manifest.streams) == (EVENTS, 4), kind


def test_a_store_with_a_changed_event_gives_no_archive_and_keeps_the_one_before(
    archived: tuple[Settings, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, file = archived
    before = file.read_bytes()
    monkeypatch.setattr(archiving, "event_faults", lambda event: ["was changed"] if event.version == 6 else [])
    with pytest.raises(CopyDamaged, match="event 6 was changed"):
        make(settings, file, replace=True)
    assert file.read_bytes() == before
    assert not file.with_name("stock.archive.part").exists()


def test_a_hole_is_no_end_of_a_stream(houses: House, tmp_path: Path) -> None:
    settings = houses("dynamodb")
    with closing(open_store(settings)) as store:
        stock(store)
        table: TableAccess = store.log._access  # type: ignore[attr-defined]  # noqa: SLF001
        table.delete([("other#sku#MUG/BLUE 11oz", "e#000000000003")])
    with pytest.raises(StoreUnavailable, match="version 3 is missing"):
        make(settings, tmp_path / "stock.archive")
    assert not (tmp_path / "stock.archive").exists()


def _lines(change: Callable[[list[bytes]], list[bytes]]) -> Callable[[Path], None]:
    def damage(file: Path) -> None:
        lines = gzip.decompress(file.read_bytes()).splitlines(keepends=True)
        file.write_bytes(gzip.compress(b"".join(change(lines))))

    return damage


DAMAGES: dict[str, Callable[[Path], None]] = {
    "before its end": _lines(lambda lines: lines[:-1]),
    "cannot be unpacked": lambda file: os.truncate(file, file.stat().st_size - 20),
    "not what its last line tells": _lines(lambda lines: [line.replace(b'"delta', b'"Delta') for line in lines]),
    "follows event": _lines(lambda lines: [line for line in lines if not line.startswith(b'["e",2')]),
    "is unknown": _lines(lambda lines: [*lines[:3], b'["x"]\n', *lines[3:]]),
    "cannot be read": _lines(lambda lines: [*lines[:3], b"[\n", *lines[3:]]),
    "does not begin": _lines(lambda lines: lines[1:]),
}


@pytest.mark.parametrize("said", DAMAGES)
def test_a_damaged_archive_is_refused_and_nothing_changed(
    archived: tuple[Settings, Path], houses: House, said: str
) -> None:
    settings, file = archived
    DAMAGES[said](file)
    before = contents(settings)
    with pytest.raises(ArchiveDamaged, match=said):
        restore_archive(file, settings.data, replace=True)
    assert contents(settings) == before
    target = houses("dynamodb")
    with pytest.raises(ArchiveDamaged, match=said):
        fill(file, target)
    with closing(open_store(target)) as store:
        assert store.registers.read(MARK) is None


def test_an_archive_of_a_later_format_is_told_as_such(archived: tuple[Settings, Path]) -> None:
    _lines(lambda lines: [lines[0].replace(b'"format":1', b'"format":2'), *lines[1:]])(archived[1])
    with pytest.raises(ArchiveTooNew, match="newer"):
        Reader(archived[1])


@pytest.mark.parametrize("kind", SHARED)
def test_a_store_that_holds_anything_is_left_as_it_is(
    archived: tuple[Settings, Path], stocked: House, kind: str
) -> None:
    target = stocked(kind)
    before = contents(target)
    with pytest.raises(StoreTaken, match="never overwrites"):
        fill(archived[1], target)
    assert contents(target) == before


class Broken(Exception):
    """The process ends here, as far as the store is concerned."""


class Bomb:
    """Lets so many writes of a DynamoDB store through, then none: the one it dies at took effect, or did not."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, fuse: int, *, late: bool) -> None:
        self.fuse, self.writes = fuse, 0
        for name in ("transact", "replace"):
            monkeypatch.setattr(TableAccess, name, self._counting(getattr(TableAccess, name), late=late))

    def _counting(self, real: Callable[..., Any], *, late: bool) -> Callable[..., Any]:
        def call(*arguments: Any, **more: Any) -> Any:
            self.writes += 1
            if self.writes < self.fuse:
                return real(*arguments, **more)
            if self.writes == self.fuse and late:
                real(*arguments, **more)
            raise Broken

        return call


@pytest.mark.slow
def test_a_restore_into_tables_that_dies_at_any_write_goes_on(
    archived: tuple[Settings, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    origin, file = archived
    monkeypatch.setattr(unpacking, "_EVENTS", 4)
    wanted = doubted(contents(origin))
    fuses = 0
    for fuse in count(1, 2):
        late = fuse % 4 == 1
        with house("dynamodb", tmp_path, monkeypatch) as target:
            if _survives(file, target, monkeypatch, fuse, late=late):
                break
            fuses = fuse
            if _is_whole(target):
                assert late
            else:
                assert fill(file, target).resumed is (fuse > 1 or late)
            assert doubted(contents(target)) == wanted, fuse
    assert fuses > 20


def _survives(file: Path, target: Settings, monkeypatch: pytest.MonkeyPatch, fuse: int, *, late: bool) -> bool:
    with monkeypatch.context() as broken:
        Bomb(broken, fuse, late=late)
        try:
            fill(file, target)
        except Broken:
            return False
    return True


def _is_whole(target: Settings) -> bool:
    """Tell whether anybody may open the store, and look that nobody may where its restore has not ended."""
    with closing(open_unguarded(target)) as store:
        mark = mark_of(store.registers)
    if mark is not None and mark.state == "under way":
        with pytest.raises(RestoreHalfDone, match="has not ended"):
            open_store(target)
    return mark is not None and mark.state == "whole"


def _dies(*_: object, **__: object) -> None:
    raise Broken


@pytest.mark.parametrize("step", ["_write_registers", "doubt_all", "fold_all", "_told"])
@pytest.mark.parametrize("kind", SHARED)
def test_a_restore_broken_off_between_steps_is_told_and_goes_on(
    archived: tuple[Settings, Path], houses: House, monkeypatch: pytest.MonkeyPatch, kind: str, step: str
) -> None:
    origin, file = archived
    target = houses(kind)
    with monkeypatch.context() as broken:
        broken.setattr(unpacking, step, _dies)
        with pytest.raises(Broken):
            fill(file, target)
    if step != "_told":
        with pytest.raises(RestoreHalfDone, match=r"syncstate restore .*stock\.archive"):
            open_store(target)
        assert fill(file, target).resumed
    assert doubted(contents(target)) == doubted(contents(origin))


@pytest.mark.parametrize("kind", SHARED)
def test_another_archive_does_not_go_on_where_one_was_broken_off(
    archived: tuple[Settings, Path], houses: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str
) -> None:
    origin, file = archived
    with closing(open_store(origin)) as store:
        store.registers.write("key/1", b"1", 0)
    make(origin, tmp_path / "other.archive", clock=FixedClock())
    target = houses(kind)
    with monkeypatch.context() as broken:
        broken.setattr(unpacking, "fold_all", _dies)
        with pytest.raises(Broken):
            fill(file, target)
    with pytest.raises(StoreTaken, match="was begun on it"):
        fill(tmp_path / "other.archive", target)
    assert fill(file, target).resumed


@pytest.mark.parametrize("kind", SHARED)
def test_events_written_by_another_meanwhile_are_never_overwritten(
    archived: tuple[Settings, Path], houses: House, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    target = houses(kind)
    other = fact(SaleRecorded(quantity=1, order="other"), tx="another's", at=AT, source="test")
    with closing(open_store(target)) as store:  # opened before the restore began, so it has seen no mark
        real = unpacking._write_events  # noqa: SLF001

        def meanwhile(*arguments: Any) -> None:
            store.log.append([Append(MUG, (other,))])
            real(*arguments)

        monkeypatch.setattr(unpacking, "_write_events", meanwhile)
        with pytest.raises((PlaceTaken, unpacking.WrittenMeanwhile), match=r"event 1 of other/sku/MUG"):
            fill(archived[1], target)
        assert [event.tx_id for event in store.log.read(MUG)] == ["another's"]


_KILLED = """
import os, signal, sys
from pathlib import Path
from syncstate.care.restoring import restore_archive

def die(what, count):
    if what == sys.argv[3]:
        os.kill(os.getpid(), signal.SIGKILL)

restore_archive(Path(sys.argv[1]), Path(sys.argv[2]), watch=die)
"""


def test_a_restore_into_a_folder_killed_in_the_middle_leaves_no_store_and_can_be_repeated(
    archived: tuple[Settings, Path], tmp_path: Path
) -> None:
    origin, file = archived
    target = Settings(store="embedded", data=tmp_path / "new")
    words = [sys.executable, "-c", _KILLED, str(file), str(target.data), "events folded"]
    assert subprocess.run(words, cwd=ROOT, check=False, timeout=60).returncode == -signal.SIGKILL
    assert (target.data / RESTORING).exists()
    with pytest.raises(RestoreUnfinished):
        open_store(target)
    restore_archive(file, target.data)
    assert doubted(contents(target)) == doubted(contents(origin))


def test_an_archive_is_paced(stocked: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("syncstate.care.archiving.time.sleep", slept.append)
    monkeypatch.setattr(archiving, "_STREAMS", 2)
    make(stocked("embedded"), tmp_path / "stock.archive", pace=0.5)
    assert max(slept) > 3


@pytest.mark.parametrize("kind", SHARED)
def test_a_half_restored_store_gives_no_archive_and_the_doctor_says_why(
    archived: tuple[Settings, Path], houses: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str
) -> None:
    target = houses(kind)
    with monkeypatch.context() as broken:
        broken.setattr(unpacking, "fold_all", _dies)
        with pytest.raises(Broken):
            fill(archived[1], target)
    with pytest.raises(RestoreHalfDone):
        make(target, tmp_path / "half.archive")
    [said] = [check.said for check in checkup(target) if check.name == "store"]
    assert "has not ended" in said


def test_registers_that_mean_nothing_elsewhere_are_left_out(houses: House, tmp_path: Path) -> None:
    settings = houses("embedded")
    with closing(open_store(settings)) as store:
        for name in ("lease/seller", "generation/inventory", MARK, "ready/probe", "key/a", "notices/default/mail"):
            store.registers.write(name, b"{}", 0)
        origin = Origin("here", store.log, store.registers)
        archive(origin, tmp_path / "a", clock=lambda: Instant("2026-11-20T10:00:00.000000Z"))
    lines = gzip.decompress((tmp_path / "a").read_bytes()).splitlines()
    assert [msgspec.json.decode(line)[1] for line in lines[1:-1]] == ["key/a", "notices/default/mail"]


def test_the_doctor_looks_at_the_tables(stocked: House) -> None:
    settings = stocked("dynamodb")
    assert {check.verdict for check in checkup(settings) if check.name == "tables"} == {"warn"}
    with closing(dynamodb_client(settings.dynamodb_endpoint)) as client:
        client.delete_table(TableName=f"{settings.dynamodb_prefix}events")
        client.create_table(
            TableName=f"{settings.dynamodb_prefix}events",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        )
    told = [check.said for check in checkup(settings) if (check.name, check.verdict) == ("tables", "fail")]
    assert any("has no stream" in said for said in told)
    assert any("has no index catalogue" in said for said in told)


def test_a_restore_that_the_store_interrupts_says_that_it_goes_on(
    archived: tuple[Settings, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object) -> None:
        raise StoreUnavailable("write", "the table is busy")

    monkeypatch.setattr("syncstate.cli.restore.fill", busy)
    monkeypatch.setenv("SYNCSTATE_STORE", "dynamodb")
    done = CliRunner().invoke(app, ["restore", str(archived[1])])
    assert isinstance(done.exception, Failure)
    assert "the table is busy" in str(done.exception)
    assert "give the same command again, and it goes on" in str(done.exception)
