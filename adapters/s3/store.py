"""Objects in a bucket of S3, or of whatever speaks it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import aioboto3
from aiobotocore.config import AioConfig
from botocore.exceptions import ClientError

from adapters.object_keys import parts_of
from adapters.s3 import encoding
from adapters.s3.errors import code_of, is_absent, no_bucket, our_errors
from adapters.s3.quota import Quota
from adapters.s3.uploading import upload

#: One attempt, within seconds: whoever asked us tries again. Checksums only where S3 demands them: not all speak them.
_CONFIG: Final = AioConfig(
    signature_version="s3v4",
    s3={"addressing_style": "path"},
    retries={"total_max_attempts": 1, "mode": "standard"},
    connect_timeout=5,
    read_timeout=30,
    max_pool_connections=32,
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)


@dataclass(frozen=True)
class Bucket:
    """Where objects go. Without an endpoint Amazon's; without keys those that the machine has."""

    name: str
    region: str
    endpoint_url: str | None = None
    access_key: str | None = None
    secret_key: str | None = field(default=None, repr=False)
    create: bool = False
    #: Bytes that one tenant may keep.
    quota: int | None = None


class S3Store:
    """Keeps each object under its key in one bucket; an object is either whole or not there."""

    def __init__(self, client: Any, bucket: Bucket) -> None:
        self._client, self._bucket = client, bucket.name
        self._quota = Quota(self._size, bucket.quota) if bucket.quota is not None else None

    @classmethod
    @asynccontextmanager
    async def opened(cls, bucket: Bucket) -> AsyncIterator["S3Store"]:
        """The store while the context is open: one client for the process.

        Raises:
            UnavailableError: the store does not answer or refuses us, or there is no such bucket.
        """
        session = aioboto3.Session(
            aws_access_key_id=bucket.access_key,
            aws_secret_access_key=bucket.secret_key,
            region_name=bucket.region,
        )
        async with session.client("s3", endpoint_url=bucket.endpoint_url, config=_CONFIG) as client:
            await _find(client, bucket)
            store = cls(client, bucket)
            try:
                yield store
            finally:
                await store.close()

    async def close(self) -> None:
        """Give up what goes on by itself: counts of what tenants keep."""
        if self._quota:
            await self._quota.close()

    async def put(self, key: str, body: bytes, content_type: str) -> bool:
        """Store ``body`` in place of what the key had; False when that was the same bytes.

        Raises:
            RefusedError: the tenant has no room for it (``quota``).
            RejectedError: the store will never take the key or the body.
            UnavailableError: the store did not take it now.
        """
        place = self._place(key)
        stored = await asyncio.to_thread(encoding.compressed, body, content_type)
        with our_errors(self._bucket, key):
            if stored.is_what(await self._head(place)):
                return False
            await self._admit(key, len(stored.body))
            await self._client.put_object(**place, Body=stored.body, **stored.headers)
        return True

    async def put_file(self, key: str, source: Path, content_type: str) -> bool:
        """Store a copy of ``source``, in parts; False when an object of that key and size is there already.

        For keys that follow from the content: there the same size is the same file, written whole. Raises as ``put``.
        """
        place = self._place(key)
        size = (await asyncio.to_thread(source.stat)).st_size
        with our_errors(self._bucket, key):
            head = await self._head(place)
            if head and head["ContentLength"] == size:
                return False
            await self._admit(key, size)
            await upload(self._client, place, source, content_type)
        return True

    async def get(self, key: str) -> bytes:
        """Return the object's bytes.

        Raises:
            RejectedError: there is no such object.
            UnavailableError: the store did not answer.
        """
        with our_errors(self._bucket, key):
            answer = await self._client.get_object(**self._place(key))
            async with answer["Body"] as stream:
                body: bytes = await stream.read()
        return encoding.read(body, answer.get("ContentEncoding"))

    async def exists(self, key: str) -> bool:
        """Whether the object is there.

        Raises:
            UnavailableError: the store did not answer, or the whole bucket is gone.
        """
        with our_errors(self._bucket, key):
            if await self._head(self._place(key)):
                return True
        await self._check_bucket()
        return False

    async def delete(self, key: str) -> bool:
        """Remove the object; False when there was none."""
        place = self._place(key)
        with our_errors(self._bucket, key):
            if not await self._head(place):
                return False
            await self._client.delete_object(**place)
        return True

    async def keys(self, prefix: str) -> list[str]:
        """Return the keys that begin with ``prefix``, sorted."""
        with our_errors(self._bucket):
            return sorted([found["Key"] async for found in self._listed(prefix)])

    def _place(self, key: str) -> dict[str, str]:
        parts_of(key)
        return {"Bucket": self._bucket, "Key": key}

    async def _head(self, place: Mapping[str, str]) -> Mapping[str, Any] | None:
        try:
            head: Mapping[str, Any] = await self._client.head_object(**place)
        except ClientError as error:
            if is_absent(error):
                return None
            raise
        return head

    async def _listed(self, prefix: str) -> AsyncIterator[Mapping[str, Any]]:
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        async for page in pages:
            for found in page.get("Contents", ()):
                yield found

    async def _size(self, prefix: str) -> int:
        size = 0
        async for found in self._listed(prefix):
            size += found["Size"]
        return size

    async def _admit(self, key: str, size: int) -> None:
        if self._quota:
            await self._quota.admit(key, size)

    async def _check_bucket(self) -> None:
        """Tell an object that is not there from a bucket that is not there."""
        with our_errors(self._bucket):
            if not await _is_there(self._client, self._bucket):
                raise no_bucket(self._bucket)


async def _find(client: Any, bucket: Bucket) -> None:
    with our_errors(bucket.name):
        if await _is_there(client, bucket.name):
            return
        if not bucket.create:
            raise no_bucket(bucket.name)
        await _create(client, bucket)


async def _is_there(client: Any, name: str) -> bool:
    try:
        await client.head_bucket(Bucket=name)
    except ClientError as error:
        if is_absent(error):
            return False
        raise
    return True


async def _create(client: Any, bucket: Bucket) -> None:
    # Amazon's first region is the one that must not be named.
    where = {} if bucket.region == "us-east-1" else {"LocationConstraint": bucket.region}
    try:
        await client.create_bucket(
            Bucket=bucket.name, **({"CreateBucketConfiguration": where} if where else {})
        )
    except ClientError as error:
        if code_of(error) != "BucketAlreadyOwnedByYou":  # another process was quicker
            raise
