"""The event source mappings: which source feeds which function."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from localstack.account import Account
from localstack.bucket import Bucket
from localstack.layout import FUNCTIONS, NEW_EVENTS, Function, Mapping
from localstack.queues import Queues
from localstack.stream import Stream
from localstack.tables import Tables

if TYPE_CHECKING:
    from types_boto3_lambda.type_defs import EventSourceMappingConfigurationTypeDef


class Mappings:
    """The layout's mappings. Their sources and functions must be there."""

    def __init__(self, account: Account, tables: Tables, queues: Queues, stream: Stream, bucket: Bucket) -> None:
        self._account, self._tables, self._queues, self._stream = account, tables, queues, stream
        self._bucket = bucket

    def create(self) -> None:
        """Create those that are missing. One that differs, or from a source that was made anew, is replaced.

        A new one begins with the oldest record: what was folded already is found to be.
        """
        for function, mapping in _mapped():
            source, there = self._source(mapping), False
            for found in self._found(function):
                right = found.get("EventSourceArn") == source and not any(self._differing(mapping, found))
                there = there or right
                if not right:
                    self._account.functions.delete_event_source_mapping(UUID=found["UUID"])
            if not there:
                self._account.functions.create_event_source_mapping(
                    FunctionName=self._account.name(function.name),
                    EventSourceArn=source,
                    BatchSize=mapping.batch,
                    FunctionResponseTypes=["ReportBatchItemFailures"],
                    **self._settings(mapping),
                )

    def flaws(self) -> Iterator[str]:
        """Yield a sentence for each that is missing or stopped, or that treats failures otherwise."""
        for function, mapping in _mapped():
            found = self._found(function)
            name = f"{self._account.name(function.name)} from {mapping.kind} {self._account.name(mapping.source)}"
            if not found:
                yield f"mapping of {name} does not exist"
                continue
            if found[0].get("State") not in {"Enabled", "Creating", "Enabling"}:
                yield f"mapping of {name} is {found[0].get('State')}"
            for setting in self._differing(mapping, found[0]):
                yield f"mapping of {name} has another {setting}"

    def delete(self) -> None:
        """Delete those that are there."""
        for function, _ in _mapped():
            for found in self._found(function):
                self._account.functions.delete_event_source_mapping(UUID=found["UUID"])

    def _source(self, mapping: Mapping) -> str:
        match mapping.kind:
            case "table":
                return self._tables.stream_arn()
            case "queue":
                return self._queues.arn(mapping.source)
            case "stream":
                return self._stream.arn()

    def _found(self, function: Function) -> "list[EventSourceMappingConfigurationTypeDef]":
        found = self._account.functions.list_event_source_mappings(FunctionName=self._account.name(function.name))
        return found["EventSourceMappings"]

    def _settings(self, mapping: Mapping) -> dict[str, Any]:
        """Return what a mapping from a stream says beside what all say: begin at the oldest, halve what fails.

        What fails for good goes to the bucket, whole; a queue has its dead-letter queue.
        """
        if mapping.kind == "queue":
            return {}
        every = {
            "StartingPosition": "TRIM_HORIZON",
            "BisectBatchOnFunctionError": True,
            "MaximumRetryAttempts": mapping.retries,
            "DestinationConfig": {"OnFailure": {"Destination": self._bucket.arn}},
        }
        return {**every, "FilterCriteria": {"Filters": [{"Pattern": NEW_EVENTS}]}} if mapping.kind == "table" else every

    def _differing(self, mapping: Mapping, found: Any) -> Iterator[str]:  # noqa: ANN401 - its type has no plain keys
        """Yield the names of settings that a mapping has otherwise; what an emulator does not tell is no flaw."""
        told = {**found, "DestinationConfig": _destination(found)}
        return (name for name, value in self._settings(mapping).items() if told.get(name) not in (None, value))


def _destination(found: Any) -> dict[str, Any] | None:  # noqa: ANN401 - as above
    """Return where failures go, without what AWS says beside it."""
    failure = (found.get("DestinationConfig") or {}).get("OnFailure") or {}
    return {"OnFailure": {"Destination": failure["Destination"]}} if "Destination" in failure else None


def _mapped() -> Iterator[tuple[Function, Mapping]]:
    return ((function, function.mapping) for function in FUNCTIONS if function.mapping is not None)
