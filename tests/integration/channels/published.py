"""Amazon's own description of its API, where it is at hand: read in place, never copied."""

from pathlib import Path
from typing import Any

import msgspec

FOLDER = Path(__file__).resolve().parents[3].parent / "shared" / "sp-api-models"
LISTINGS = FOLDER / "listingsItems_2021-08-01.json"
ITEM_PATH = "/listings/2021-08-01/items/{sellerId}/{sku}"
MISSING = "Amazon's published models are not at hand: what needs them is left out"

_KINDS: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}


class Published:
    """One published model (Swagger 2.0), as far as these tests need one."""

    def __init__(self, path: Path = LISTINGS) -> None:
        self._model: dict[str, Any] = msgspec.json.decode(path.read_bytes())

    @property
    def paths(self) -> dict[str, Any]:
        found: dict[str, Any] = self._model["paths"]
        return found

    def operation(self, method: str) -> dict[str, Any]:
        found: dict[str, Any] = self._model["paths"][ITEM_PATH][method]
        return found

    def parameters(self, method: str, place: str) -> dict[str, dict[str, Any]]:
        return {p["name"]: p for p in self.operation(method)["parameters"] if p["in"] == place}

    def request_schema(self, method: str) -> dict[str, Any]:
        found: dict[str, Any] = self.parameters(method, "body")["body"]["schema"]
        return found

    def answer_schema(self, method: str, status: int) -> dict[str, Any]:
        found: dict[str, Any] = self.operation(method)["responses"][str(status)]["schema"]
        return found

    def faults(self, value: object, schema: dict[str, Any], at: str = "$") -> list[str]:
        """Return how `value` breaks `schema`; fields that the model does not know are faults too."""
        if "$ref" in schema:
            return self.faults(value, self._model["definitions"][schema["$ref"].rpartition("/")[2]], at)
        kind = schema.get("type", "object")
        if not isinstance(value, _KINDS[kind]) or (isinstance(value, bool) and kind != "boolean"):
            return [f"{at}: {value!r} is no {kind}"]
        found = [f"{at}: {value!r} is none of {schema['enum']}"] if value not in schema.get("enum", [value]) else []
        if isinstance(value, dict):
            found += self._object_faults(value, schema, at)
        elif isinstance(value, list):
            if len(value) < schema.get("minItems", 0):
                found.append(f"{at}: too short")
            for place, item in enumerate(value):
                found += self.faults(item, schema["items"], f"{at}[{place}]")
        elif isinstance(value, int) and value < schema.get("minimum", value):
            found.append(f"{at}: {value} is too small")
        return found

    def _object_faults(self, value: dict[str, Any], schema: dict[str, Any], at: str) -> list[str]:
        known: dict[str, Any] = schema.get("properties", {})
        found = [f"{at}: {name} is missing" for name in schema.get("required", []) if name not in value]
        for name, item in value.items():
            if name in known:
                found += self.faults(item, known[name], f"{at}.{name}")
            elif not schema.get("additionalProperties"):
                found.append(f"{at}: {name} is not in the model")
        return found
