"""The control routes of what happens on the small Amazon by itself: time, sales, foreign edits, feeds."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Annotated

import msgspec
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from channels.simulators.amazon.feeds import FeedPace
from channels.simulators.amazon.orders import NoSuchStep, NotOffered, Status
from channels.simulators.amazon.state import SimulatedAmazon
from channels.simulators.amazon.traffic import TrafficPlan

Units = Annotated[dict[str, Annotated[int, Field(ge=1)]], Field(min_length=1)]
"""Units by SKU."""

_STEPS: dict[str, Status] = {"pay": "UNSHIPPED", "ship": "SHIPPED", "cancel": "CANCELLED"}


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Advance(_Asked):
    seconds: float = Field(ge=0, le=366 * 86400)


class _Edit(_Asked):
    sku: str
    quantity: int = Field(ge=0)


class _Purchase(_Asked):
    """Units by SKU."""

    lines: Units
    pending: bool = False


class _Step(_Asked):
    """What to do with an order. `lines`, units by SKU, cancels these alone."""

    restock: bool = True
    lines: Units | None = None


class _Pace(_Asked):
    """How fast feeds and single quantities go, in seconds; what is left out stays."""

    queued: float | None = Field(default=None, ge=0)
    processing: float | None = Field(default=None, ge=0)
    settles: float | None = Field(default=None, ge=0)
    gzip_reports: bool | None = None


Act = Callable[[SimulatedAmazon, bytes, Mapping[str, str]], object]
"""Does what a control route is for, given the body and the words of the path. Returns the answer, None for none."""


def market_routes(amazon: SimulatedAmazon) -> list[Route]:
    """Return the routes."""
    acts: list[tuple[str, str, Act]] = [
        ("GET", "time", _show_time),
        ("POST", "time", _advance),
        ("POST", "edits", _edit),
        ("GET", "orders", _orders),
        ("POST", "orders", _buy),
        ("POST", "orders/{order}/{step}", _step),
        ("PUT", "traffic", _traffic),
        ("GET", "feeds", _feeds),
        ("PUT", "pace", _set_pace),
    ]
    return [Route(f"/_simulator/{path}", _served(amazon, act), methods=[method]) for method, path, act in acts]


def _served(amazon: SimulatedAmazon, act: Act) -> Callable[[Request], Awaitable[Response]]:
    async def serve(request: Request) -> Response:
        try:
            answer = act(amazon, await request.body(), request.path_params)
        except ValidationError as error:
            return refused(error)
        except (NotOffered, NoSuchStep) as error:
            return told(409, str(error))
        except KeyError as error:
            return told(404, f"there is no {error}")
        return Response(status_code=204) if answer is None else JSONResponse(answer)

    return serve


def _show_time(amazon: SimulatedAmazon, body: bytes = b"", words: Mapping[str, str] | None = None) -> object:
    del body, words
    with amazon.lock:
        return {"now": amazon.time.now()}


def _advance(amazon: SimulatedAmazon, body: bytes, words: Mapping[str, str]) -> object:
    del words
    amazon.advance(timedelta(seconds=_Advance.model_validate_json(body).seconds))
    return _show_time(amazon)


def _edit(amazon: SimulatedAmazon, body: bytes, words: Mapping[str, str]) -> None:
    del words
    asked = _Edit.model_validate_json(body)
    amazon.shelf.edit(asked.sku, asked.quantity)


def _orders(amazon: SimulatedAmazon, body: bytes, words: Mapping[str, str]) -> object:
    del body, words
    amazon.run()
    return {"orders": msgspec.to_builtins(amazon.orders.all())}


def _buy(amazon: SimulatedAmazon, body: bytes, words: Mapping[str, str]) -> object:
    del words
    asked = _Purchase.model_validate_json(body)
    return {"order": amazon.orders.buy(asked.lines, pending=asked.pending)}


def _step(amazon: SimulatedAmazon, body: bytes, words: Mapping[str, str]) -> None:
    asked = _Step.model_validate_json(body or b"{}")
    status = _STEPS[words["step"]]
    if status == "CANCELLED" and asked.lines is not None:
        amazon.orders.reduce(words["order"], asked.lines, restock=asked.restock)
    else:
        amazon.orders.step(words["order"], status, restock=asked.restock)


def _traffic(amazon: SimulatedAmazon, body: bytes, words: Mapping[str, str]) -> None:
    del words
    amazon.traffic.follow(TrafficPlan.model_validate_json(body))


def _feeds(amazon: SimulatedAmazon, body: bytes, words: Mapping[str, str]) -> object:
    del body, words
    amazon.run()
    return {"feeds": msgspec.to_builtins(amazon.feeds.all())}


def _set_pace(amazon: SimulatedAmazon, body: bytes, words: Mapping[str, str]) -> None:
    del words
    asked = _Pace.model_validate_json(body)
    with amazon.lock:
        pace = amazon.feeds.pace
        amazon.feeds.pace = FeedPace(
            pace.queued if asked.queued is None else timedelta(seconds=asked.queued),
            pace.processing if asked.processing is None else timedelta(seconds=asked.processing),
        )
        if asked.settles is not None:
            amazon.shelf.settles = timedelta(seconds=asked.settles)
        if asked.gzip_reports is not None:
            amazon.feeds.gzip_reports = asked.gzip_reports


def refused(error: ValidationError) -> Response:
    """Answer what is wrong with a body."""
    return JSONResponse({"errors": error.errors(include_input=False, include_url=False, include_context=False)}, 422)


def told(status: int, message: str) -> Response:
    """Answer why something cannot be done."""
    return JSONResponse({"errors": [{"msg": message}]}, status)
