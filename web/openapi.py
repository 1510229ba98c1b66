"""The description of the API: /openapi.json and the page that shows it, for everybody: they hold no data."""

from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse, JSONResponse, Response

from web import describing
from web.failing import declare

router = APIRouter(include_in_schema=False)

OPENAPI = "/openapi.json"
_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "a key of `syncstate keys create`"},
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-Api-Key", "description": "the same, in another header"},
}


@router.get(OPENAPI)
def get_description(request: Request) -> JSONResponse:
    """Return the OpenAPI document."""
    return JSONResponse(request.app.openapi())


@router.get("/docs")
def get_docs() -> HTMLResponse:
    """Return the page that shows the document and tries routes out."""
    return HTMLResponse(describing.PAGE, headers=describing.HEADERS)


@router.get("/docs/page.css")
def get_style() -> Response:
    """Return the page's style."""
    return Response(describing.STYLE, media_type="text/css", headers=describing.HEADERS)


@router.get("/docs/page.js")
def get_script() -> Response:
    """Return the page's script."""
    return Response(describing.SCRIPT, media_type="text/javascript", headers=describing.HEADERS)


def describe(app: FastAPI) -> None:
    """Have the application's document tell how a caller is known: by a key, or on this machine by nothing."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
            schema.setdefault("components", {})["securitySchemes"] = _SCHEMES
            declare(schema)
            schema["security"] = [{}, *({name: []} for name in _SCHEMES)]
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
