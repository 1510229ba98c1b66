"""Sending a file's facts to the API: in batches, in order, each batch until it is answered."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import httpx

from ingest.imports.rows import FileFact, Row
from syncstate.cli.connection import Api
from syncstate.cli.failures import Failure, Refusal

BATCH = 1000
_KEPT = 1000
_TRIES = 6
_SHORTEST_PAUSE = 0.25
_LONGEST_PAUSE = 30.0
_TAKEN = frozenset({"recorded", "buffered", "duplicate"})
_LATER = frozenset({HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS})


@dataclass(frozen=True)
class Refused:
    """A fact that was not recorded: `conflict`, `invalid` or `stale`."""

    line: int
    fact: FileFact
    status: str
    error: str

    @property
    def told(self) -> dict[str, str | int]:
        """The same for programs."""
        place: dict[str, str | int] = {"line": self.line, "sku": self.fact.sku, "type": self.fact.type}
        return {**place, "status": self.status, "error": self.error}


@dataclass
class Tally:
    """What became of everything that was sent. Every row is in one of `imported`, `known` and `refused`.

    `facts` counts by status; `problems` holds the first _KEPT facts that were refused.
    """

    imported: int = 0
    known: int = 0
    refused: int = 0
    facts: Counter[str] = field(default_factory=Counter)
    problems: list[Refused] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """How many rows were answered."""
        return self.imported + self.known + self.refused

    def add(self, rows: Sequence[Row], results: Sequence[dict[str, Any]]) -> None:
        """Count the answers to `rows`, one per fact in their order."""
        answers = iter(results)
        for row in rows:
            told = [(fact, next(answers)) for fact in row.facts]
            statuses = {str(result["status"]) for _, result in told}
            self.facts.update(str(result["status"]) for _, result in told)
            if statuses <= _TAKEN:
                new = bool(statuses - {"duplicate"})
                self.imported += new
                self.known += not new
                continue
            self.refused += 1
            for fact, result in told:
                status = str(result["status"])
                if status not in _TAKEN and len(self.problems) < _KEPT:
                    self.problems.append(Refused(row.line, fact, status, _reason(result)))


def send(api: Api, rows: Iterable[Row], told: Callable[[int], None]) -> Tally:
    """Send every row, in order, and return what became of them; `told` hears how many rows are done.

    Raises Failure where the server stops answering. What was sent is durable, and sending all of it again is right:
    facts are known by their `tx`.
    """
    tally = Tally()
    for batch in _batches(rows):
        facts = [fact.body for row in batch for fact in row.facts]
        try:
            results = _post(api, facts)
        except (httpx.HTTPError, Failure) as error:
            raise _stopped(error, tally.rows) from error
        tally.add(batch, results)
        told(tally.rows)
    return tally


def _stopped(error: httpx.HTTPError | Failure, rows: int) -> Failure:
    done = f"stopped after {rows:,} rows, which are durable"
    if isinstance(error, Refusal) and error.status not in _LATER:
        return Failure(f"{error}: {done}", error.code)
    reason = error if isinstance(error, Failure) else f"the server stopped answering ({type(error).__name__})"
    return Failure(f"{reason}: {done}; give the same command again, and it goes on where it stopped")


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Gather rows up to BATCH facts. The facts of a row stay together: they are committed together."""
    batch: list[Row] = []
    size = 0
    for row in rows:
        if batch and size + len(row.facts) > BATCH:
            yield batch
            batch, size = [], 0
        batch.append(row)
        size += len(row.facts)
    if batch:
        yield batch


def _post(api: Api, facts: Sequence[object]) -> list[dict[str, Any]]:
    for tried in range(1, _TRIES + 1):
        try:
            results: list[dict[str, Any]] = api.post("/api/batch", {"facts": facts})["results"]
        except Refusal as refusal:
            if refusal.status not in _LATER or tried == _TRIES:
                raise
            time.sleep(_pause(refusal, tried))
        else:
            return results
    raise AssertionError("unreachable")


def _pause(refusal: Refusal, tried: int) -> float:
    """Return the seconds to wait: what the server asks for, and more each time."""
    asked = refusal.retry_after or ""
    seconds = float(asked) if asked.isdecimal() else 0.0
    return min(_LONGEST_PAUSE, max(seconds, _SHORTEST_PAUSE * float(2**tried)))


def _reason(result: dict[str, Any]) -> str:
    hint = f" ({result['hint']})" if result.get("hint") else ""
    return f"{result.get('error') or result['status']}{hint}"
