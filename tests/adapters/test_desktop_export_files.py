import json
import subprocess
import sys
from datetime import UTC
from pathlib import Path

import pytest

from adapters.desktop_export.errors import ImportRefusedError
from adapters.desktop_export.model import ExportedMessage
from adapters.desktop_export.reading import DesktopExport
from tests.ingest.exports import CHAT, MARKED, a_message, an_export

_ROOT = Path(__file__).parents[2]


def test_a_chat_is_read_from_its_folder_and_from_its_file(tmp_path: Path) -> None:
    an_export(tmp_path, a_message(1), a_message(2))

    assert _ids(DesktopExport(tmp_path, UTC)) == [1, 2]
    assert _ids(DesktopExport(tmp_path / "result.json", UTC)) == [1, 2]


@pytest.mark.parametrize("wanted", [str(CHAT), str(MARKED), "Канал"])
def test_a_chat_of_an_account_is_chosen_by_id_or_name(tmp_path: Path, wanted: str) -> None:
    export = DesktopExport(_account(tmp_path), UTC)

    chat = export.chosen(wanted)

    assert (chat.tg_channel_id, chat.source) == (MARKED, "channel")
    assert [m.id for m in export.messages(chat) if isinstance(m, ExportedMessage)] == [1]


def test_several_chats_are_listed_when_none_is_chosen(tmp_path: Path) -> None:
    with pytest.raises(
        ImportRefusedError, match="choose one by its id: 1234567890 Канал; 77 Двор"
    ) as refused:
        DesktopExport(_account(tmp_path), UTC).chosen(None)

    assert refused.value.exit_status == 2


def test_groups_and_dialogs_have_their_own_ids(tmp_path: Path) -> None:
    group = an_export(tmp_path / "group", a_message(1), type="private_group", id=77)
    dialog = an_export(tmp_path / "dialog", a_message(1), type="personal_chat", id=88)

    group_chat = DesktopExport(group, UTC).chosen(None)
    dialog_chat = DesktopExport(dialog, UTC).chosen(None)

    assert (group_chat.tg_channel_id, group_chat.source, group_chat.post_url(1)) == (-77, "group", None)
    assert (dialog_chat.tg_channel_id, dialog_chat.source, dialog_chat.post_url(1)) == (88, "dm", None)


def test_a_post_of_a_channel_has_a_link_without_the_prefix(tmp_path: Path) -> None:
    chat = DesktopExport(an_export(tmp_path, a_message(1)), UTC).chosen(None)

    assert chat.post_url(5) == f"https://t.me/c/{CHAT}/5"


@pytest.mark.parametrize(
    ("body", "sentence", "status"),
    [
        ("", "is empty", 1),
        ('{"name": "x", "id": 1, "type"', "not valid JSON", 1),
        ("[1, 2]", "no Telegram Desktop export", 1),
        ('{"about": "x"}', "no messages in it", 1),
        ('{"id": 1, "type": "public_circus", "messages": []}', "unknown type", 1),
        ('{"messages": []}', "without an id", 1),
        ("[" * 1_000_000, "no Telegram Desktop export", 1),
        ('{"about": ' + "[" * 1_000_000, "nests deeper than 64", 1),
        ('{"id": ' + "1" * 200_000 + ', "type": "x", "messages": []}', "without an id", 1),
        ('{"id": 1e99999999999999999999999, "type": "x"}', "a number that cannot be read", 1),
    ],
)
def test_a_broken_export_is_refused_in_one_sentence(
    tmp_path: Path, body: str, sentence: str, status: int
) -> None:
    (tmp_path / "result.json").write_text(body)

    with pytest.raises(ImportRefusedError, match=sentence) as refused:
        DesktopExport(tmp_path, UTC).chosen(None)

    assert refused.value.exit_status == status
    assert "\n" not in refused.value.sentence


def test_a_wrong_path_is_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "html").mkdir()
    (tmp_path / "html" / "messages.html").write_text("<html>")

    for path, sentence in ((tmp_path / "none", "does not exist"), (tmp_path, "no result.json"),
                           (tmp_path / "html", "an HTML export")):  # fmt: skip
        with pytest.raises(ImportRefusedError, match=sentence) as refused:
            DesktopExport(path, UTC)
        assert refused.value.exit_status == 2


def test_deep_nesting_within_a_message_stops_with_one_sentence(tmp_path: Path) -> None:
    body = json.dumps(a_message(1))
    start = f'{{"name": "x", "type": "public_channel", "id": 5, "messages": [{body}, '
    deep = f'{start}{{"id": 2, "x": {"[" * 99_999}'
    (tmp_path / "result.json").write_text(deep)
    export = DesktopExport(tmp_path, UTC)
    messages = export.messages(export.chosen(None))

    assert getattr(next(messages), "id", None) == 1
    with pytest.raises(ImportRefusedError, match="nests deeper"):
        next(messages)


def test_a_number_of_any_length_spoils_only_its_message(tmp_path: Path) -> None:
    an_export(tmp_path, a_message(1), {**a_message(2), "id": "HUGE"}, a_message(3))
    text = (tmp_path / "result.json").read_text()
    (tmp_path / "result.json").write_text(text.replace('"HUGE"', "9" * 300_000))

    assert _ids(DesktopExport(tmp_path, UTC)) == [1, None, 3]


@pytest.mark.parametrize("padding", range(0, 70_000, 4_999))
def test_halves_of_surrogates_are_replaced_wherever_a_chunk_ends(tmp_path: Path, padding: int) -> None:
    text = "x" * padding + ("\ud83d\ude00\\\\ud83d\ud83d\n\udc00" * 3)
    export = DesktopExport(an_export(tmp_path, a_message(1, text)), UTC)

    message = next(export.messages(export.chosen(None)))

    assert isinstance(message, ExportedMessage)
    assert message.text == "x" * padding + ("😀\\\\ud83d\ufffd\n\ufffd" * 3)


def test_bytes_that_are_no_utf8_and_a_byte_order_mark_do_not_stop_reading(tmp_path: Path) -> None:
    an_export(tmp_path, a_message(1, "MARK"))
    body = (tmp_path / "result.json").read_bytes()
    (tmp_path / "result.json").write_bytes(b"\xef\xbb\xbf" + body.replace(b"MARK", b"a\xffb"))
    export = DesktopExport(tmp_path, UTC)

    message = next(export.messages(export.chosen(None)))

    assert isinstance(message, ExportedMessage)
    assert message.text == "a\ufffdb"


def test_a_large_export_is_read_in_little_memory(tmp_path: Path) -> None:
    line = json.dumps(a_message(1, "слово " * 700)).encode()
    with (tmp_path / "result.json").open("wb") as file:
        file.write(b'{"name": "x", "type": "public_channel", "id": 5, "messages": [' + line)
        while file.tell() < 200_000_000:
            file.write((b"," + line) * 100)
        file.write(b"]}")

    done = subprocess.run(
        [sys.executable, "-c", _READ_ALL, str(tmp_path)],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    count, kilobytes = map(int, done.stdout.split())
    assert count > 5000
    assert kilobytes < 300 * 1024


_READ_ALL = """
import resource, sys
from datetime import UTC
from pathlib import Path
from adapters.desktop_export.reading import DesktopExport
export = DesktopExport(Path(sys.argv[1]), UTC)
count = sum(1 for _ in export.messages(export.chosen(None)))
# ru_maxrss of a child begins with what its parent had; the kernel's own mark of this process does not
status = Path("/proc/self/status")
lines = status.read_text().splitlines() if status.exists() else []
marks = [line.split()[1] for line in lines if line.startswith("VmHWM")]
print(count, marks[0] if marks else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def _account(folder: Path) -> Path:
    channel = {"name": "Канал", "type": "public_channel", "id": CHAT, "messages": [a_message(1)]}
    group = {"name": "Двор", "type": "private_group", "id": 77, "messages": [a_message(2)]}
    account = {
        "about": "x",
        "frequent_contacts": {"list": [{"id": 1}]},
        "chats": {"about": "x", "list": [channel]},
        "left_chats": {"about": "x", "list": [group]},
    }
    (folder / "result.json").write_text(json.dumps(account))
    return folder


def _ids(export: DesktopExport) -> list[int | None]:
    return [message.id for message in export.messages(export.chosen(None))]
