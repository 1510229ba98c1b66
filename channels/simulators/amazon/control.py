"""The control routes: listings to look at and to set, the history, the counters, faults on command."""

import msgspec
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from channels.simulators.amazon.faults import Fault
from channels.simulators.amazon.state import MERCHANT, SimulatedAmazon


class _Listing(BaseModel):
    """A listing to create; `channel` null leaves untold who fulfils it."""

    model_config = ConfigDict(extra="forbid")

    quantity: int | None = Field(default=None, ge=0)
    channel: str | None = MERCHANT
    product_type: str = "PRODUCT"


def control_routes(amazon: SimulatedAmazon) -> list[Route]:
    """Return the routes under `/_simulator/`."""

    async def listings(request: Request) -> Response:
        del request
        return JSONResponse({"listings": msgspec.to_builtins(amazon.listings())})

    async def put_listing(request: Request) -> Response:
        try:
            asked = _Listing.model_validate_json(await request.body())
        except ValidationError as error:
            return _refused(error)
        sku = request.path_params["sku"]
        amazon.put_listing(sku, quantity=asked.quantity, channel=asked.channel, product_type=asked.product_type)
        return Response(status_code=204)

    async def history(request: Request) -> Response:
        del request
        return JSONResponse({"history": msgspec.to_builtins(amazon.history), "requests": amazon.requests})

    async def add_fault(request: Request) -> Response:
        try:
            amazon.faults.add(Fault.model_validate_json(await request.body()))
        except ValidationError as error:
            return _refused(error)
        return Response(status_code=204)

    async def clear_faults(request: Request) -> Response:
        del request
        amazon.faults.clear()
        return Response(status_code=204)

    return [
        Route("/_simulator/listings", listings, methods=["GET"]),
        Route("/_simulator/listings/{sku:path}", put_listing, methods=["PUT"]),
        Route("/_simulator/history", history, methods=["GET"]),
        Route("/_simulator/faults", add_fault, methods=["POST"]),
        Route("/_simulator/faults", clear_faults, methods=["DELETE"]),
    ]


def _refused(error: ValidationError) -> Response:
    return JSONResponse({"errors": error.errors(include_input=False, include_url=False, include_context=False)}, 422)
