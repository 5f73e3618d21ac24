"""Buckets for tests: one for each, made when it is first opened."""

import hashlib
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

from adapters.s3.store import Bucket, S3Store
from runtime.embedded.s3_server import S3Address


def a_bucket(s3: S3Address, of: Path, **changes: Any) -> Bucket:
    """The bucket of a test, which is known by its folder."""
    bucket = Bucket(
        name=hashlib.sha256(str(of).encode()).hexdigest()[:20],
        region="us-east-1",
        endpoint_url=s3.url,
        access_key=s3.access_key,
        secret_key=s3.secret_key,
        create=True,
    )
    return replace(bucket, **changes)


def opened(s3: S3Address, of: Path, **changes: Any) -> AbstractAsyncContextManager[S3Store]:
    return S3Store.opened(a_bucket(s3, of, **changes))
