"""Edits and deletions in every shape that producers write them."""

import pytest
from pydantic import TypeAdapter, ValidationError

from contracts.changes import PostDeletion, PostEdited, Version
from contracts.encoding import decode
from contracts.events import PostParsed
from tests.build import LONG, MOMENT, a_ref, an_edit, an_event

OLDEST_EDIT = {
    "post_id": str(a_ref().post_id),
    "channel_id": str(a_ref().channel_id),
    "telegram_message_id": "7",
    "is_edited": "True",
    "edited_at": MOMENT.isoformat(),
    "content": LONG,
}
OLDEST_DELETION = {
    "post_id": str(a_ref().post_id),
    "channel_id": str(a_ref().channel_id),
    "telegram_message_id": "7",
    "is_deleted": "True",
    "deleted_at": MOMENT.isoformat(),
}


def test_the_oldest_flat_edit_is_read() -> None:
    edit = PostEdited.model_validate({**decode(OLDEST_EDIT), "occurred_at": MOMENT})

    assert (edit.text, edit.edited_at, edit.urls, edit.tenant_id) == (LONG, MOMENT, None, None)


def test_a_text_that_is_the_word_none_is_a_text() -> None:
    assert PostEdited.model_validate(decode({**OLDEST_EDIT, "content": "None"})).text == "None"


def test_the_oldest_flat_deletion_is_read_and_has_no_tenant_called_default() -> None:
    deletion = PostDeletion.model_validate(decode({**OLDEST_DELETION, "tenant_id": "default"}))

    assert (deletion.telegram_message_id, deletion.tenant_id, deletion.reason) == (7, None, "user")


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [({"telegram_message_id", "post_id"}, "post_id is needed"), ({"is_deleted"}, "nothing was deleted")],
)
def test_a_deletion_that_names_nothing_or_denies_itself_is_refused(missing: set[str], sentence: str) -> None:
    fields = {name: value for name, value in OLDEST_DELETION.items() if name not in missing}
    if "is_deleted" in missing:
        fields["is_deleted"] = "False"

    with pytest.raises(ValidationError, match=sentence):
        PostDeletion.model_validate({**decode(fields), "occurred_at": MOMENT})


@pytest.mark.parametrize("version", [an_event(), an_edit()], ids=["parsed", "edited"])
def test_a_version_comes_back_from_a_payload_as_what_it_was(version: PostParsed | PostEdited) -> None:
    adapter: TypeAdapter[Version] = TypeAdapter(Version)

    assert adapter.validate_json(version.model_dump_json()) == version
