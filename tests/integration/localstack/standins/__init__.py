"""Stand-ins for the program's functions: each tells what reached it, an HTTP request in its answer, else in a queue.

The package goes into the functions' zip, so it stands on botocore alone, which every runtime for Python has.
"""

import json
import os
from typing import Any

from botocore.session import get_session

NOTES = "NOTES_QUEUE"


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    note = json.dumps({"function": context.function_name, "event": event, "environment": _ours()})
    if "requestContext" in event:
        return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": note}
    queues: Any = get_session().create_client("sqs")
    queues.send_message(QueueUrl=os.environ[NOTES], MessageBody=note)
    return {"batchItemFailures": []}


def _ours() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith("SYNCSTATE_")}
