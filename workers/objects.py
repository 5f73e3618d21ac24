"""Where objects go: a bucket where one is configured, else a folder of this machine."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Final, Protocol

from adapters.folder import FolderStore
from runtime.settings import Settings
from runtime.store_settings import S3Settings

_MEGABYTE: Final = 1024 * 1024


class Objects(Protocol):
    """Keeps bytes under keys."""

    async def put(self, key: str, body: bytes, content_type: str) -> bool: ...

    async def put_file(self, key: str, source: Path, content_type: str) -> bool: ...

    async def get(self, key: str) -> bytes: ...

    async def exists(self, key: str) -> bool: ...

    async def delete(self, key: str) -> bool: ...

    async def keys(self, prefix: str) -> list[str]: ...


@asynccontextmanager
async def open_objects(settings: Settings) -> AsyncIterator[Objects]:
    """The object store while the context is open; any number of processes may have it open.

    Raises:
        UnavailableError: the bucket is not there or cannot be reached.
    """
    if settings.s3.bucket is None:
        yield FolderStore(settings.data_dir / "objects")
        return
    async with _opened(settings.s3, settings.s3.bucket) as store:
        yield store


def _opened(settings: S3Settings, name: str) -> AbstractAsyncContextManager[Objects]:
    from adapters.s3.store import Bucket, S3Store  # noqa: PLC0415  heavy, and only needed where a bucket is

    bucket = Bucket(
        name=name,
        region=settings.region,
        endpoint_url=settings.endpoint_url,
        access_key=settings.access_key,
        secret_key=settings.secret_key.get_secret_value() if settings.secret_key else None,
        create=settings.create_bucket,
        quota=int(settings.tenant_quota_mb * _MEGABYTE) if settings.tenant_quota_mb else None,
    )
    return S3Store.opened(bucket)
