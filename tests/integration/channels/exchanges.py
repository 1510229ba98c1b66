"""Whole exchanges held against Amazon's published models: the request, the status and the answer of each."""

import re
from datetime import datetime
from typing import Any

import httpx
import msgspec

from tests.integration.channels.published import FOLDER, Published

FILES = ("listingsItems_2021-08-01.json", "feeds_2021-06-30.json", "orders_2026-01-01.json", "notifications.json")
UNPUBLISHED = ("/auth/o2/token", "/_documents/")
"""Login with Amazon and S3 are described elsewhere."""


class Exchanges:
    """Every operation of the models that our client knows."""

    def __init__(self) -> None:
        self.checked: set[str] = set()
        self._operations: list[tuple[str, re.Pattern[str], dict[str, Any], Published]] = []
        for file in FILES:
            published = Published(FOLDER / file)
            for path, methods in published.paths.items():
                pattern = re.compile(re.sub(r"\{\w+\}", "[^/]+", path) + r"\Z")
                for method, operation in methods.items():
                    if isinstance(operation, dict) and "responses" in operation:
                        self._operations.append((method.upper(), pattern, operation, published))

    def rate(self, operation_id: str) -> tuple[float, int]:
        """Return the published rate and burst of an operation."""
        for _, _, operation, _ in self._operations:
            if operation["operationId"] == operation_id:
                found = re.search(r"\| ([\d.]+) \| (\d+) \|", operation["description"])
                assert found is not None
                return float(found[1]), int(found[2])
        raise AssertionError(operation_id)

    def faults(self, answer: httpx.Response) -> list[str]:
        """Return how an exchange differs from what Amazon describes."""
        path = answer.request.url.raw_path.decode().partition("?")[0]
        if path.startswith(UNPUBLISHED):
            return []
        for method, pattern, operation, published in self._operations:
            if method == answer.request.method and pattern.match(path):
                self.checked.add(operation["operationId"])
                return [
                    f"{operation['operationId']} {fault}"
                    for fault in (
                        *_query_faults(answer.request, operation),
                        *_body_faults(answer.request, operation, published),
                        *_answer_faults(answer, operation, published),
                    )
                ]
        return [f"{answer.request.method} {path} is described nowhere"]


def _query_faults(request: httpx.Request, operation: dict[str, Any]) -> list[str]:
    described = {p["name"]: p for p in operation["parameters"] if p["in"] == "query"}
    asked = dict(request.url.params)
    found = [f"?{name} is not in the model" for name in sorted(asked.keys() - described.keys())]
    found += [f"?{name} is missing" for name, p in described.items() if p["required"] and name not in asked]
    for name in sorted(asked.keys() & described.keys()):
        found += _value_faults(name, asked[name], described[name])
    return found


def _value_faults(name: str, text: str, described: dict[str, Any]) -> list[str]:
    if described["type"] == "array":
        items = text.split(",")
        most = described.get("maxItems", len(items))
        wrong = [item for item in items if item not in described["items"].get("enum", [item])]
        return [f"?{name}: {wrong} are not in the model"] if wrong or len(items) > most else []
    if described["type"] == "integer" and not 1 <= int(text) <= described.get("maximum", 100):
        return [f"?{name}: {text} is out of bounds"]
    if described.get("format") == "date-time" and datetime.fromisoformat(text).tzinfo is None:
        return [f"?{name}: {text} has no time zone"]
    return [] if text in described.get("enum", [text]) else [f"?{name}: {text} is not in the model"]


def _body_faults(request: httpx.Request, operation: dict[str, Any], published: Published) -> list[str]:
    schemas = [p["schema"] for p in operation["parameters"] if p["in"] == "body"]
    if not schemas:
        return ["a body that nobody wants"] if request.content else []
    if request.headers["content-type"] != "application/json":
        return ["the body is no JSON by its type"]
    return published.faults(msgspec.json.decode(request.content), schemas[0])


def _answer_faults(answer: httpx.Response, operation: dict[str, Any], published: Published) -> list[str]:
    described = operation["responses"].get(str(answer.status_code))
    if described is None:
        return [f"{answer.status_code} is no status of the model"]
    if "schema" not in described:
        return []
    return published.faults(msgspec.json.decode(answer.content), described["schema"])
