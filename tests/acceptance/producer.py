"""A producer that knows the contract only: flat fields, and a post_id of its own for every entry."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import NAMESPACE_OID, UUID, uuid4, uuid5

CHANNEL: Final = -1009876543210
_FIRST: Final = datetime(2026, 2, 1, 9, 0, tzinfo=UTC)
_TOPICS: Final = ("трамвай", "библиотека", "набережная", "ярмарка", "каток")


def entry(tenant: UUID, message: int) -> dict[str, str]:
    """An entry of posts.parsed as others write it: every tenth is too short to be tagged, every fifth has a link."""
    topic = _TOPICS[message % len(_TOPICS)]
    text = (
        f"Городские новости, выпуск {message}: {topic} снова открывается для жителей после ремонта, "
        f"сообщила мэрия города. Первых посетителей ждут уже в субботу утром, вход будет свободным, "
        f"а о дальнейших работах расскажут отдельно."
    )
    urls = ["http://127.0.0.1/never"] if message % 5 == 0 else []
    return {
        "user_id": "7000001",
        "channel_id": str(uuid5(NAMESPACE_OID, f"{tenant}:{CHANNEL}")),
        "post_id": str(uuid4()),
        "tenant_id": str(tenant),
        "text": "Коротко." if message % 10 == 0 else text,
        "urls": json.dumps(urls),
        "posted_at": (_FIRST + timedelta(hours=message)).isoformat(),
        "media_sha256_list": "[]",
        "link_count": str(len(urls)),
        "tg_message_id": str(message),
        "telegram_message_id": str(message),
        "tg_channel_id": str(CHANNEL),
        "telegram_post_url": f"https://t.me/c/9876543210/{message}",
        "has_media": "False",
        "is_edited": "False",
        "views_count": "10",
        "idempotency_key": f"{tenant}:{CHANNEL}:{message}",
    }


def _without(*names: str) -> Callable[[dict[str, str]], dict[str, str]]:
    return lambda good: {name: value for name, value in good.items() if name not in names}


#: Ways to break an entry, and the code of the dead letter that follows.
DAMAGE: Final[dict[str, tuple[Callable[[dict[str, str]], dict[str, str]], str]]] = {
    "no message": (_without("tg_message_id", "telegram_message_id"), "non_retryable_validation"),
    "no date": (lambda good: {**good, "posted_at": "yesterday"}, "non_retryable_validation"),
    "nobody's": (lambda good: {**good, "tenant_id": str(uuid4())}, "unknown_tenant"),
    "half json": (lambda good: {"data": '{"post_id": '}, "not_json"),
    "newer": (lambda good: {**good, "schema_version": "v7"}, "unknown_schema"),
}
