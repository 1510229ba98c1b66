"""The control routes: goods to look at and to set, sales, edits, the history, the counters, faults on command."""

import msgspec
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from channels.simulators.shopify.deliveries import Courier
from channels.simulators.shopify.faults import Fault
from channels.simulators.shopify.shelves import MAIN
from channels.simulators.shopify.state import SimulatedShopify


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Good(_Strict):
    """A good to create; `sku` null has none."""

    sku: str | None = None
    available: int | None = 0
    tracked: bool = True
    bundle: bool = False


class _Line(_Strict):
    """So many of a SKU."""

    sku: str
    quantity: int = Field(ge=1)


class _Order(_Strict):
    """A sale."""

    lines: list[_Line] = Field(min_length=1)
    location: str = MAIN


class _Edit(_Strict):
    """A level as somebody in the shop's admin sets it."""

    sku: str
    available: int
    location: str = MAIN


class _Settle(_Strict):
    """How many seconds the caller waits until nothing is pending."""

    settle: float = Field(default=0.0, ge=0, le=60)


def control_routes(shopify: SimulatedShopify, courier: Courier | None = None) -> list[Route]:
    """Return the routes under `/_simulator/`."""

    async def levels(request: Request) -> Response:
        del request
        skus = {good.item: good.sku for good in shopify.goods()}
        shown = [{"sku": skus[stock.item], **msgspec.to_builtins(stock)} for stock in shopify.stocked()]
        return JSONResponse({"levels": shown})

    async def put_good(request: Request) -> Response:
        asked = _Good.model_validate_json(await request.body())
        good = shopify.put_good(asked.sku, asked.available, tracked=asked.tracked, bundle=asked.bundle)
        return JSONResponse(msgspec.to_builtins(good), 201)

    async def sell(request: Request) -> Response:
        asked = _Order.model_validate_json(await request.body())
        order = shopify.sell([(line.sku, line.quantity) for line in asked.lines], asked.location)
        return JSONResponse({"order": str(order)}, 201)

    async def edit(request: Request) -> Response:
        asked = _Edit.model_validate_json(await request.body())
        shopify.edit(asked.sku, asked.available, asked.location)
        return Response(status_code=204)

    async def history(request: Request) -> Response:
        del request
        told = {"history": msgspec.to_builtins(shopify.history), "taken": shopify.taken, "asked": shopify.asked}
        return JSONResponse({**told, "requests": shopify.requests, "lowest_points": shopify.account.lowest})

    async def deliveries(request: Request) -> Response:
        seconds = _Settle.model_validate(dict(request.query_params)).settle
        if courier is None:
            return JSONResponse({"deliveries": {}, "settled": True})
        settled = await run_in_threadpool(courier.settled, seconds)
        return JSONResponse({"deliveries": courier.counts, "settled": settled})

    async def add_fault(request: Request) -> Response:
        shopify.faults.add(Fault.model_validate_json(await request.body()))
        return Response(status_code=204)

    async def clear_faults(request: Request) -> Response:
        del request
        shopify.faults.clear()
        return Response(status_code=204)

    return [
        Route("/_simulator/levels", levels, methods=["GET"]),
        Route("/_simulator/levels", edit, methods=["PUT"]),
        Route("/_simulator/goods", put_good, methods=["POST"]),
        Route("/_simulator/orders", sell, methods=["POST"]),
        Route("/_simulator/history", history, methods=["GET"]),
        Route("/_simulator/deliveries", deliveries, methods=["GET"]),
        Route("/_simulator/faults", add_fault, methods=["POST"]),
        Route("/_simulator/faults", clear_faults, methods=["DELETE"]),
    ]


async def unreadable(request: Request, error: Exception) -> Response:
    """Answer a request to a control route that makes no sense."""
    del request
    if isinstance(error, ValidationError):
        return JSONResponse(
            {"errors": error.errors(include_input=False, include_url=False, include_context=False)}, 422
        )
    return JSONResponse({"errors": f"no such SKU, or nothing of it there: {error}"}, 404)
