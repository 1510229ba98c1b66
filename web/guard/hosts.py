"""Whether a request comes from this very machine, by its address and by the name it calls us."""

from functools import lru_cache
from ipaddress import IPv6Address, ip_address


@lru_cache(maxsize=256)
def is_loopback(address: str) -> bool:
    """Tell whether an address or host name, without a port, is this machine's own and no other machine's."""
    try:
        found = ip_address(address)
    except ValueError:
        return address.lower() == "localhost"
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return (mapped or found).is_loopback


@lru_cache(maxsize=256)
def is_local(host: str) -> bool:
    """Tell whether a Host header, with or without a port, names this machine.

    A page of another site can make its own name lead to this machine (DNS rebinding); its requests carry that name.
    """
    if host.startswith("["):
        name, closing, port = host[1:].partition("]")
        return bool(closing) and (not port or _is_port(port)) and ":" in name and is_loopback(name)
    name, colon, port = host.partition(":")
    return (not colon or port.isdecimal()) and is_loopback(name)


def _is_port(text: str) -> bool:
    return text.startswith(":") and text[1:].isdecimal()
