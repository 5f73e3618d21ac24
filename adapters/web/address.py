"""Which addresses a link of a stranger may lead to."""

import re
import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

IPAddress = IPv4Address | IPv6Address

#: Whatever is not unicast on the public internet (IANA special-purpose registry, and 6to4's relay).
_NOT_PUBLIC_4: Final = tuple(
    IPv4Network(net)
    for net in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
        "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    )
)  # fmt: skip
#: Only this block is handed out; v4-mapped, NAT64, unique local, link-local and multicast lie outside of it.
_PUBLIC_6: Final = IPv6Network("2000::/3")
#: Special within it: protocol assignments with Teredo, documentation, 6to4.
_NOT_PUBLIC_6: Final = tuple(
    IPv6Network(net) for net in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)
_NUMBER: Final = re.compile(r"(0x[0-9a-f]*|[0-9]+)", re.IGNORECASE)


def forbidden(address: IPAddress) -> bool:
    """Whether no link may lead to ``address``: it is not unicast on the public internet."""
    if isinstance(address, IPv4Address):
        return any(address in net for net in _NOT_PUBLIC_4)
    if address.scope_id or address not in _PUBLIC_6:
        return True
    return any(address in net for net in _NOT_PUBLIC_6) or _is_isatap(address)


def is_number(host: str) -> bool:
    """Whether ``host`` is meant as an address: IPv6, or a last label that is decimal, octal or hexadecimal."""
    return ":" in host or _NUMBER.fullmatch(host.rstrip(".").rpartition(".")[2]) is not None


def spelled(host: str) -> IPAddress | None:
    """Return the address that ``host`` spells in any of the ways that inet_aton knows, None if in none of them."""
    try:
        return ip_address(host) if ":" in host else IPv4Address(socket.inet_aton(host.rstrip(".")))
    except (ValueError, OSError):
        return None


def _is_isatap(address: IPv6Address) -> bool:
    """An IPv4 address in the lower half, wherever the upper half leads to (RFC 5214)."""
    return (int(address) >> 32) & 0xFCFF_FFFF == 0x0000_5EFE
