"""A marketplace is asked at its own region's endpoint."""

import pytest

from channels.amazon.regions import EUROPE, FAR_EAST, NORTH_AMERICA, endpoint_of


@pytest.mark.parametrize(
    ("marketplace", "endpoint"),
    [
        ("ATVPDKIKX0DER", NORTH_AMERICA),
        ("A2EUQ1WTGCTBG2", NORTH_AMERICA),
        ("A1PA6795UKMFR9", EUROPE),
        ("A21TJRUUN4KGV", EUROPE),
        ("A1VC38T7YXB528", FAR_EAST),
        ("not known yet", NORTH_AMERICA),
    ],
)
def test_a_marketplace_has_an_endpoint(marketplace: str, endpoint: str) -> None:
    assert endpoint_of(marketplace) == endpoint
