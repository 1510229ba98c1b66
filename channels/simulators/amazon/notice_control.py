"""The control routes of notifications: how they travel, where to, and which have arrived."""

from asyncio import to_thread

import msgspec
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from channels.simulators.amazon.market_control import refused, told
from channels.simulators.amazon.notices import NoticePlan
from channels.simulators.amazon.state import SimulatedAmazon


class _Address(BaseModel):
    """Where to post notifications to, with which headers besides; null for nowhere."""

    model_config = ConfigDict(extra="forbid")

    url: str | None = Field(pattern=r"^https?://")
    headers: dict[str, str] = {}


def notice_routes(amazon: SimulatedAmazon) -> list[Route]:
    """Return the routes."""

    async def arrived(request: Request) -> Response:
        after = request.query_params.get("after", "0")
        if not (after.isascii() and after.isdigit()):
            return told(422, "after is the number of the last notification seen")
        notices = amazon.notices.arrived(int(after))
        return JSONResponse(
            {
                "notifications": msgspec.to_builtins(notices),
                "posted": amazon.courier.posted,
                "given_up": amazon.courier.given_up,
            }
        )

    async def plan(request: Request) -> Response:
        try:
            asked = NoticePlan.model_validate_json(await request.body())
        except ValidationError as error:
            return refused(error)
        with amazon.lock:
            amazon.notices.plan = asked
        return Response(status_code=204)

    async def address(request: Request) -> Response:
        try:
            asked = _Address.model_validate_json(await request.body())
        except ValidationError as error:
            return refused(error)
        await to_thread(amazon.courier.deliver_to, asked.url, asked.headers)
        return Response(status_code=204)

    return [
        Route("/_simulator/notifications", arrived, methods=["GET"]),
        Route("/_simulator/notifications/plan", plan, methods=["PUT"]),
        Route("/_simulator/notifications/address", address, methods=["PUT"]),
    ]
