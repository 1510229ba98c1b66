"""The schedules: functions that are called every so often."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from localstack.account import Account
from localstack.functions import Functions
from localstack.layout import FUNCTIONS, MINUTE, Function


class Schedules:
    """A rule for each of the layout's functions that has an `every`."""

    def __init__(self, account: Account, functions: Functions) -> None:
        self._account, self._functions = account, functions
        self._rules: Any = account.client("events")

    def create(self) -> None:
        """Create the rules; again changes nothing."""
        for function, every in _scheduled():
            name = self._account.name(function.name)
            rule = self._rules.put_rule(Name=name, ScheduleExpression=rate(every))["RuleArn"]
            self._rules.put_targets(Rule=name, Targets=[{"Id": "function", "Arn": self._functions.arn(function)}])
            self._permit(function, rule)

    def flaws(self) -> Iterator[str]:
        """Yield a sentence for each that is missing."""
        for function, _ in _scheduled():
            name = self._account.name(function.name)
            try:
                targets = self._rules.list_targets_by_rule(Rule=name)["Targets"]
            except self._rules.exceptions.ResourceNotFoundException:
                targets = []
            if not targets:
                yield f"nothing calls {name} every {_seconds(function.every)} seconds"

    def delete(self) -> None:
        """Delete the rules that are there."""
        for function, _ in _scheduled():
            name = self._account.name(function.name)
            try:
                self._rules.remove_targets(Rule=name, Ids=["function"])
                self._rules.delete_rule(Name=name)
            except self._rules.exceptions.ResourceNotFoundException:
                continue

    def _permit(self, function: Function, rule: str) -> None:
        permit(self._account, function, "events", rule)


def permit(account: Account, function: Function, who: str, source: str) -> None:
    """Let a service of AWS call a function; again changes nothing."""
    client = account.functions
    try:
        client.add_permission(
            FunctionName=account.name(function.name),
            StatementId=who,
            Action="lambda:InvokeFunction",
            Principal=f"{who}.amazonaws.com",
            SourceArn=source,
        )
    except client.exceptions.ResourceConflictException:
        return


def rate(every: timedelta) -> str:
    """Return a schedule's expression: whole minutes."""
    minutes = every // MINUTE
    return f"rate({minutes} minute{'' if minutes == 1 else 's'})"


def _scheduled() -> Iterator[tuple[Function, timedelta]]:
    return ((function, function.every) for function in FUNCTIONS if function.every is not None)


def _seconds(span: timedelta | None) -> int:
    return int(span.total_seconds()) if span else 0
