"""What the fake answers: always the same of the same, and of some use."""

import json
import random
import re
from collections.abc import Sequence
from io import BytesIO
from typing import Any, Final

from PIL import Image

from tests.servers.gigachat.state import StoredFile

_DATA: Final = re.compile(r"<<<ДАННЫЕ (\w+)>>>\n(.*)\n<<<КОНЕЦ \1>>>", re.DOTALL)
_WORD: Final = re.compile(r"[^\W\d_]{5,}")
SIZES: Final = {"Embeddings": 1024, "Embeddings-2": 1024, "EmbeddingsGigaR": 2560}


def counted(text: str) -> int:
    """Return how many tokens a text is, by the usual three to four characters."""
    return max(1, round(len(text) / 3.5))


def answer_to(asked: str, schema: dict[str, Any] | None, pictures: Sequence[StoredFile]) -> str:
    """Return the text of an answer: about pictures, about the text between the marks, by the schema, or a greeting."""
    if pictures:
        seen = [_about(number, file) for number, file in enumerate(pictures, 1)]
        return _written({"pictures": seen})
    if found := _DATA.search(asked):
        return _written({"tags": tags_of(found[2])})
    return _written(instance(schema)) if schema else "Hello."


def tags_of(text: str) -> list[str]:
    """Return the four longest words, each once, as they stand in the text."""
    words = list(dict.fromkeys(_WORD.findall(text)))
    return sorted(words, key=lambda word: (-len(word), words.index(word)))[:4]


def _about(number: int, file: StoredFile) -> dict[str, Any]:
    with Image.open(BytesIO(file.body)) as picture:
        width, height = picture.size
        red, green, blue = picture.convert("RGB").resize((1, 1)).getpixel((0, 0))  # type: ignore[misc]  # three, as said
    return {
        "picture": number,
        "classification": "photo",
        "description": f"Картинка {width}×{height}, в среднем #{red:02x}{green:02x}{blue:02x}.",
        "is_meme": False,
        "labels": ["горизонтальная" if width >= height else "вертикальная"],
        "objects": [],
        "scene": None,
        "ocr": None,
    }


def vector_of(text: str, model: str) -> list[float]:
    """Return an embedding: texts that share words are near each other."""
    size = SIZES[model]
    total = [0.0] * size
    for word in text.lower().split() or [""]:
        chance = random.Random(f"{model} {word}")
        total = [sum_ + chance.uniform(-1, 1) for sum_ in total]
    return [round(number, 6) for number in total]


def instance(schema: dict[str, Any]) -> Any:
    """Return the plainest thing that a JSON Schema allows."""
    kind = schema.get("type", "string")
    if kind == "object":
        return {name: instance(part) for name, part in schema.get("properties", {}).items()}
    plain = {"string": "ok", "integer": 3, "number": 0.5, "boolean": True, "array": [], "null": None}
    return plain[kind if isinstance(kind, str) else kind[0]]


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=4)
