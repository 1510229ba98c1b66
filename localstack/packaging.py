"""The program as functions receive it: a zip of our packages and of what they need, the same bytes from the same files.

`python -m localstack.packaging` builds it into `build/functions` and prints its path. `--for here` takes the packages
that are installed here, for ministack, whose functions run with this Python; `--for lambda` has pip fetch those of
AWS's Linux, as requirements.lock pins them.
"""

import argparse
import marshal
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from importlib.util import MAGIC_NUMBER, cache_from_source, source_hash
from io import BytesIO
from pathlib import Path, PurePosixPath
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from localstack import wheels

ROOT = Path(__file__).parents[1]
OURS = ("channels", "ingest", "processor", "projections", "stock", "syncstate", "web")
BUILT = ROOT / "build" / "functions"
LAMBDA_PYTHON = "3.12"
"""The runtime that `--for lambda` builds for."""

MAX_UNZIPPED_BYTES = 250_000_000
"""What AWS Lambda takes at most: Lambda quotas, deployment package."""

SERVICES = ("dynamodb", "dynamodbstreams", "kinesis", "s3", "secretsmanager", "sqs", "sts")
"""The services of AWS whose descriptions are kept: botocore brings four hundred, nine tenths of its weight."""

_MADE = 2
"""How zips are made here: another number where the same files shall give another zip."""

_UNCHECKED = b"\1\0\0\0"
_YEAR = (1980, 1, 1, 0, 0, 0)
_SKIPPED = frozenset({"__pycache__", "tests", "bin"})

File = tuple[PurePosixPath, Path]
"""A file: where it goes and where it is."""


def runtime(target: str) -> str:
    """Return the Lambda runtime a package for `target` is made for."""
    return f"python{LAMBDA_PYTHON if target == 'lambda' else sysconfig.get_python_version()}"


def package(target: str = "here", extra: Sequence[Path] = (), folder: Path = BUILT) -> Path:
    """Return the zip in `folder`, built if its content is new. `extra` folders are packages that go in beside ours.

    Raises PackagingError where a needed package is missing or cannot be fetched.
    """
    files = sorted([*_ours(extra), *_needed(target)])
    digest = sha256(f"{runtime(target)}\0{_MADE}".encode())
    for name, path in files:
        digest.update(f"{name}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    built = folder / f"{target}-{runtime(target)}-{digest.hexdigest()[:16]}.zip"
    if not built.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = built.with_suffix(f".{id(files)}.unfinished")
        unfinished.write_bytes(_zipped(files, compiled=target == "here"))
        unfinished.replace(built)
    return built


def _zipped(files: Iterable[File], *, compiled: bool) -> bytes:
    """Return a zip whose bytes follow from the files' names and content alone.

    With `compiled`, modules come with their byte code for this Python: a function's first call need not compile them.
    """
    buffer = BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED, compresslevel=6) as archive:
        for name, path in files:
            content = path.read_bytes()
            _put(archive, name, content)
            if compiled and name.suffix == ".py" and (code := _code(name, content)):
                _put(archive, PurePosixPath(cache_from_source(str(name))), code)
    return buffer.getvalue()


def _put(archive: ZipFile, name: PurePosixPath, content: bytes) -> None:
    entry = ZipInfo(str(name), _YEAR)
    entry.compress_type = ZIP_DEFLATED
    entry.external_attr = 0o100644 << 16
    archive.writestr(entry, content)


def _code(name: PurePosixPath, source: bytes) -> bytes | None:
    """Return a module's byte code, to be taken unchecked (PEP 552), None where it is none of this Python's."""
    try:
        code = compile(source, str(name), "exec", dont_inherit=True, optimize=0)
    except (SyntaxError, ValueError):
        return None
    # Marshal's older format: what later ones write depends on who else holds the same strings.
    return MAGIC_NUMBER + _UNCHECKED + source_hash(source) + marshal.dumps(code, 2)


def _ours(extra: Sequence[Path]) -> Iterator[File]:
    for folder in (*(ROOT / name for name in OURS), *extra):
        for path in folder.rglob("*"):
            name = PurePosixPath(folder.name, *path.relative_to(folder).parts)
            if path.is_file() and "__pycache__" not in name.parts:
                yield name, path


def _needed(target: str) -> Iterator[File]:
    found = wheels.installed() if target == "here" else wheels.fetched(LAMBDA_PYTHON, ROOT / "build" / "wheels")
    for name, path in found:
        if _SKIPPED.isdisjoint(name.parts[:-1]) and path.suffix not in {".pyi", ".pyc"} and _described(name):
            yield name, path


def _described(name: PurePosixPath) -> bool:
    """Whether a file is no description of a service that nobody here calls."""
    parts = name.parts
    if parts[:2] == ("boto3", "data"):
        return len(parts) == 3 or parts[2] in SERVICES  # noqa: PLR2004 - boto3, data, file
    if parts[:2] != ("botocore", "data"):
        return True
    return len(parts) == 3 or parts[2] in SERVICES  # noqa: PLR2004 - the same


def main() -> int:
    """Build the functions' package and print its path."""
    parser = argparse.ArgumentParser(prog="python -m localstack.packaging", description=main.__doc__)
    parser.add_argument("--for", dest="target", choices=("here", "lambda"), default="here", help="default: here")
    asked = parser.parse_args()
    try:
        built = package(asked.target)
    except wheels.PackagingError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{built}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
