"""The functions' package: the same bytes from the same files, nothing that functions do not need, all that they do."""

import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from localstack import packaging, wheels
from localstack.layout import FUNCTIONS, handler

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return packaging.package("here", (), tmp_path_factory.mktemp("built"))


def test_the_same_files_make_the_same_bytes_in_another_process_at_another_time(built: Path, tmp_path: Path) -> None:
    program = (
        "import sys, pathlib as p; from localstack import packaging as z; z.package('here', (), p.Path(sys.argv[1]))"
    )
    another = {"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "PATH": "/usr/bin:/bin"}
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], cwd=packaging.ROOT, env=another, check=True)
    [again] = tmp_path.iterdir()
    assert again.name == built.name
    assert again.read_bytes() == built.read_bytes()


def test_what_is_there_is_not_built_again(built: Path) -> None:
    before = built.stat().st_mtime_ns
    assert packaging.package("here", (), built.parent) == built
    assert built.stat().st_mtime_ns == before
    assert [path.name for path in built.parent.iterdir()] == [built.name]


def test_other_content_makes_another_package_with_what_was_added(built: Path, tmp_path: Path) -> None:
    extra = tmp_path / "extra"
    extra.mkdir()
    (extra / "__init__.py").write_text("ONE = 1\n")
    first = packaging.package("here", (extra,), tmp_path / "built")
    (extra / "__init__.py").write_text("ONE = 2\n")
    second = packaging.package("here", (extra,), tmp_path / "built")
    assert len({built.name, first.name, second.name}) == 3
    with ZipFile(second) as archive:
        assert archive.read("extra/__init__.py") == b"ONE = 2\n"


def test_it_fits_into_lambda_and_holds_neither_tests_nor_what_no_function_imports(built: Path) -> None:
    with ZipFile(built) as archive:
        names = archive.namelist()
        assert sum(entry.file_size for entry in archive.infolist()) < packaging.MAX_UNZIPPED_BYTES / 3
    assert built.stat().st_size < 50_000_000  # more cannot be posted to CreateFunction
    tops = {name.split("/")[0] for name in names}
    assert set(packaging.OURS) <= tops
    assert tops.isdisjoint({"tests", "localstack", "benchmarks", "psycopg", "sqlalchemy", "rich", "typer", "uvloop"})
    services = {name.split("/")[2] for name in names if name.startswith("botocore/data/") and name.count("/") > 2}
    assert services == set(packaging.SERVICES)


def test_what_is_left_out_is_pinned_in_the_lock() -> None:
    assert set(wheels.pinned()) >= wheels.LEFT_OUT


@pytest.mark.parametrize("module", [handler(function).rpartition(".")[0] for function in FUNCTIONS])
def test_each_handler_can_be_imported_from_it_alone(built: Path, unzipped: Path, module: str) -> None:
    assert built
    program = f"import sys; sys.path.insert(0, '.'); import {module} as m, boto3; print(m.__file__, m.handler.__name__)"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-W", "ignore", "-c", program],
        cwd=unzipped,
        env={},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [str(unzipped / f"{module.replace('.', '/')}.py"), "handler"]


@pytest.fixture(scope="module")
def unzipped(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unzipped")
    with ZipFile(built) as archive:
        archive.extractall(folder)
    return folder


def test_byte_code_is_taken_as_it_is(unzipped: Path) -> None:
    """A module whose source was emptied still works: its byte code stands beside it and is not compared."""
    (unzipped / "stock" / "balance.py").write_text("")
    program = "import sys; sys.path.insert(0, '.'); import stock.balance as m; print(len(vars(m)))"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program], cwd=unzipped, capture_output=True, text=True, check=True
    )
    assert int(done.stdout) > 10


def test_a_package_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wheels, "names", lambda: ["not-there-at-all"])
    with pytest.raises(wheels.PackagingError, match=r"not-there-at-all is not installed in .*: run `make dev`"):
        list(wheels.installed())
