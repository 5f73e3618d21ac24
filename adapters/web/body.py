"""A page's bytes, never more than the policy allows, packed or not."""

import zlib
from typing import Final

import httpx

from adapters.web.transport import our_errors
from contracts.errors import LinkFailedError, RefusedError

_EITHER: Final = zlib.MAX_WBITS | 32  # gzip or zlib, told by the first bytes
_PACKED: Final = {"gzip", "x-gzip", "deflate"}


async def body_of(response: httpx.Response, limit: int) -> bytes:
    """Return the body, unpacked; at most ``limit`` bytes are held at any time, before and after unpacking.

    Raises:
        RefusedError: it is larger than that, or packed in another way than asked for.
        LinkFailedError: it broke off.
    """
    declared = response.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > limit:
        raise _too_large(limit)
    unpack = _unpacker(response.headers.get("content-encoding", "").strip().lower())
    body, received = bytearray(), 0
    with our_errors():
        async for chunk in response.aiter_raw():
            received += len(chunk)
            body += _unpacked(unpack, chunk, limit + 1 - len(body))
            if max(received, len(body)) > limit:
                raise _too_large(limit)
    return bytes(body)


def _unpacker(coding: str) -> "zlib._Decompress | None":
    if coding in {"", "identity"}:
        return None
    if coding not in _PACKED:
        raise RefusedError("The page is packed in a way that was not asked for.", "content_type")
    return zlib.decompressobj(_EITHER)


def _unpacked(unpack: "zlib._Decompress | None", chunk: bytes, room: int) -> bytes:
    if unpack is None:
        return chunk
    try:
        return unpack.decompress(chunk, room)
    except zlib.error as error:
        raise LinkFailedError("The page cannot be unpacked.", "connection") from error


def _too_large(limit: int) -> RefusedError:
    return RefusedError(f"The page has more than {limit} bytes.", "too_large")
