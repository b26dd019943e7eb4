"""Programs that run together: they start together, and when one ends, so do the others."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

Command = Sequence[Path | str]


def command(name: str, *arguments: str) -> Command:
    """A program of this environment."""
    return [Path(sys.executable).with_name(name), *arguments]


@contextmanager
def running_process(
    argv: Command, env: Mapping[str, str], output: IO[bytes] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """In a group of its own, so that Ctrl-C reaches it once, through us, with all that it started."""
    process = subprocess.Popen(argv, env=env, stdout=output, stderr=output, start_new_session=True)
    try:
        yield process
    finally:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    for stop, patience in ((signal.SIGINT, 15), (signal.SIGTERM, 5), (signal.SIGKILL, 5)):
        try:
            os.killpg(process.pid, stop)
            process.wait(patience)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue


def first_to_end(running: Mapping[str, subprocess.Popen[bytes]]) -> str | None:
    """Waits; the name of the one that ended by itself, or None on Ctrl-C."""
    try:
        while True:
            for name, process in running.items():
                if process.poll() is not None:
                    return name
            time.sleep(0.5)
    except KeyboardInterrupt:
        return None
