"""Which keys objects may have, in whatever store."""

from pathlib import PurePosixPath

from contracts.errors import RejectedError


def parts_of(key: str) -> tuple[str, ...]:
    """Return the parts of a key that stays where it belongs, written in the one way there is.

    Raises:
        RejectedError: it would lead elsewhere, or is another way to write some other key.
    """
    parts = PurePosixPath(key).parts
    leads_away = key.startswith("/") or ".." in parts or "\x00" in key or "\\" in key
    if not parts or leads_away or "/".join(parts) != key:
        raise RejectedError(f"{key!r} cannot be the key of an object")
    return parts
