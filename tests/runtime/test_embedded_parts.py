"""Ports, files and programs of the one-machine stack, without starting a server."""

import os
from pathlib import Path

from runtime.embedded.account import Account, home_for
from runtime.embedded.files import RunFolder, last_lines
from runtime.embedded.ports import PREFERRED, choose_ports
from runtime.embedded.temporal import Temporal
from runtime.embedded.temporal_binary import TemporalBinary
from runtime.processes import find_process, record_of


def test_two_servers_never_get_the_same_port() -> None:
    ports = choose_ports(dict.fromkeys(PREFERRED, 20_500))

    assert len(set(ports.values())) == len(PREFERRED)


def test_ports_and_servers_are_remembered(tmp_path: Path) -> None:
    record = record_of("us", os.getpid(), 15)
    assert record is not None

    RunFolder(tmp_path).remember_ports({"redis": 1})
    RunFolder(tmp_path).remember_servers((record,))

    assert RunFolder(tmp_path).ports() == {"redis": 1}
    assert RunFolder(tmp_path).servers() == (record,)


def test_another_process_with_the_same_number_is_not_taken_for_ours() -> None:
    record = record_of("us", os.getpid(), 15)
    assert record is not None

    assert find_process(record) is not None
    assert find_process(record.model_copy(update={"created": record.created - 60})) is None


def test_an_error_message_quotes_the_end_of_the_log(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    log.write_text("one\ntwo\n\nthree\nfour\n")

    assert last_lines(log) == "two / three / four"
    assert last_lines(tmp_path / "none.log") == "no output"


def test_a_new_server_version_is_noticed(tmp_path: Path) -> None:
    temporal = Temporal(tmp_path, dict(PREFERRED), "default")
    binary = TemporalBinary(path=Path("temporal"), server_version="1.29.1")
    assert not temporal.is_new_version(binary)

    (tmp_path / "temporal").mkdir()
    (tmp_path / "temporal" / "1.28.0.made").touch()

    assert temporal.is_new_version(binary)


def test_postgres_stays_in_the_data_folder_when_its_user_can_get_there(tmp_path: Path) -> None:
    assert home_for(tmp_path, Account()) == tmp_path / "postgres"


def test_postgres_stays_where_it_was_moved_to(tmp_path: Path) -> None:
    (tmp_path / "postgres.moved").write_text(f"{tmp_path / 'outside'}\n")

    assert home_for(tmp_path, Account()) == tmp_path / "outside"
