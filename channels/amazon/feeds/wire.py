"""What Amazon's Feeds API 2021-06-30 sends us, and the processing report of a JSON_LISTINGS_FEED 2.0."""

from typing import Literal

from pydantic import Field

from channels.amazon.wire import FromAmazon, Moment


class DocumentCreated(FromAmazon):
    """The answer to createFeedDocument: where to upload to, for five minutes."""

    document_id: str = Field(alias="feedDocumentId")
    url: str = Field(pattern=r"^https?://", repr=False)


class FeedCreated(FromAmazon):
    """The answer to createFeed."""

    feed_id: str = Field(alias="feedId", min_length=1)


class Feed(FromAmazon):
    """A feed and how far it is."""

    feed_id: str = Field(alias="feedId", min_length=1)
    created: Moment = Field(alias="createdTime")
    status: Literal["IN_QUEUE", "IN_PROGRESS", "DONE", "FATAL", "CANCELLED"] = Field(alias="processingStatus")
    result: str | None = Field(default=None, alias="resultFeedDocumentId")


class FeedsFound(FromAmazon):
    """The answer to getFeeds."""

    feeds: tuple[Feed, ...]
    next_token: str | None = Field(default=None, alias="nextToken")


class DocumentFound(FromAmazon):
    """The answer to getFeedDocument: where to download from, for five minutes."""

    url: str = Field(pattern=r"^https?://", repr=False)
    compression: Literal["GZIP"] | None = Field(default=None, alias="compressionAlgorithm")


class ReportHeader(FromAmazon):
    """Whose report it is."""

    feed_id: str = Field(alias="feedId")


class ReportIssue(FromAmazon):
    """What is wrong with one message, or with the whole feed where it names none."""

    message_id: int | None = Field(default=None, alias="messageId")
    code: str = ""
    severity: str
    message: str


class ReportSummary(FromAmazon):
    """How many messages were taken."""

    processed: int = Field(alias="messagesProcessed", ge=0)
    accepted: int = Field(alias="messagesAccepted", ge=0)
    invalid: int = Field(alias="messagesInvalid", ge=0)


class Report(FromAmazon):
    """A processing report. Messages without an issue are counted, not listed."""

    header: ReportHeader
    issues: tuple[ReportIssue, ...]
    summary: ReportSummary
