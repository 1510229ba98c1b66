"""What a channel raises instead of an answer.

ChannelError
├── Throttled        asked too often: nothing was changed; wait
├── Unauthorised     our credentials were refused: nothing was changed; a person must look
├── Refused          the request was understood and declined: nothing was changed
└── Unreachable      no answer that tells the outcome; `sent`: the change may have been made
LeaseLost            another process tends this seller now: send nothing more
"""

from datetime import timedelta


class ChannelError(Exception):
    """The root of what a channel answers other than yes.

    `granted` is the rate the channel said it grants, in requests a second, None where it said nothing. `requests`
    counts what was asked of the operation before giving up: more than one where an access token had to be replaced.
    """

    def __init__(self, message: str, *, granted: float | None = None, requests: int = 1) -> None:
        super().__init__(message)
        self.granted, self.requests = granted, requests


class Throttled(ChannelError):
    """Asked too often. `retry_after` is how long the channel asks us to wait, None where it does not say."""

    def __init__(
        self, what: str, retry_after: timedelta | None = None, *, granted: float | None = None, requests: int = 1
    ) -> None:
        super().__init__(f"{what}: asked too often", granted=granted, requests=requests)
        self.retry_after = retry_after


class Unauthorised(ChannelError):
    """The credentials, or the access they once gave, were refused. `code` is the channel's own word for it."""

    def __init__(self, what: str, code: str, *, granted: float | None = None, requests: int = 1) -> None:
        super().__init__(f"{what}: not authorised ({code})", granted=granted, requests=requests)
        self.code = code


class Refused(ChannelError):
    """The request was declined. `code` is the first reason, `retry` whether trying again later can help."""

    def __init__(  # noqa: PLR0913 - what a refusal tells
        self,
        what: str,
        code: str,
        detail: str = "",
        *,
        retry: bool,
        issues: tuple[str, ...] = (),
        granted: float | None = None,
        requests: int = 1,
    ) -> None:
        message = f"{what}: refused ({code}{': ' if detail else ''}{detail})"
        super().__init__(message, granted=granted, requests=requests)
        self.code, self.detail, self.retry, self.issues = code, detail, retry, issues


class Unreachable(ChannelError):
    """No answer that tells the outcome. `sent` is False only where the request cannot have taken effect."""

    def __init__(self, what: str, reason: str, *, sent: bool, granted: float | None = None, requests: int = 1) -> None:
        super().__init__(f"{what}: {reason}", granted=granted, requests=requests)
        self.reason, self.sent = reason, sent


class LeaseLost(Exception):
    """Another process tends this seller, or may: whatever was to be sent is not."""

    def __init__(self, name: str, fence: int) -> None:
        super().__init__(f"the lease {name} (fence {fence}) was lost")
        self.name, self.fence = name, fence
