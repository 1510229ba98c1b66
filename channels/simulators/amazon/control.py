"""The control routes: listings to look at and to set, the history, the counters, faults on command."""

import msgspec
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from channels.simulators.amazon.faults import LIMITED, Fault
from channels.simulators.amazon.market_control import market_routes, refused
from channels.simulators.amazon.notice_control import notice_routes
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
            return refused(error)
        sku = request.path_params["sku"]
        amazon.put_listing(sku, quantity=asked.quantity, channel=asked.channel, product_type=asked.product_type)
        return Response(status_code=204)

    async def history(request: Request) -> Response:
        del request
        return JSONResponse({"history": msgspec.to_builtins(amazon.history), "requests": amazon.requests})

    async def limits(request: Request) -> Response:
        del request
        return JSONResponse(_limits(amazon))

    async def add_fault(request: Request) -> Response:
        try:
            amazon.faults.add(Fault.model_validate_json(await request.body()))
        except ValidationError as error:
            return refused(error)
        return Response(status_code=204)

    async def clear_faults(request: Request) -> Response:
        del request
        amazon.faults.clear()
        return Response(status_code=204)

    return [
        Route("/_simulator/listings", listings, methods=["GET"]),
        Route("/_simulator/listings/{sku:path}", put_listing, methods=["PUT"]),
        Route("/_simulator/history", history, methods=["GET"]),
        Route("/_simulator/limits", limits, methods=["GET"]),
        Route("/_simulator/faults", add_fault, methods=["POST"]),
        Route("/_simulator/faults", clear_faults, methods=["DELETE"]),
        *market_routes(amazon),
        *notice_routes(amazon),
    ]


def _limits(amazon: SimulatedAmazon) -> dict[str, object]:
    """Tell of each operation how often it may be asked, was asked, and was asked too often."""
    requests, passed = amazon.requests, amazon.refused
    operations = {
        name: {
            "per_second": amazon.limits[operation].rate.per_second,
            "burst": amazon.limits[operation].rate.burst,
            "requests": requests.get(operation, 0),
            "over_limit": passed.get(operation, 0),
        }
        for operation, name in LIMITED.items()
    }
    return {"operations": operations, "ever_over_limit": bool(passed)}
