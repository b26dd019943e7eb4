"""Programs that run together: they start together, and when one ends, so do the others."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

Command = Sequence[Path | str]
Process = subprocess.Popen[bytes]
PATIENCE = 20.0  # seconds, until what was asked to end is ended
LAST_WORDS = 5.0
ENDINGS = (signal.SIGINT, signal.SIGTERM)


def heed_signals() -> None:
    """A script's shell lets what it starts in the background ignore SIGINT, and Dagster handles SIGTERM as SIGINT is
    handled: nothing but SIGKILL would end it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def asked_to_end() -> Iterator[Callable[[], bool]]:
    """Whether SIGTERM or SIGINT has come; they break nothing off."""
    came: list[int] = []
    before = {each: signal.signal(each, lambda number, _frame: came.append(number)) for each in ENDINGS}
    try:
        yield lambda: bool(came)
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def command(name: str, *arguments: str) -> Command:
    """A program of this environment."""
    return [Path(sys.executable).with_name(name), *arguments]


def python_module(name: str, *arguments: str) -> Command:
    """A module of this environment, as a program."""
    return [sys.executable, "-m", name, *arguments]


@contextmanager
def running(
    commands: Mapping[str, Command],
    env: Mapping[str, str],
    output: IO[bytes] | None = None,
    patience: float = PATIENCE,
) -> Iterator[dict[str, Process]]:
    """Each in a group of its own, so that Ctrl-C reaches it once, through us, with all that it started."""
    started: dict[str, Process] = {}
    try:
        for name, argv in commands.items():
            started[name] = subprocess.Popen(argv, env=env, stdout=output, stderr=output, start_new_session=True)
        yield started
    finally:
        end(started.values(), patience)


def end(processes: Collection[Process], patience: float) -> None:
    """Another signal to us changes nothing any more."""
    before = {each: signal.signal(each, signal.SIG_IGN) for each in ENDINGS}
    for stop, seconds in ((signal.SIGTERM, patience), (signal.SIGKILL, LAST_WORDS)):
        deadline = time.monotonic() + seconds
        left = [process for process in processes if tell(process, stop)]
        while left and time.monotonic() < deadline:
            time.sleep(0.1)
            left = [process for process in left if tell(process, 0)]
    for each, handler in before.items():
        signal.signal(each, handler)


def tell(process: Process, signal_number: int) -> bool:
    """Whether anything of its group is still there; 0 only asks."""
    process.poll()  # so that it does not stay as a zombie
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal_number)
        return True
    return False


def first_to_end(processes: Mapping[str, Process], meanwhile: Callable[[], None] = lambda: None) -> str | None:
    """Waits, and does something now and then; the name of the one that ended by itself, or None on Ctrl-C."""
    try:
        while True:
            for name, process in processes.items():
                if process.poll() is not None:
                    return name
            meanwhile()
            time.sleep(0.5)
    except KeyboardInterrupt:
        return None
