"""Who is who: ids that follow from what a thing is, never drawn at random."""

import hashlib
import re
from typing import Final, Literal, NamedTuple
from uuid import UUID, uuid5

#: Never change it: every post, channel and event id follows from it.
NAMESPACE: Final = UUID("6f1f1d3c-7f3e-5c55-9a3e-0b6d1c0f7a11")

_WORKFLOW: Final = re.compile(r"(post|album|channel-photo):([0-9a-fA-F-]{36}):(-?\d{1,19}):(-?\d{1,19})")


class WorkflowName(NamedTuple):
    """What the id of a workflow says; ``number`` is the message, of an album its grouped_id."""

    kind: Literal["post", "album", "channel-photo"]
    tenant_id: UUID
    tg_channel_id: int
    number: int


def workflow_name(workflow_id: str) -> WorkflowName | None:
    """Return what a workflow's id says, None when it is no id of ours or no database can hold its numbers."""
    found = _WORKFLOW.fullmatch(workflow_id)
    try:
        kind, tenant, channel, number = found.groups() if found else ("", "", "", "")
        name = WorkflowName(kind, UUID(tenant), int(channel), int(number))  # type: ignore[arg-type]  # one of three
    except ValueError:
        return None
    fits = all(abs(part) < 1 << 63 for part in (name.tg_channel_id, name.number))
    return name if fits and (kind == "album" or name.number >= 0) else None


def post_id(tenant_id: UUID, tg_channel_id: int, message_id: int) -> UUID:
    """Return the id of a post; the same from an export, a live channel and any producer."""
    return uuid5(NAMESPACE, f"{tenant_id}:{tg_channel_id}:{message_id}")


def channel_id(tenant_id: UUID, tg_channel_id: int) -> UUID:
    """Return the id of a tenant's channel; two tenants that follow one channel have two."""
    return uuid5(NAMESPACE, f"{tenant_id}:{tg_channel_id}")


def tenant_id(name: str) -> UUID:
    """Return the id of the tenant of that name."""
    return uuid5(NAMESPACE, f"tenant:{name}")


def channel_photo_id(tenant_id: UUID, tg_channel_id: int, message_id: int) -> UUID:
    """Return the id of the picture that a channel got with a message; no post has it."""
    return uuid5(NAMESPACE, f"channel-photo:{tenant_id}:{tg_channel_id}:{message_id}")


def trace_id(*parts: object) -> str:
    """Return a W3C trace id (32 hex digits) that follows from ``parts``."""
    return digest(*parts)[:32]


def digest(*parts: object) -> str:
    """Return the sha256 (64 hex digits) of ``parts``; the separator cannot occur in a part's text."""
    return hashlib.sha256("\x1f".join(str(part) for part in parts).encode("utf-8", "replace")).hexdigest()


def post_workflow_id(tenant: UUID, tg_channel_id: int, message_id: int) -> str:
    """Return the id of a post's workflow."""
    return f"post:{tenant}:{tg_channel_id}:{message_id}"


def album_workflow_id(tenant: UUID, tg_channel_id: int, grouped_id: int) -> str:
    """Return the id of an album's workflow."""
    return f"album:{tenant}:{tg_channel_id}:{grouped_id}"


def channel_photo_workflow_id(tenant: UUID, tg_channel_id: int, message_id: int) -> str:
    """Return the id of the workflow of a channel's picture."""
    return f"channel-photo:{tenant}:{tg_channel_id}:{message_id}"


def campaign_workflow_id(tenant: UUID, campaign_id: str) -> str:
    """Return the id of a campaign's workflow."""
    return f"campaign:{tenant}:{campaign_id}"


def reconcile_workflow_id(tenant: UUID | None) -> str:
    """Return the id of the workflow that compares the archive with its stores; None stands for all tenants."""
    return f"reconcile:{tenant or 'all'}"
