"""`servicetitan-flow up`, as who starts it sees it: what it says, and where the rest goes."""

import os
import socket
import subprocess
from functools import partial
from pathlib import Path

from orchestration.cli.processes import command
from orchestration.cli.rotated_log import MAX_FILES, RotatedLog
from orchestration.cli.up_parts import LATE, Part, Startup, off
from pipelines.settings import Settings


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def test_a_port_that_is_taken_is_named(env: dict[str, str]) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = str(busy.getsockname()[1])
        argv = command("servicetitan-flow", "up", "--port", free_port(), "--actions-port", port)
        ended = subprocess.run(argv, env=os.environ | env, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert ended.stderr == (
        f"Error: 127.0.0.1:{port} cannot be used: Address already in use; end what listens there, or name another with"
        " --actions-port\n"
    )


def test_what_is_not_set_is_off(settings: Settings) -> None:
    nothing = settings.model_copy(update={"actions_tokens": [], "flow_builder_trigger_url": None})
    assert [line for line in off(nothing) if "alerts" not in line] == [
        "actions API: off, ACTIONS_TOKENS is not set",
        "console: off, CONSOLE_USERS is not set; `servicetitan-flow console-user NAME` prints an entry for it",
        "delivery: off, FLOW_BUILDER_TRIGGER_URL is not set",
        "lake: off, LAKE_CATALOG_URL is not set",
    ]


def test_each_part_is_told_once_and_those_that_are_late_are_named() -> None:
    now, up = 0.0, {"one"}
    parts = [Part(name, f"at {name}", partial(up.__contains__, name)) for name in ("one", "two")]
    waiting = Startup(parts, lambda: now)
    assert list(waiting.news()) == ["one: ready, at one"]
    assert list(waiting.news()) == []
    now = LATE + 1
    assert list(waiting.news()) == ["two: not ready after 120 s; the log may say why"]
    assert list(waiting.news()) == []
    up.add("two")
    assert list(waiting.news()) == ["two: ready, at two"]


def test_its_log_starts_anew_while_programs_hold_it_open(tmp_path: Path) -> None:
    path = tmp_path / "logs" / "up.log"
    with RotatedLog(path, largest=1000) as log:
        for number in range(20):
            subprocess.run(["sh", "-c", f"seq 100; echo end of {number}"], stdout=log.output, check=True)
            log.rotate()
            subprocess.run(["echo", f"after {number}"], stdout=log.output, check=True)
            log.rotate()
        assert log.last_lines(2).splitlines()[-1] == "after 19"
    files = sorted(path.parent.iterdir())
    assert len(files) == 1 + MAX_FILES
    assert all(file.stat().st_size < 2000 for file in files)
    assert path.with_name("up.log.1").read_text().startswith("after ")
    assert "\0" not in path.read_text()
