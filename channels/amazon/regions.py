"""Which of Amazon's three endpoints serves a marketplace.

Source: Selling Partner API, "SP-API endpoints" and "Marketplace IDs".
"""

NORTH_AMERICA = "https://sellingpartnerapi-na.amazon.com"
EUROPE = "https://sellingpartnerapi-eu.amazon.com"
FAR_EAST = "https://sellingpartnerapi-fe.amazon.com"

_EUROPE = frozenset(
    {
        "A28R8C7NBKEWEA",  # Ireland
        "A1RKKUPIHCS9HS",  # Spain
        "A1F83G8C2ARO7P",  # United Kingdom
        "A13V1IB3VIYZZH",  # France
        "AMEN7PMS3EDWL",  # Belgium
        "A1805IZSGTT6HS",  # Netherlands
        "A1PA6795UKMFR9",  # Germany
        "APJ6JRA9NG5V4",  # Italy
        "A2NODRKZP88ZB9",  # Sweden
        "AE08WJ6YKNBMC",  # South Africa
        "A1C3SOZRARQ6R3",  # Poland
        "ARBP9OOSHTCHU",  # Egypt
        "A33AVAJ2PDY3EV",  # Turkey
        "A17E79C6D8DWNP",  # Saudi Arabia
        "A2VIGQ35RCS4UG",  # United Arab Emirates
        "A21TJRUUN4KGV",  # India
    }
)
_FAR_EAST = frozenset(
    {
        "A19VAU5U5O7RUS",  # Singapore
        "A39IBJ37TRP1C6",  # Australia
        "A1VC38T7YXB528",  # Japan
    }
)


def endpoint_of(marketplace: str) -> str:
    """Return the endpoint that serves `marketplace`; North America's for one that is not known."""
    if marketplace in _EUROPE:
        return EUROPE
    return FAR_EAST if marketplace in _FAR_EAST else NORTH_AMERICA
