"""S3's errors in our words, without keys and secrets: the codes and what to look at."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import aiohttp
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, ParamValidationError

from contracts.errors import PipelineError, RejectedError, UnavailableError

_ACCESS: Final = (
    "check POSTLOOM_S3__ACCESS_KEY and POSTLOOM_S3__SECRET_KEY, and what they may do in the bucket"
)
_PLACE: Final = "check POSTLOOM_S3__ENDPOINT_URL and POSTLOOM_S3__REGION"
#: Of the answers that say that a request is wrong, those that are about its way to the server.
_ON_THE_WAY: Final = frozenset(
    {"BadDigest", "IncompleteBody", "RequestTimeout", "XAmzContentSHA256Mismatch", "InternalError"}
)
_ELSEWHERE: Final = frozenset(
    {"AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "PermanentRedirect", "301"}
)
_ABSENT: Final = frozenset({"404", "NoSuchKey", "NotFound"})


@contextmanager
def our_errors(bucket: str, key: str = "") -> Iterator[None]:
    """Say it in our words.

    Raises:
        RejectedError: there is no such object, or the store will never take it.
        UnavailableError: the store did not answer, refuses us, or could not do it now.
    """
    try:
        yield
    except ClientError as error:
        raise _said(error, bucket, key) from error
    except (ParamValidationError, UnicodeEncodeError) as error:
        raise RejectedError(f"{key!r} cannot be stored in bucket {bucket}") from error
    except NoCredentialsError as error:
        raise UnavailableError(f"the object store is asked without a key: {_ACCESS}") from error
    except (BotoCoreError, aiohttp.ClientError, OSError) as error:
        raise UnavailableError(
            f"the object store does not answer ({type(error).__name__}): {_PLACE} if that lasts"
        ) from error


def is_absent(error: ClientError) -> bool:
    """Whether the answer says that there is nothing under that name."""
    return code_of(error) in _ABSENT


def code_of(error: ClientError) -> str:
    """Return the word by which S3 calls its error; of an answer without a body its status."""
    return str(error.response.get("Error", {}).get("Code", ""))


def no_bucket(bucket: str) -> UnavailableError:
    """Return what is said of a bucket that is not there."""
    return UnavailableError(
        f"there is no bucket {bucket}: make it, correct POSTLOOM_S3__BUCKET, or set POSTLOOM_S3__CREATE_BUCKET=true"
    )


def _said(error: ClientError, bucket: str, key: str) -> PipelineError:
    code, metadata = code_of(error), _metadata(error)
    status = int(metadata.get("HTTPStatusCode", 500))
    if code == "NoSuchBucket":
        return no_bucket(bucket)
    if is_absent(error):
        return RejectedError(f"no object {key} in bucket {bucket}")
    if status in {401, 403}:
        return UnavailableError(f"the object store refuses us ({code}): {_ACCESS} {bucket}")
    if code in _ELSEWHERE:
        return UnavailableError(f"bucket {bucket} is elsewhere ({code}): {_PLACE}")
    if status in {400, 405, 411, 413, 414} and code not in _ON_THE_WAY:
        return RejectedError(f"the object store will not take {key!r} ({code})")
    return UnavailableError(f"the object store could not do it ({code})")


def _metadata(error: ClientError) -> dict[str, Any]:
    found: dict[str, Any] = error.response.get("ResponseMetadata", {})
    return found
