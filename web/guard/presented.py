"""The key that a request presents."""

from collections.abc import Mapping

TENANT_HEADER = "x-syncstate-tenant"


def presented_in(headers: Mapping[str, str]) -> str | None:
    """Return the key in the headers, whose names are in lower case; None where there is none."""
    scheme, _, text = headers.get("authorization", "").partition(" ")
    return text.strip() if scheme.lower() == "bearer" else headers.get("x-api-key")
