"""The text of a message and the links in it; exports write both in three shapes."""

from collections.abc import Iterator
from typing import Any, Final

from domain.links import found_in, unique
from domain.text import storable

_LINKS: Final = ("link", "text_link")


class UnreadableError(ValueError):
    """A part of a message is not what exports write; the text of the error is the reason in the report."""


def text_of(raw: dict[str, Any]) -> str:
    """Return the text: of ``text`` (a string, or a list of strings and objects), else of ``text_entities``.

    Raises:
        UnreadableError: it is none of these.
    """
    text = flattened(raw.get("text", "")) or flattened(raw.get("text_entities", []))
    return "\n\n".join(part for part in (text, _poll(raw.get("poll"))) if part)


def links_of(raw: dict[str, Any], text: str) -> tuple[str, ...]:
    """Return the links of entities and those that stand bare in ``text``, normalised, in order, each once."""
    entities = [*_objects(raw.get("text")), *_objects(raw.get("text_entities"))]
    named = (_target(entity) for entity in entities if entity.get("type") in _LINKS)
    return unique((*(link for link in named if link), *found_in(text)))


def flattened(value: Any) -> str:
    """Return a text in any of its shapes as one storable string.

    Raises:
        UnreadableError: it has another shape.
    """
    if isinstance(value, str):
        return storable(value)
    if value is None:
        return ""
    if not isinstance(value, list):
        raise UnreadableError("bad_text")
    return "".join(_part(part) for part in value)


def _part(part: Any) -> str:
    text = part.get("text") if isinstance(part, dict) else part
    if not isinstance(text, str):
        raise UnreadableError("bad_text")
    return storable(text)


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    return (part for part in value if isinstance(part, dict)) if isinstance(value, list) else iter(())


def _target(entity: dict[str, Any]) -> str:
    """Where a link entity leads; Telegram lets people write links without a scheme."""
    target = entity.get("href") or entity.get("text")
    if not isinstance(target, str):
        return ""
    target = storable(target.strip())
    return target if "://" in target or target.startswith(("mailto:", "tel:")) else f"https://{target}"


def _poll(poll: Any) -> str:
    """The question and the answers, so that search finds them."""
    if not isinstance(poll, dict):
        return ""
    answers = (answer.get("text") for answer in _objects(poll.get("answers")))
    return "\n".join(
        [flattened(poll.get("question")), *(f"— {flattened(answer)}" for answer in answers)]
    ).strip()
