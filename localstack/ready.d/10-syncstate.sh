#!/bin/sh
# Runs when an emulator is ready: creates everything SyncState needs in it, or mends what is there. LocalStack runs it
# inside its container (compose.yaml), where its own Python has boto3; elsewhere PYTHON names one, else .venv's is taken.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=${SYNCSTATE_ROOT:-$here/../..}
if [ -z "${PYTHON:-}" ]; then
  if [ -x "$root/.venv/bin/python" ]; then PYTHON=$root/.venv/bin/python; else PYTHON=python3; fi
fi
export AWS_ENDPOINT_URL="${AWS_ENDPOINT_URL:-http://127.0.0.1:4566}"
# First in the path: LocalStack's own package has the same name as our folder.
PYTHONPATH=$root PYTHONDONTWRITEBYTECODE=1 exec "$PYTHON" -m localstack.environment create
