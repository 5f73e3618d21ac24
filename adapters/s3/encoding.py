"""How bytes are stored: JSON and text compressed, as the object itself says; everything else as it is.

The one place that decides it. Readers that follow ``Content-Encoding`` need not know.
"""

import base64
import gzip
import hashlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from contracts.errors import RejectedError

#: The sha256 of an object's bytes before they were compressed, in its metadata: compressors differ.
CONTENT_HASH: Final = "content-sha256"


@dataclass(frozen=True)
class Stored:
    """Bytes as they are sent, and what is said with them."""

    body: bytes
    headers: Mapping[str, Any]
    content_hash: str

    def is_what(self, head: Mapping[str, Any] | None) -> bool:
        """Whether an object, by what HEAD told of it, has these bytes; None is no object."""
        if head is None:
            return False
        if known := head.get("Metadata", {}).get(CONTENT_HASH):
            return str(known) == self.content_hash
        tag, length = str(head["ETag"]), int(head["ContentLength"])
        return length == len(self.body) and tag.strip('"') == md5(self.body).hex()


def compressed(body: bytes, content_type: str) -> Stored:
    """Return ``body`` as it is stored."""
    if not (content_type == "application/json" or content_type.startswith("text/")):
        return plain(body, content_type)
    # Without a time: the same bytes are the same object.
    return _stored(body, gzip.compress(body, 6, mtime=0), content_type, {"ContentEncoding": "gzip"})


def plain(body: bytes, content_type: str) -> Stored:
    """Return ``body`` as it is."""
    return _stored(body, body, content_type, {})


def read(body: bytes, encoding: str | None) -> bytes:
    """Return what was stored.

    Raises:
        RejectedError: it is not what its encoding says.
    """
    if encoding != "gzip":
        return body
    try:
        return gzip.decompress(body)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise RejectedError(f"an object says that it is compressed, and is not: {error}") from error


def md5(body: bytes) -> bytes:
    """Return the digest that S3 compares what arrived with."""
    return hashlib.md5(body, usedforsecurity=False).digest()


def content_md5(body: bytes) -> str:
    """Return it as the header has it."""
    return base64.b64encode(md5(body)).decode()


def _stored(content: bytes, body: bytes, content_type: str, encoding: Mapping[str, str]) -> Stored:
    content_hash = hashlib.sha256(content).hexdigest()
    headers = {
        "ContentType": content_type,
        "ContentMD5": content_md5(body),
        "Metadata": {CONTENT_HASH: content_hash},
        **encoding,
    }
    return Stored(body, headers, content_hash)
