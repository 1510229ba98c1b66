"""ministack, a prefix in it for each test, and a small package of stand-ins for the functions."""

from itertools import count
from pathlib import Path
from zipfile import ZipFile

import pytest

from localstack.account import Account
from tests import servers

_numbers = count(1)


@pytest.fixture(scope="session")
def endpoint() -> str:
    """The shared ministack. Skips where it is missing; in CI that fails."""
    sentence = servers.missing("ministack")
    if sentence is None:
        return servers.ministack()
    if servers.required():
        pytest.fail(sentence)
    pytest.skip(sentence)


@pytest.fixture
def account(endpoint: str) -> Account:
    """The account, with a prefix that nobody has used: ministack's HTTP APIs answer in this one account alone."""
    return Account(endpoint, prefix=f"test{next(_numbers)}-")


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A zip with the stand-ins alone: the program's is thirty thousand times as heavy."""
    path = tmp_path_factory.mktemp("functions") / "standins.zip"
    with ZipFile(path, "w") as archive:
        archive.write(Path(__file__).with_name("standins") / "__init__.py", "standins.py")
    return path
