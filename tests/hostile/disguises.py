"""Pictures that are something else, or less than they say."""

from typing import Final

from PIL import Image

from tests.hostile import making as make
from tests.hostile.picture_case import broken, seen

_JS: Final = b"=1;alert(document.cookie)//"
_ZIP: Final = b"PK\x03\x04\x14\0\0\0\x08\0evil.exe" + b"\0" * 40 + b"PK\x05\x06" + b"\0" * 18
_PDF: Final = b"%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj\n"


def _noise() -> Image.Image:
    return Image.effect_noise((640, 480), 60).convert("RGB")


def _half(body: bytes) -> bytes:
    return body[: len(body) // 2]


DISGUISES: Final = (
    seen("gif", "gif that is a script", lambda: make.red("GIF", mode="P") + b"/*" + _JS, "image/gif"),
    broken("script that begins like a gif", lambda: b"GIF89a/*" + _JS * 100, "image/gif"),
    seen("jpeg", "jpeg that is an archive", lambda: make.red("JPEG") + _ZIP),
    seen(
        "jpeg",
        "jpeg with a page in its comment",
        lambda: make.jpeg_with(make.segment(0xFE, b"<script>alert(1)</script>")),
    ),
    seen(
        "png",
        "png that is a program of a server",
        lambda: make.red("PNG") + b"<?php system($_GET['c']); ?>",
        "image/png",
    ),
    broken("archive that is a png", lambda: _ZIP + make.red("PNG"), "image/png"),
    broken("document that is a jpeg", lambda: _PDF + make.red("JPEG")),
    broken("postscript", lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n", "image/png"),
    broken(
        "page that says it is a picture", lambda: b"<!doctype html><html><body>404</body></html>", "image/png"
    ),
    broken("program that says it is a picture", lambda: b"MZ\x90\0" + b"\0" * 1000),
    broken("film that says it is a picture", lambda: b"\0\0\0\x20ftypisom" + b"\0" * 1000, "image/gif"),
    broken("heic that says it is a jpeg", lambda: b"\0\0\0\x18ftypheic" + b"\0" * 1000),
    broken("icon", lambda: b"\0\0\x01\0\x01\0\xff\xff\0\0\x01\0\x20\0\0\0\0\x10" + b"\0" * 100, "image/png"),
    broken("drawing of photoshop", lambda: b"8BPS\0\x01" + b"\0" * 100, "image/tiff"),
    seen("png", "png that says it is a jpeg", lambda: make.red("PNG"), "image/jpeg"),
    seen("webp", "webp that says it is a gif", lambda: make.red("WEBP"), "image/gif"),
)

DAMAGED: Final = (
    broken("nothing", lambda: b""),
    broken("one byte", lambda: b"\xff"),
    broken("a thousand zeros", lambda: b"\0" * 1000),
    broken("60 MB of zeros", lambda: b"\0" * 60_000_000),
    broken("60 MB after the beginning of a jpeg", lambda: b"\xff\xd8\xff\xe0" + b"\x5a" * 60_000_000),
    broken("60 MB after the beginning of a png", lambda: make.PNG + b"\x5a" * 60_000_000, "image/png"),
    broken("the beginning of a jpeg", lambda: b"\xff\xd8\xff\xe0"),
    broken("the beginning of a gif", lambda: b"GIF89a", "image/gif"),
    broken("the beginning of a webp", lambda: b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
    broken("the beginning of a tiff", lambda: b"II*\0\x08\0\0\0", "image/tiff"),
    broken("half a jpeg", lambda: _half(make.encoded(_noise(), "JPEG"))),
    broken("half a png", lambda: _half(make.encoded(_noise(), "PNG")), "image/png"),
    broken("half a webp", lambda: _half(make.encoded(_noise(), "WEBP")), "image/webp"),
    broken("half a tiff", lambda: _half(make.encoded(_noise(), "TIFF")), "image/tiff"),
    broken(
        "png without pixels",
        lambda: make.png_head(10, 10) + make.chunk(b"IDAT") + make.chunk(b"IEND"),
        "image/png",
    ),
    broken("png of no size", lambda: make.png_head(0, 0) + make.chunk(b"IDAT"), "image/png"),
    broken(
        "png whose chunk says it has 4 GB",
        lambda: make.png_head(10, 10) + b"\xff\xff\xff\xffIDAT" + b"\0" * 100,
    ),
    broken(
        "bmp that says it has far more than it has", lambda: make.bmp(5000, 5000, b"\0" * 10), "image/bmp"
    ),
    broken(
        "webp that says it has 4 GB",
        lambda: b"RIFF\xff\xff\xff\xffWEBPVP8L\xff\xff\xff\xff/\0\0\0\0",
        "image/webp",
    ),
    broken("gif without a frame", lambda: make.gif(10, 10, b""), "image/gif"),
    broken(
        "tiff whose pixels lie outside of it",
        lambda: make.tiff(make.a_grey_tiff(t273=(4, 1, 2**32 - 1))),
        "image/tiff",
    ),
)
