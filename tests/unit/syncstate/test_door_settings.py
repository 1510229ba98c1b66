"""The ways in read their few settings themselves: they must be those of everybody else."""

from collections.abc import Mapping

import pytest
from pydantic import ValidationError

from ingest.door import LIMIT, SIGNED_LIMIT
from syncstate.configuration import names_of
from syncstate.lambdas import doors
from syncstate.lambdas.environment import VARIABLES, DoorSettings, door_settings
from syncstate.settings import Settings
from web import body

SHOPS = '{"A.myshopify.com": ["one"], "b.myshopify.com": {"tenant": "acme", "secrets": ["two", "three"]}}'


def test_each_variable_sets_what_it_sets_elsewhere() -> None:
    assert set(VARIABLES) == set(DoorSettings.model_fields)
    for name, variables in VARIABLES.items():
        assert list(variables) == names_of(name, Settings.model_fields[name])
        assert DoorSettings.model_fields[name].get_default(call_default_factory=True, validated_data={}) == (
            Settings.model_fields[name].get_default(call_default_factory=True, validated_data={})
        )


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"SYNCSTATE_TENANT": "acme", "SYNCSTATE_DYNAMODB_PREFIX": "p-", "SYNCSTATE_BUFFER_QUEUE": "https://q"},
        {"SYNCSTATE_SHOPIFY_SECRETS": SHOPS, "SYNCSTATE_AWS_SECRET": "syncstate/shops"},
        {"SHOPIFY_WEBHOOK_SECRET": " hush\n", "SYNCSTATE_TENANT": ""},
        {"SHOPIFY_WEBHOOK_SECRET": "theirs", "SYNCSTATE_SHOPIFY_WEBHOOK_SECRET": "ours"},
        {"DYNAMODB_LOCAL_ENDPOINT": "http://127.0.0.1:1", "SYNCSTATE_SHOPIFY_SECRETS": ""},
    ],
)
def test_what_is_read_is_what_the_settings_read(environ: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (variable for variables in VARIABLES.values() for variable in variables):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    found, wanted = door_settings(environ), Settings(store="dynamodb")
    assert {name: getattr(found, name) for name in VARIABLES} == {name: getattr(wanted, name) for name in VARIABLES}


@pytest.mark.parametrize(
    "text", ["no JSON", "[]", '{"a": []}', '{"a": [""]}', '{"a": ["x", "y", "secret-z"]}', '{"a": 1}']
)
def test_what_is_no_registration_is_refused_and_not_told(text: str) -> None:
    with pytest.raises(ValidationError) as refused:
        door_settings({"SYNCSTATE_SHOPIFY_SECRETS": text})
    assert "secret-z" not in str(refused.value)


def test_bodies_are_as_long_as_in_the_http_api() -> None:
    assert (LIMIT, SIGNED_LIMIT) == (256 * 1024, 4 * 1024 * 1024)
    assert (doors.LIMIT, doors.SIGNED_LIMIT, body.LIMIT) == (LIMIT, SIGNED_LIMIT, LIMIT)  # type: ignore[attr-defined]
