"""Looks at the files that a list names, in a process of its own: ``python -m tests.hostile.look LIST [GIGACHAT]``.

Each line of the list are the pictures of one look: locally one, by a GigaChat at the address ten at most. A line of
JSON for each says what became of its pictures, the processor's seconds, and the most memory of the process (bytes).
"""

import asyncio
import base64
import json
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from pydantic import SecretStr

from contracts.errors import RefusedError
from contracts.sight import RawPicture
from contracts.vision import PictureFacts
from domain.vision_policy import VisionPolicy
from tests.build import an_asker
from tests.hostile.measured import forget_peak, peak

MAX_PIXELS = VisionPolicy().max_pixels
Look = Callable[[Sequence[RawPicture]], Awaitable[Sequence[object]]]


async def _by_gigachat(address: str, looks: Sequence[Sequence[tuple[str, str]]]) -> None:
    from adapters.gigachat.account import Access, Account  # noqa: PLC0415  its libraries count where they are used
    from adapters.gigachat.seeing import GigaChatSight  # noqa: PLC0415

    key = SecretStr(base64.b64encode(b"postloom:secret-of-the-fake").decode())
    account = Account(Access(f"{address}/api/v1", f"{address}/api/v2/oauth", key, "GIGACHAT_API_PERS"))
    sight = GigaChatSight(account, "GigaChat-2-Pro", MAX_PIXELS)

    async def look(pictures: Sequence[RawPicture]) -> Sequence[object]:
        return (await sight.see(pictures)).results

    try:
        await _each(looks, look)
    finally:
        await account.close()


async def _locally(looks: Sequence[Sequence[tuple[str, str]]]) -> None:
    from adapters.local_vision import LocalVision  # noqa: PLC0415  as above

    vision = LocalVision(MAX_PIXELS)

    async def look(pictures: Sequence[RawPicture]) -> Sequence[object]:
        (picture,) = pictures
        try:
            return (await vision.look(picture.body, picture.mime, an_asker()),)
        except RefusedError as refused:
            return (refused,)

    await _each(looks, look)


async def _each(looks: Sequence[Sequence[tuple[str, str]]], look: Look) -> None:
    for files in looks:
        pictures = [
            RawPicture(f"{n:064x}", Path(file).read_bytes(), mime) for n, (file, mime) in enumerate(files)
        ]
        forget_peak()
        begin = time.process_time()
        outcomes = [_outcome(result) for result in await look(pictures)]
        seconds = time.process_time() - begin
        print(json.dumps({"outcomes": outcomes, "seconds": seconds, "peak": peak()}), flush=True)


def _outcome(result: object) -> str:
    match result:
        case RefusedError():
            return f"refused: {result.reason}"
        case PictureFacts():
            return "seen" if result.provider == "gigachat" else f"seen: {result.labels[2]}"
    return f"{type(result).__name__}: {result}"


if __name__ == "__main__":
    listed, *address = sys.argv[1:]
    looks = json.loads(Path(listed).read_text(encoding="utf-8"))
    asyncio.run(_by_gigachat(address[0], looks) if address else _locally(looks))
