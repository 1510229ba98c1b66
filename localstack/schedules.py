"""The schedules: functions that are called every so often."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from localstack.account import Account
from localstack.functions import Functions
from localstack.layout import FUNCTIONS, MINUTE, Call, Function


class Schedules:
    """A rule for each of the calls in the layout."""

    def __init__(self, account: Account, functions: Functions) -> None:
        self._account, self._functions = account, functions
        self._rules: Any = account.client("events")

    def create(self) -> None:
        """Create the rules; again changes nothing."""
        for function, call in _calls():
            name = self._account.name(call.name)
            rule = self._rules.put_rule(Name=name, ScheduleExpression=rate(call.every))["RuleArn"]
            target = {"Id": "function", "Arn": self._functions.arn(function), "Input": call.event}
            self._rules.put_targets(Rule=name, Targets=[target])
            permit(self._account, function, "events", rule, call.name)

    def flaws(self) -> Iterator[str]:
        """Yield a sentence for each that is missing."""
        for function, call in _calls():
            name = self._account.name(call.name)
            try:
                targets = self._rules.list_targets_by_rule(Rule=name)["Targets"]
            except self._rules.exceptions.ResourceNotFoundException:
                targets = []
            if not targets:
                yield f"no rule {name} calls {self._account.name(function.name)}, at {rate(call.every)}"

    def delete(self) -> None:
        """Delete the rules that are there."""
        for _, call in _calls():
            name = self._account.name(call.name)
            try:
                self._rules.remove_targets(Rule=name, Ids=["function"])
                self._rules.delete_rule(Name=name)
            except self._rules.exceptions.ResourceNotFoundException:
                continue


def permit(account: Account, function: Function, who: str, source: str, statement: str) -> None:
    """Let a service of AWS call a function; again changes nothing."""
    client = account.functions
    try:
        client.add_permission(
            FunctionName=account.name(function.name),
            StatementId=statement,
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


def _calls() -> Iterator[tuple[Function, Call]]:
    return ((function, call) for function in FUNCTIONS for call in function.calls)
