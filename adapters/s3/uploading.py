"""Files on their way into a bucket: small ones at once, large ones part by part, so that memory stays flat."""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, Final

from botocore.exceptions import BotoCoreError, ClientError

from adapters.s3.encoding import content_md5, plain
from contracts.errors import UnavailableError

#: Bytes. A larger file goes in parts of this size; S3 takes ten thousand of them, none but the last below 5 MiB.
PART: Final = 8 * 2**20


async def upload(client: Any, place: dict[str, str], source: Path, content_type: str) -> None:
    """Store a file at ``place`` (Bucket and Key). It is there wholly or not at all.

    Raises:
        UnavailableError: the file cannot be read.
    """
    with await asyncio.to_thread(_opened, source) as file:
        first = await asyncio.to_thread(_part, file)
        if len(first) < PART:
            await client.put_object(**place, Body=first, **plain(first, content_type).headers)
        else:
            await _in_parts(client, place, file, first, content_type)


async def _in_parts(
    client: Any, place: dict[str, str], file: BinaryIO, first: bytes, content_type: str
) -> None:
    begun = await client.create_multipart_upload(**place, ContentType=content_type)
    upload = {**place, "UploadId": begun["UploadId"]}
    try:
        parts = await _parts(client, upload, file, first)
        await client.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    except BaseException:  # also a shutdown: parts of an upload that is not ended go on costing room
        with suppress(ClientError, BotoCoreError):
            await client.abort_multipart_upload(**upload)
        raise


async def _parts(client: Any, upload: dict[str, str], file: BinaryIO, first: bytes) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = []
    body = first
    while body:
        number = len(parts) + 1
        sent = await client.upload_part(**upload, PartNumber=number, Body=body, ContentMD5=content_md5(body))
        parts.append({"PartNumber": number, "ETag": sent["ETag"]})
        body = await asyncio.to_thread(_part, file)
    return parts


def _opened(source: Path) -> BinaryIO:
    try:
        return source.open("rb")
    except OSError as error:
        raise UnavailableError(f"a file cannot be read: {error}") from error


def _part(file: BinaryIO) -> bytes:
    try:
        return file.read(PART)
    except OSError as error:
        raise UnavailableError(f"a file cannot be read: {error}") from error
