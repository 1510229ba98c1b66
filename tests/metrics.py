"""What functions wrote for CloudWatch, read from what they printed."""

import json
from typing import Any

Measured = dict[str, float]


def documents_in(printed: str) -> list[dict[str, Any]]:
    """Return the documents in CloudWatch's embedded metric format among printed lines."""
    return [json.loads(line) for line in printed.splitlines() if line.startswith('{"_aws"')]


def measured(printed: str, service: str) -> Measured:
    """Return the values of the last document that the function `service` wrote, by name: the first of each."""
    *_, found = (document for document in documents_in(printed) if document["service"] == service)
    [directive] = found["_aws"]["CloudWatchMetrics"]
    return {metric["Name"]: found[metric["Name"]][0] for metric in directive["Metrics"]}
