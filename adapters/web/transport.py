"""One request to one checked address: what was checked is what is connected to."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from ipaddress import ip_address
from typing import Final

import httpx

from adapters.web.address import forbidden
from adapters.web.target import Target
from contracts.errors import LinkFailedError, RefusedError

#: Gives the addresses of a host, as text. Raises socket.gaierror.
Resolver = Callable[[str, int], Awaitable[tuple[str, ...]]]
#: Opens what carries a request; its own checks of certificates are kept.
TransportFactory = Callable[[], httpx.AsyncBaseTransport]

_NO_SUCH_NAME: Final = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}
_MAX_ADDRESSES: Final = 3
_HEADERS: Final = {
    "User-Agent": "Mozilla/5.0 (compatible; postloom)",
    "Accept": "text/html,application/xhtml+xml,text/plain;q=0.8,*/*;q=0.1",
    "Accept-Language": "ru,en;q=0.8,*;q=0.5",
    "Accept-Encoding": "gzip",
    "Connection": "close",
}


async def system_resolver(host: str, port: int) -> tuple[str, ...]:
    """Return the addresses that the system knows for ``host``, IPv4 first; search domains are not tried."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(f"{host}.", port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in sorted(found, key=lambda entry: entry[0])))


def system_transport() -> TransportFactory:
    """Return what opens connections without proxies, redirects, cookies or anything from the environment."""
    trusted = httpx.create_ssl_context(trust_env=False)
    return lambda: httpx.AsyncHTTPTransport(verify=trusted, trust_env=False)


async def addresses(target: Target, resolve: Resolver) -> tuple[str, ...]:
    """Return the addresses that may be connected to, asked for once.

    Raises:
        RefusedError: there is no such host, or one of its addresses is not public.
        LinkFailedError: the name server did not answer.
    """
    if target.fixed is not None:
        return (target.fixed[0],)
    try:
        found = await resolve(target.host, target.port)
    except socket.gaierror as error:
        if error.errno in _NO_SUCH_NAME:
            raise RefusedError("There is no such host.", "dns_failure") from error
        raise LinkFailedError("The host's address could not be found out.", "dns_unavailable") from error
    if any(forbidden(ip_address(address)) for address in found):
        raise RefusedError("The link leads to an address that is not public.", "private_address")
    if not found:
        raise RefusedError("The host has no address.", "dns_failure")
    return found[:_MAX_ADDRESSES]


@asynccontextmanager
async def answer(
    target: Target, hosts: tuple[str, ...], open_transport: TransportFactory, timeout: float
) -> AsyncIterator[httpx.Response]:
    """Give the answer of the first of ``hosts`` that can be connected to; its body is not read yet.

    Raises:
        RefusedError: the certificate is not the host's.
        LinkFailedError: nobody answered, or not within ``timeout`` seconds.
    """
    with our_errors():
        async with open_transport() as transport:
            limits = httpx.Timeout(timeout, connect=timeout / len(hosts))
            response = await _first(transport, target, hosts, limits)
            try:
                yield response
            finally:
                await response.aclose()


async def _first(
    transport: httpx.AsyncBaseTransport, target: Target, hosts: tuple[str, ...], limits: httpx.Timeout
) -> httpx.Response:
    *others, last = hosts
    for host in others:
        try:
            return await transport.handle_async_request(_request(target, host, limits))
        except (httpx.ConnectError, httpx.ConnectTimeout):
            continue  # a host with several addresses is up when one of them is
    return await transport.handle_async_request(_request(target, last, limits))


def _request(target: Target, address: str, limits: httpx.Timeout) -> httpx.Request:
    """A request whose connection goes to ``address`` while Host and certificate stay those of the link."""
    port = target.fixed[1] if target.fixed else target.port
    extensions = {"sni_hostname": target.host, "timeout": limits.as_dict()}
    headers = {"Host": target.url.netloc.decode("ascii"), **_HEADERS}
    pinned = target.url.copy_with(host=address, port=port)
    return httpx.Request("GET", pinned, headers=headers, extensions=extensions)


@contextmanager
def our_errors() -> Iterator[None]:
    """Say it in our words.

    Raises:
        RefusedError: the certificate is not the host's.
        LinkFailedError: the site did not answer, or not properly.
    """
    try:
        yield
    except (httpx.TimeoutException, TimeoutError) as error:
        raise LinkFailedError("The site did not answer in time.", "timeout") from error
    except httpx.ConnectError as error:
        if _is_tls(error):
            raise RefusedError("The site's certificate is not to be trusted.", "tls_error") from error
        raise LinkFailedError("The site could not be connected to.", "connection") from error
    except (httpx.TransportError, OSError) as error:
        raise LinkFailedError("The site did not answer properly.", "connection") from error


def _is_tls(error: BaseException | None) -> bool:
    """Whether TLS itself failed; a connection that breaks off during it may hold the next time."""
    while error is not None and not isinstance(error, ssl.SSLError):
        error = error.__cause__ or error.__context__
    return error is not None and not isinstance(
        error, (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError)
    )
