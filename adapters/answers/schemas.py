"""What models are asked to answer, as JSON Schema; the prompts say the same in words."""

from typing import Any, Final

_WORDS: Final = {"type": "array", "items": {"type": "string"}}
_OPTIONAL: Final = {"type": ["string", "null"]}


def _object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


TAGS: Final = _object(tags=_WORDS)

PICTURES: Final = _object(
    pictures={
        "type": "array",
        "items": _object(
            picture={"type": "integer"},
            classification={
                "type": "string",
                "enum": ["photo", "meme", "document", "screenshot", "infographic", "other"],
            },
            description={"type": "string"},
            is_meme={"type": "boolean"},
            labels=_WORDS,
            objects=_WORDS,
            scene=_OPTIONAL,
            ocr={"anyOf": [_object(text={"type": "string"}), {"type": "null"}]},
        ),
    }
)
