"""What a feed's processing report says of each message.

A report lists issues and counts messages; a message without an issue is not named. So a message was accepted only if
the counts leave no other possibility.
"""

from typing import Literal

import msgspec
from pydantic import ValidationError

from channels.amazon.feeds import wire
from channels.errors import Unreachable

Verdict = Literal["accepted", "invalid", "unknown"]


class FeedIssue(msgspec.Struct, frozen=True):
    """What is wrong, in Amazon's words."""

    code: str
    message: str
    severity: str


class Outcome(msgspec.Struct, frozen=True):
    """What became of one message. `unknown`: the report does not tell, and the listing must be read."""

    verdict: Verdict
    issues: tuple[FeedIssue, ...] = ()


class ProcessingReport(msgspec.Struct, frozen=True):
    """A processing report. `by_message` holds the issues of messages, `general` those of the whole feed."""

    feed: str
    processed: int
    accepted: int
    invalid: int
    by_message: dict[int, tuple[FeedIssue, ...]]
    general: tuple[FeedIssue, ...]
    granted: float | None = None
    requests: int = 1

    def outcomes(self, messages: int) -> tuple[Outcome, ...]:
        """Return what became of messages 1 to `messages`, which is how many the feed held."""
        faulty = {number for number, issues in self.by_message.items() if _errors(issues)}
        clear = (
            not _errors(self.general)
            and len(faulty) == self.invalid
            and self.processed == messages == self.accepted + self.invalid
        )
        rest: Verdict = "accepted" if clear else "unknown"
        return tuple(
            Outcome("invalid" if number in faulty else rest, self.by_message.get(number, ()))
            for number in range(1, messages + 1)
        )


def read_report(what: str, feed: str, content: bytes) -> ProcessingReport:
    """Read a report of `feed`. Raises Unreachable where it is none, or another feed's."""
    try:
        report = wire.Report.model_validate_json(content)
    except ValidationError as error:
        raise Unreachable(what, "the processing report cannot be read", sent=True) from error
    if report.header.feed_id != feed:
        raise Unreachable(what, "the processing report is another feed's", sent=True)
    by_message: dict[int, tuple[FeedIssue, ...]] = {}
    general: tuple[FeedIssue, ...] = ()
    for told in report.issues:
        issue = FeedIssue(told.code, told.message, told.severity)
        if told.message_id is None:
            general += (issue,)
        else:
            by_message[told.message_id] = (*by_message.get(told.message_id, ()), issue)
    summary = report.summary
    return ProcessingReport(feed, summary.processed, summary.accepted, summary.invalid, by_message, general)


def _errors(issues: tuple[FeedIssue, ...]) -> bool:
    return any(issue.severity == "ERROR" for issue in issues)
