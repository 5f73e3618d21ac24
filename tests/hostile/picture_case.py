"""A picture that means harm: what it is called, how it is made, and what becomes of it."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class HostilePicture:
    """``mime`` is what its post says; ``seen`` is the format of what is looked at, ``refused`` why another is not."""

    name: str
    make: Callable[[], bytes]
    mime: str = "image/jpeg"
    seen: str | None = None
    refused: str | None = None


def too_many(name: str, make: Callable[[], bytes], mime: str = "image/jpeg") -> HostilePicture:
    return HostilePicture(name, make, mime, refused="too_many_pixels")


def broken(name: str, make: Callable[[], bytes], mime: str = "image/jpeg") -> HostilePicture:
    return HostilePicture(name, make, mime, refused="broken_picture")


def seen(format: str, name: str, make: Callable[[], bytes], mime: str = "image/jpeg") -> HostilePicture:
    return HostilePicture(name, make, mime, seen=format)


def svg(name: str, make: Callable[[], bytes], mime: str = "image/png") -> HostilePicture:
    return HostilePicture(name, make, mime, refused="unsupported_mime")
