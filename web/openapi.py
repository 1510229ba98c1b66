"""The description of the API: /openapi.json and the page that shows it, for whoever may read."""

from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse, JSONResponse

from web.callers import Reader

router = APIRouter(include_in_schema=False)

OPENAPI = "/openapi.json"
_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "a key of `syncstate keys create`"},
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-Api-Key", "description": "the same, in another header"},
}


@router.get(OPENAPI)
def get_description(request: Request, caller: Reader) -> JSONResponse:
    """Return the OpenAPI document."""
    del caller
    return JSONResponse(request.app.openapi())


@router.get("/docs")
def get_docs(request: Request, caller: Reader) -> HTMLResponse:
    """Return the page that shows the document and tries routes out."""
    del caller
    return get_swagger_ui_html(openapi_url=OPENAPI, title=request.app.title)


def describe(app: FastAPI) -> None:
    """Have the application's document tell how a caller is known: by a key, or on this machine by nothing."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
            schema.setdefault("components", {})["securitySchemes"] = _SCHEMES
            schema["security"] = [{}, *({name: []} for name in _SCHEMES)]
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
