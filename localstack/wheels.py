"""What functions need beside our own code, as requirements.lock pins it: from this environment, or fetched for AWS."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path, PurePosixPath
from platform import machine

LOCK = Path(__file__).parents[1] / "requirements.lock"

LEFT_OUT = frozenset(
    {
        *("psycopg", "psycopg-binary", "sqlalchemy"),  # the stores that are not DynamoDB
        *("typer", "rich", "pygments", "markdown-it-py", "mdurl", "shellingham"),  # the command line
        *("uvloop", "httptools"),  # the server
        "graphql-core",  # the small Shopify
        *("setuptools", "localstack-client", "colorama", "tzdata"),  # installing, developing, Windows
    }
)
"""What no function imports."""

_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==", re.MULTILINE)


class PackagingError(Exception):
    """A package cannot be had; the message says which, and what to do."""


def names() -> list[str]:
    """Return the packages that functions need."""
    return [name for name in pinned() if name not in LEFT_OUT]


def pinned() -> list[str]:
    """Return every package that the lock pins."""
    return _PINNED.findall(LOCK.read_text())


def installed() -> Iterator[tuple[PurePosixPath, Path]]:
    """Yield the needed packages' files as they are installed here: where each goes, and where it is."""
    for name in names():
        try:
            files = distribution(name).files or ()
        except PackageNotFoundError as error:
            raise PackagingError(f"{name} is not installed in {sys.prefix}: run `make dev`") from error
        for file in files:
            path = Path(str(file.locate()))
            if ".." not in file.parts and path.is_file() and not _of_the_installation(file):
                yield PurePosixPath(*file.parts), path


def _of_the_installation(file: PurePosixPath) -> bool:
    """Whether pip wrote the file here: it differs between machines, and nobody reads it."""
    return file.parent.suffix == ".dist-info" and file.name in {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"}


def fetched(python: str, cache: Path) -> Iterator[tuple[PurePosixPath, Path]]:
    """Yield the files of the needed packages for Linux and `python`, fetched by pip into a folder of `cache`, once."""
    folder = cache / sha256(f"{python}\0{machine()}\0{LOCK.read_text()}".encode()).hexdigest()[:16]
    if not folder.is_dir():
        unfinished = folder.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        _fetch(python, unfinished)
        unfinished.replace(folder)
    for path in folder.rglob("*"):
        name = PurePosixPath(*path.relative_to(folder).parts)
        if path.is_file() and not _of_the_installation(name):
            yield name, path


def _fetch(python: str, folder: Path) -> None:
    lock = folder.with_suffix(".lock")
    lock.write_text("".join(_wanted()))
    architecture = {"arm64": "aarch64", "AMD64": "x86_64"}.get(machine(), machine())
    platforms = [
        part for tag in ("manylinux_2_28", "manylinux2014") for part in ("--platform", f"{tag}_{architecture}")
    ]
    done = subprocess.run(  # noqa: S603
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"),
            *("--require-hashes", "--only-binary", ":all:", "--python-version", python, *platforms),
            *("--no-compile", "--target", str(folder), "-r", str(lock)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    lock.unlink()
    if done.returncode:
        raise PackagingError(f"pip cannot fetch what functions need for Python {python}:\n{done.stderr.strip()}")


def _wanted() -> Iterator[str]:
    """Yield the lock's entries (a pin and its hashes) of the needed packages, without markers: the target is Linux."""
    wanted = set(names())
    for entry in re.split(r"^(?=\S)", LOCK.read_text(), flags=re.MULTILINE):
        pin = _PINNED.match(entry)
        if pin and pin[1] in wanted:
            yield re.sub(r" ;[^\\\n]*", " ", entry, count=1)
