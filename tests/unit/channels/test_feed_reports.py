"""What a processing report says of each message, and what it leaves open."""

from typing import Any

import msgspec
import pytest

from channels.amazon.feeds.reports import ProcessingReport, read_report
from channels.errors import Unreachable


def an_issue(message: int | None, severity: str = "ERROR") -> dict[str, Any]:
    named = {} if message is None else {"messageId": message, "sku": f"SKU-{message}"}
    return {**named, "code": "90220", "severity": severity, "message": "required but not supplied", "more": [1]}


def a_report(*issues: dict[str, Any], processed: int = 3, invalid: int = 0, accepted: int | None = None) -> bytes:
    summary = {
        "errors": len(issues),
        "warnings": 0,
        "messagesProcessed": processed,
        "messagesAccepted": processed - invalid if accepted is None else accepted,
        "messagesInvalid": invalid,
    }
    header = {"sellerId": "A1", "version": "2.0", "feedId": "7"}
    return msgspec.json.encode({"header": header, "issues": issues, "summary": summary, "items": [{"sku": "x"}]})


def read(content: bytes) -> ProcessingReport:
    return read_report("report of feed 7", "7", content)


def verdicts(content: bytes, messages: int = 3) -> list[str]:
    return [outcome.verdict for outcome in read(content).outcomes(messages)]


def test_messages_without_an_error_are_accepted() -> None:
    assert verdicts(a_report(an_issue(2), an_issue(2), an_issue(3, "WARNING"), invalid=1)) == [
        "accepted", "invalid", "accepted",
    ]  # fmt: skip


def test_an_outcome_tells_its_issues() -> None:
    first, second, _ = read(a_report(an_issue(2), invalid=1)).outcomes(3)
    assert first.issues == ()
    assert [(issue.code, issue.severity) for issue in second.issues] == [("90220", "ERROR")]


@pytest.mark.parametrize(
    "content",
    [
        a_report(processed=2),
        a_report(processed=4),
        a_report(invalid=1),
        a_report(accepted=2),
        a_report(an_issue(None)),
    ],
)
def test_counts_that_leave_another_possibility_leave_the_outcome_unknown(content: bytes) -> None:
    assert verdicts(content) == ["unknown"] * 3


def test_an_error_that_is_named_is_certain_even_where_the_counts_are_not() -> None:
    assert verdicts(a_report(an_issue(2), processed=2, invalid=1)) == ["unknown", "invalid", "unknown"]


@pytest.mark.parametrize("content", [b"", b"{}", b"<html>", a_report().replace(b'"issues"', b'"other"')])
def test_what_is_no_report_is_unreachable(content: bytes) -> None:
    with pytest.raises(Unreachable, match="cannot be read"):
        read(content)


def test_another_feeds_report_is_unreachable() -> None:
    with pytest.raises(Unreachable, match="another feed"):
        read_report("report of feed 8", "8", a_report())
