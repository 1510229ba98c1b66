"""What a caller is to us."""

import re
from dataclasses import dataclass
from typing import Literal

Role = Literal["read", "write", "admin"]
"""Each may do what those before it may."""

KEYLESS = "keyless"
"""The name of whoever sits at this machine, while there are no keys."""

_TENANT = re.compile("[a-z0-9-]{1,40}")
_RANK: dict[Role, int] = {"read": 0, "write": 1, "admin": 2}


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose data the request reads and writes, and as what.

    `name` is for logs: a key's id, or `operator`, `keyless`, `shop`. The `operator` may read the data folder, so every
    tenant is theirs.
    """

    tenant: str
    role: Role
    name: str
    operator: bool = False

    def may(self, role: Role) -> bool:
        """Tell whether the caller's role is at least `role`."""
        return _RANK[self.role] >= _RANK[role]


def tenant_named(text: str) -> str:
    """Return `text` as a tenant's name. Raises ValueError for any other text."""
    if not _TENANT.fullmatch(text):
        raise ValueError("a tenant is 1 to 40 of a-z, 0-9 and '-'")
    return text
