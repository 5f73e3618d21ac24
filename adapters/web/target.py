"""Links as they are checked before anything is asked of a network."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import httpx

from adapters.web.address import forbidden, is_number, spelled
from contracts.errors import RefusedError
from domain.links import MAX_LENGTH

_PORTS: Final = {"http": 80, "https": 443}
_FORBIDDEN_CHARACTERS: Final = re.compile(r"[\x00-\x20\x7f\\]")
_AUTHORITY: Final = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://([^/?#]+)")
_LABEL: Final = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_MAX_HOST: Final = 253


@dataclass(frozen=True)
class Target:
    """Where a link leads: ``host`` is in ASCII and lower case; ``fixed`` is the address that the operator chose."""

    url: httpx.URL
    host: str
    port: int
    fixed: tuple[str, int] | None = None


class Rules:
    """Which links may be followed.

    ``overrides`` maps a host to the ``address:port`` that the operator vouches for.

    Raises:
        ValueError: an override is no ``address:port``.
    """

    def __init__(self, allowed: Iterable[str], denied: Iterable[str], overrides: Mapping[str, str]) -> None:
        self._allowed = tuple(_ascii(name) for name in allowed)
        self._denied = tuple(_ascii(name) for name in denied)
        self._overrides = {_ascii(name): _endpoint(value) for name, value in overrides.items()}

    def target(self, link: str) -> Target:
        """Return where ``link`` leads.

        Raises:
            RefusedError: nobody shall go there; says why.
        """
        url = _parsed(link.strip())
        host = url.raw_host.decode("ascii").lower().removesuffix(".")
        if url.scheme not in _PORTS:
            raise RefusedError("Only http and https links are read.", "scheme_not_allowed")
        fixed = self._overrides.get(host)
        port = url.port if url.port is not None else _PORTS[url.scheme]
        self._check_port(url, port, fixed)
        self._check_lists(host)
        if fixed is None:
            _check_name(host)
        return Target(url=url.copy_with(fragment=None, host=host), host=host, port=port, fixed=fixed)

    def _check_port(self, url: httpx.URL, port: int, fixed: tuple[str, int] | None) -> None:
        if fixed is not None and url.scheme != "http":
            raise RefusedError("A host with a chosen address is read over http only.", "scheme_not_allowed")
        if port not in _PORTS.values() and (fixed is None or port != fixed[1]):
            raise RefusedError(f"Port {port} is not read from.", "port_not_allowed")

    def _check_lists(self, host: str) -> None:
        if _covered(host, self._denied) or (self._allowed and not _covered(host, self._allowed)):
            raise RefusedError("The policy does not allow this host.", "host_denied")


def _parsed(link: str) -> httpx.URL:
    authority = _AUTHORITY.match(link)
    if len(link) > MAX_LENGTH or _FORBIDDEN_CHARACTERS.search(link):
        raise RefusedError("The link is too long or holds characters that no link has.", "bad_url")
    if authority and "@" in authority[1]:
        raise RefusedError("A link with a user name or a password is not followed.", "userinfo_not_allowed")
    try:
        url = httpx.URL(link)
    except (httpx.InvalidURL, ValueError) as error:
        raise RefusedError("The link cannot be read.", "bad_url") from error
    if not url.scheme or (url.scheme in _PORTS and (authority is None or not url.raw_host)):
        raise RefusedError("The link names no scheme or no host.", "bad_url")
    return url


def _check_name(host: str) -> None:
    if is_number(host):
        address = spelled(host)
        if address is not None and not forbidden(address):
            raise RefusedError("A link to an address instead of a name is not followed.", "host_denied")
        raise RefusedError("The link leads to an address that is not public.", "private_address")
    if len(host) > _MAX_HOST or not all(_LABEL.fullmatch(label) for label in host.split(".")):
        raise RefusedError("The link's host is no name.", "bad_url")
    if "." not in host or host.endswith((".localhost", ".local", ".internal", ".home.arpa")):
        raise RefusedError("The link leads to a name that is not public.", "private_address")


def _covered(host: str, names: tuple[str, ...]) -> bool:
    return any(host == name or host.endswith(f".{name}") for name in names)


def _ascii(name: str) -> str:
    """A name of the operator's as it is compared; what is no name stays as it is and matches nothing."""
    plain = name.strip().lower().removesuffix(".")
    try:
        return httpx.URL(scheme="http", host=plain).raw_host.decode("ascii")
    except (httpx.InvalidURL, ValueError):
        return plain


def _endpoint(value: str) -> tuple[str, int]:
    host, colon, port = value.rpartition(":")
    address = spelled(host.removeprefix("[").removesuffix("]"))
    if not colon or address is None or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError(f"{value!r} is no address:port")
    return str(address), int(port)
