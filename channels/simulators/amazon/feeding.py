"""What the small Amazon answers about feeds and their documents. Source: Feeds API 2021-06-30."""

from typing import Any
from urllib.parse import quote, unquote

from pydantic import Field
from starlette.requests import Request

from channels.simulators.amazon.admission import admit
from channels.simulators.amazon.feeds import ADDRESS_LIFE, SimulatedDocument, SimulatedFeed
from channels.simulators.amazon.pages import Pages
from channels.simulators.amazon.replies import Reply
from channels.simulators.amazon.requests import (
    Bad,
    Strict,
    json_body,
    number,
    one_marketplace,
    query,
    time_of,
    words,
)
from channels.simulators.amazon.state import SimulatedAmazon

FEED_TYPE = "JSON_LISTINGS_FEED"
_QUESTIONS = 1000
_STATUSES = frozenset({"IN_QUEUE", "IN_PROGRESS", "DONE", "FATAL", "CANCELLED"})
_KNOWN = frozenset(
    {"feedTypes", "marketplaceIds", "pageSize", "processingStatuses", "createdSince", "createdUntil", "nextToken"}
)


class _DocumentWanted(Strict):
    content_type: str = Field(alias="contentType", min_length=1)


class _FeedWanted(Strict):
    feed_type: str = Field(alias="feedType")
    marketplaces: list[str] = Field(alias="marketplaceIds", min_length=1, max_length=25)
    document: str = Field(alias="inputFeedDocumentId")
    options: dict[str, str] | None = Field(default=None, alias="feedOptions")


def place(amazon: SimulatedAmazon, request: Request, body: bytes) -> Reply:
    """Tell where to upload a document to: createFeedDocument."""
    admit(amazon, "createFeedDocument", request)
    asked = json_body(request.headers.get("content-type", ""), body, _DocumentWanted)
    document = amazon.feeds.place(asked.content_type)
    return Reply(201, {"feedDocumentId": document.document, "url": _address(request, document)})


def create(amazon: SimulatedAmazon, request: Request, body: bytes) -> Reply:
    """Queue a feed: createFeed."""
    admit(amazon, "createFeed", request)
    asked = json_body(request.headers.get("content-type", ""), body, _FeedWanted)
    if asked.feed_type != FEED_TYPE or asked.marketplaces != [amazon.marketplace]:
        raise Bad(400, "InvalidInput", f"this simulator takes {FEED_TYPE} for {amazon.marketplace} alone")
    feed = amazon.feeds.create(asked.feed_type, asked.document)
    if feed is None:
        raise Bad(400, "InvalidInput", "The inputFeedDocumentId is unknown, or nothing was uploaded to it.")
    return Reply(202, {"feedId": feed})


def show(amazon: SimulatedAmazon, request: Request, body: bytes) -> Reply:
    """Show how far a feed is: getFeed."""
    del body
    admit(amazon, "getFeed", request)
    query(request, frozenset())
    return Reply(200, _shown(amazon, _feed(amazon, request)))


def cancel(amazon: SimulatedAmazon, request: Request, body: bytes) -> Reply:
    """Cancel a feed that is not yet worked on: cancelFeed."""
    del body
    admit(amazon, "cancelFeed", request)
    if not amazon.feeds.cancel(_feed(amazon, request).feed):
        raise Bad(400, "InvalidInput", "The feed is not in the queue any more.")
    return Reply(200, {})


class FeedSearch:
    """getFeeds, with the tokens it gave out."""

    def __init__(self, amazon: SimulatedAmazon) -> None:
        self._pages = Pages(amazon.time.seconds)
        self._questions: dict[str, dict[str, str]] = {}

    def __call__(self, amazon: SimulatedAmazon, request: Request, body: bytes) -> Reply:
        """Answer with a page of feeds, newest first."""
        del body
        admit(amazon, "getFeeds", request)
        fields = query(request, _KNOWN)
        token = fields.get("nextToken")
        if token is not None:
            if len(fields) > 1 or token not in self._questions:
                raise Bad(400, "InvalidInput", "nextToken stands alone, and is one that was given out")
            fields = self._questions[token]
        elif fields.get("feedTypes") != FEED_TYPE:
            raise Bad(400, "InvalidInput", f"Invalid feedTypes: {fields.get('feedTypes', '')}")
        size = number(fields, "pageSize", 10, 100)
        rows = _found(amazon, fields)
        page, _, following = self._pages.cut(rows, _age, size, fields, token, descending=True)
        told: dict[str, Any] = {"feeds": [_shown(amazon, feed) for feed in page]}
        if following is not None:
            self._questions[following] = fields
            self._forget()
            told["nextToken"] = following
        return Reply(200, told)

    def _forget(self) -> None:
        while len(self._questions) > _QUESTIONS:
            del self._questions[next(iter(self._questions))]


def document(amazon: SimulatedAmazon, request: Request, body: bytes) -> Reply:
    """Tell where to download a document from: getFeedDocument."""
    del body
    admit(amazon, "getFeedDocument", request)
    query(request, frozenset({"enableContentEncodingUrlHeader"}))
    found = amazon.feeds.signed(unquote(request.path_params["document"]))
    if found is None:
        raise Bad(404, "NotFound", "The document was not found.")
    packed = {"compressionAlgorithm": "GZIP"} if found.gzip else {}
    return Reply(200, {"feedDocumentId": found.document, "url": _address(request, found), **packed})


def upload(amazon: SimulatedAmazon, request: Request, body: bytes) -> Reply:
    """Take a document at its presigned address, as S3 does: the signature covers the content type."""
    found = _presigned(amazon, request)
    if found is None or request.headers.get("content-type") != found.content_type:
        return _denied("SignatureDoesNotMatch")
    if "content-length" not in request.headers:
        return _denied("MissingContentLength", 411)
    found.content = body
    return Reply(200, None)


def download(amazon: SimulatedAmazon, request: Request, body: bytes) -> Reply:
    """Give a document at its presigned address."""
    del body
    found = _presigned(amazon, request)
    if found is None or found.content is None:
        return _denied("AccessDenied")
    return Reply(200, found.content)


def _presigned(amazon: SimulatedAmazon, request: Request) -> SimulatedDocument | None:
    """Return the document of an address that is good. Headers that would be signed too are refused."""
    if "authorization" in request.headers or any(name.startswith("x-amz-") for name in request.headers):
        return None
    return amazon.feeds.at(request.path_params["document"], request.query_params.get("X-Amz-Signature", ""))


def _denied(code: str, status: int = 403) -> Reply:
    return Reply(status, f"<Error><Code>{code}</Code></Error>".encode())


def _address(request: Request, document: SimulatedDocument) -> str:
    where = f"{request.url.scheme}://{request.headers['host']}/_documents/{quote(document.document, safe='')}"
    return f"{where}?X-Amz-Expires={int(ADDRESS_LIFE.total_seconds())}&X-Amz-Signature={document.signature}"


def _feed(amazon: SimulatedAmazon, request: Request) -> SimulatedFeed:
    found = amazon.feeds.feed(unquote(request.path_params["feed"]))
    if found is None:
        raise Bad(404, "NotFound", "The feed was not found.")
    return found


def _found(amazon: SimulatedAmazon, fields: dict[str, str]) -> list[SimulatedFeed]:
    one_marketplace(fields, amazon.marketplace)
    statuses = words(fields, "processingStatuses", _STATUSES)
    since, until = time_of(fields, "createdSince"), time_of(fields, "createdUntil")
    found = [
        feed
        for feed in amazon.feeds.all()
        if (since is None or feed.created >= since)
        and (until is None or feed.created <= until)
        and (not statuses or feed.status in statuses)
    ]
    return sorted(found, key=_age, reverse=True)


def _age(feed: SimulatedFeed) -> tuple[str, str]:
    return (feed.created, feed.feed)


def _shown(amazon: SimulatedAmazon, feed: SimulatedFeed) -> dict[str, Any]:
    told = {
        "feedId": feed.feed,
        "feedType": feed.feed_type,
        "marketplaceIds": [amazon.marketplace],
        "createdTime": feed.created,
        "processingStatus": feed.status,
        "processingStartTime": feed.started,
        "processingEndTime": feed.ended,
        "resultFeedDocumentId": feed.result,
    }
    return {name: value for name, value in told.items() if value is not None}
