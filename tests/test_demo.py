"""The demo's own small promises; the rest of it is the product and the stand-in world, tested elsewhere."""

import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from argon2 import PasswordHasher

from orchestration.cli.processes import running
from pipelines.settings.console_user import parsed
from tests.simulator.__main__ import CONSOLE_PASSWORD, fresh_folder, port, product, welcome


def test_its_folder_is_fresh_at_every_start(tmp_path: Path) -> None:
    data = fresh_folder(tmp_path / "demo")
    (data / "warehouse.duckdb").touch()
    assert not (fresh_folder(data) / "warehouse.duckdb").exists()
    assert (data / "dagster" / "dagster.yaml").exists()


def test_a_folder_that_is_not_its_own_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "operations.sqlite").touch()
    with pytest.raises(SystemExit, match="holds something that is not the demo's"):
        fresh_folder(tmp_path)
    assert (tmp_path / "operations.sqlite").exists()


def test_a_port_that_was_asked_for_is_taken_and_a_busy_usual_one_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_PORT", "3999")
    assert port("DAGSTER_PORT", 3000) == 3999
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        usual = busy.getsockname()[1]
        assert port("ACTIONS_PORT", usual) != usual


def test_what_a_script_starts_in_the_background_can_be_ended() -> None:
    asked = (
        "import signal, orchestration.cli.processes as us; us.heed_signals(); print(signal.getsignal(signal.SIGINT))"
    )
    in_the_background = ["sh", "-c", 'trap "" INT; exec "$@"', "sh", sys.executable, "-c", asked]
    assert b"default_int_handler" in subprocess.run(in_the_background, check=True, capture_output=True).stdout


def test_what_it_started_ends_with_all_that_that_started(tmp_path: Path) -> None:
    spawn = "import subprocess, time; subprocess.Popen(['sleep', '60']); print(1, flush=True); time.sleep(60)"
    with (tmp_path / "log").open("wb") as log, running({"it": [sys.executable, "-c", spawn]}, {}, log) as started:
        while not (tmp_path / "log").read_text():
            assert started["it"].poll() is None
        assert members(started["it"].pid) == 2
    assert members(started["it"].pid) == 0
    assert started["it"].returncode == -signal.SIGTERM


def members(group: int) -> int:
    def belongs(process: psutil.Process) -> bool:
        with suppress(psutil.NoSuchProcess, ProcessLookupError):
            return process.status() != psutil.STATUS_ZOMBIE and os.getpgid(process.pid) == group
        return False

    return sum(belongs(process) for process in psutil.process_iter())


def test_the_console_has_the_user_that_it_prints(tmp_path: Path) -> None:
    ports = dict.fromkeys(("DAGSTER_PORT", "ACTIONS_PORT", "SIMULATOR_PORT", "RECEIVER_PORT"), 1)
    user = parsed(product(tmp_path, ports)["CONSOLE_USERS"])
    assert user.acts
    assert PasswordHasher().verify(user.password_hash, CONSOLE_PASSWORD)
    assert f"name {user.name}, password {CONSOLE_PASSWORD}" in welcome(ports)
