"""A data folder that goes away under a running server: nothing is acknowledged that would be lost."""

import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from processor.adapters.sql import SqlStore
from processor.errors import StoreUnavailable
from processor.log import Appended
from tests.factories import a_stream, an_append


def removed(file: Path) -> None:
    shutil.rmtree(file.parent)


def moved(file: Path) -> None:
    file.parent.rename(file.parent.with_name("elsewhere"))


def emptied(file: Path) -> None:
    shutil.rmtree(file.parent)
    file.parent.mkdir()


def replaced(file: Path) -> None:
    copy = file.with_name("copy")
    shutil.copy(file, copy)
    copy.replace(file)


AWAY = [removed, moved, emptied, replaced]


@pytest.mark.parametrize("away", AWAY)
def test_writes_fail_clearly_and_nothing_new_is_made_in_its_place(tmp_path: Path, away: Callable[[Path], None]) -> None:
    file = tmp_path / "data" / "store.db"
    with closing(SqlStore.sqlite(file)) as store:
        store.log.append([an_append(a_stream())])
        away(file)
        before = sorted(tmp_path.rglob("*"))
        for _ in range(2):
            with pytest.raises(StoreUnavailable, match="removed or replaced"):
                store.log.append([an_append(a_stream())])
            with pytest.raises(StoreUnavailable, match="removed or replaced"), store.unit():
                pass
        assert sorted(tmp_path.rglob("*")) == before


def test_writes_go_on_once_the_folder_is_back(tmp_path: Path) -> None:
    file = tmp_path / "data" / "store.db"
    with closing(SqlStore.sqlite(file)) as store:
        moved(file)
        with pytest.raises(StoreUnavailable):
            store.log.append([an_append(a_stream())])
        (tmp_path / "elsewhere").rename(tmp_path / "data")
        assert isinstance(store.log.append([an_append(a_stream())])[0], Appended)
