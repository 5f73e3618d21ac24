"""What a user may call a post or an album."""

from uuid import UUID

import pytest

from cli.errors import CommandError
from cli.subjects import Album, ChannelPicture, PostById, PostByMessage, Subject, subject_of

TENANT = UUID("8ee687b7-937d-5331-a809-bfc83cf12a00")


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (str(TENANT), PostById(TENANT)),
        (f"post:{TENANT}:-1001790001234:20", PostByMessage("-1001790001234", 20, TENANT)),
        (f"album:{TENANT}:-1001790001234:-77", Album(TENANT, -1001790001234, -77)),
        (f"album:{TENANT}:-5:-3088946752807190868", Album(TENANT, -5, -3088946752807190868)),
        (f"channel-photo:{TENANT}:-1001790001234:2", ChannelPicture(TENANT, -1001790001234, 2)),
        ("https://t.me/c/1790001234/20", PostByMessage("-1001790001234", 20)),
        ("t.me/c/1790001234/3/20?single", PostByMessage("-1001790001234", 20)),
        ("https://t.me/durov/142", PostByMessage("durov", 142)),
        ("https://t.me/s/durov/142", PostByMessage("durov", 142)),
    ],
)
def test_posts_and_albums_have_several_names(words: str, meant: Subject) -> None:
    assert subject_of(words) == meant


@pytest.mark.parametrize(
    "words",
    [
        "",
        f"album:{TENANT}:1:9999999999999999999",
        "20",
        "https://t.me/durov",
        "post:1:2:3",
        f"post:{TENANT}:-5:-3",
        f"post:{TENANT.hex}1234:-5:3",
        f"page:{TENANT}:-5:3",
        "https://example.org/c/1/2",
    ],
)
def test_anything_else_is_no_name(words: str) -> None:
    with pytest.raises(CommandError, match="is no post id"):
        subject_of(words)
