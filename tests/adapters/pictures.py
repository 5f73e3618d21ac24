"""Pictures for tests, in whatever form is wanted."""

from io import BytesIO
from typing import Any

from PIL import Image


def encoded(image: Image.Image, format: str, **options: Any) -> bytes:
    """The bytes of a picture."""
    body = BytesIO()
    image.save(body, format, **options)
    return body.getvalue()


def a_png(size: tuple[int, int] = (64, 48), colour: str = "red") -> bytes:
    """A plain one."""
    return encoded(Image.new("RGB", size, colour), "PNG")


def an_animation(format: str) -> bytes:
    """Three frames: red, green, blue."""
    frames = [Image.new("RGB", (64, 48), colour) for colour in ("red", "green", "blue")]
    return encoded(frames[0], format, save_all=True, append_images=frames[1:])
