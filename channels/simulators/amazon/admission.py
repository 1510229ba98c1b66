"""Who may ask the small Amazon: with a user agent, a good token of the right kind, and not too often."""

from starlette.requests import Request

from channels.simulators.amazon.faults import Operation
from channels.simulators.amazon.requests import Bad
from channels.simulators.amazon.state import SimulatedAmazon


def admit(
    amazon: SimulatedAmazon,
    operation: Operation,
    request: Request,
    *,
    seller: str | None = None,
    grantless: bool = False,
) -> None:
    """Let a request pass, or raise Bad. `seller` is whom its path names, None where it names nobody."""
    if not request.headers.get("user-agent"):
        raise Bad(400, "InvalidInput", "Request is missing the user-agent header.")
    known = amazon.knows(request.headers.get("x-amz-access-token", ""), grantless=grantless)
    if not known or seller not in (None, amazon.seller_id):
        raise Bad(403, "Unauthorized", "Access to requested resource is denied.")
    if not amazon.admits(operation):
        raise Bad(429, "QuotaExceeded", "You exceeded your quota for the requested resource.")
