"""What cannot be written is said before anything is asked, and two never write to one place."""

import os
import signal
from pathlib import Path

import pytest

from helpers.audit.workplace import LOCK, check_file, check_writable, workplace


def test_a_file_where_the_folder_should_be_is_refused(tmp_path):
    (tmp_path / "out").write_text("")
    with (
        pytest.raises(ValueError, match=r"cannot write to .*out: File exists; choose another --output"),
        workplace(tmp_path / "out"),
    ):
        pass
    with pytest.raises(ValueError, match=r"cannot write to .*: Not a directory"):
        check_writable(tmp_path / "out" / "below")


def test_a_folder_that_nothing_can_be_written_to_is_refused():
    with pytest.raises(ValueError, match="cannot write to"):
        check_writable(Path("/proc/audit"))


def test_a_folder_where_a_file_should_be_is_refused(tmp_path):
    with pytest.raises(ValueError, match="is a folder; --output wants the name of a file"):
        check_file(tmp_path)


def test_nothing_is_left_where_nothing_was_written(tmp_path):
    with workplace(tmp_path / "a" / "b"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_what_was_written_stays_and_the_lock_does_not(tmp_path):
    with workplace(tmp_path / "a"):
        (tmp_path / "a" / "report").write_text("1")
    assert [p.name for p in (tmp_path / "a").iterdir()] == ["report"]


def test_a_second_writer_is_refused(tmp_path):
    with workplace(tmp_path), pytest.raises(ValueError, match="another audit is writing to"), workplace(tmp_path):
        pass


def test_a_writer_that_was_killed_is_not_in_the_way(tmp_path):
    child = os.fork()
    if child == 0:
        with workplace(tmp_path):
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    assert (tmp_path / LOCK).exists()
    with workplace(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []
