"""Ids follow from what a thing is; these values are stored everywhere and never change."""

from uuid import UUID

from contracts import identity
from contracts.errors import BusyError, LinkFailedError, RateLimitedError, RejectedError, UnavailableError
from tests.build import TENANT, a_ref, an_album_ref


def test_ids_are_pinned() -> None:
    tenant = identity.tenant_id("demo")

    assert tenant == UUID("8ee687b7-937d-5331-a809-bfc83cf12a00")
    assert identity.post_id(tenant, -100123, 7) == UUID("52a8ca73-20e1-54f3-87e1-3a4f88794a2c")
    assert identity.channel_id(tenant, -100123) == UUID("5b94ea86-7136-50fc-9a83-1a81f92d5534")


def test_workflow_ids_say_what_they_are_of() -> None:
    assert a_ref(7).workflow_id == f"post:{TENANT}:-1001234567890:7"
    assert an_album_ref(555).workflow_id == f"album:{TENANT}:-1001234567890:555"


def test_two_tenants_that_follow_one_channel_have_two_posts() -> None:
    one, other = identity.tenant_id("one"), identity.tenant_id("other")

    assert identity.post_id(one, -100123, 7) != identity.post_id(other, -100123, 7)


def test_parts_of_a_digest_do_not_run_together() -> None:
    assert identity.digest("ab", "c") != identity.digest("a", "bc")


def test_only_what_can_never_be_accepted_is_not_retried() -> None:
    assert not RejectedError.retryable
    assert all(kind.retryable for kind in (UnavailableError, RateLimitedError, BusyError, LinkFailedError))
