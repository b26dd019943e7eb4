"""Work in forked children of a process that has imported all it needs, so that a kill costs no start-up."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Run = Callable[..., tuple[int, float]]


def killed_after(work: Callable[[], object], seconds: float) -> tuple[int, float]:
    """The exit status of a child that does the work (a negative signal where it was killed), and how long it ran."""
    begun = time.monotonic()
    child = os.fork()
    if child == 0:
        work()
        os._exit(0)
    while time.monotonic() < begun + seconds:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status), time.monotonic() - begun
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), seconds


@contextmanager
def zygote(module: str, *arguments: str) -> Iterator[Run]:
    """A program that says ``ready``, and answers each line of words with an exit status and seconds."""
    command = [sys.executable, "-m", module, *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as started:
        assert started.stdin
        assert started.stdout
        started.stdout.readline()

        def run(*words: object) -> tuple[int, float]:
            assert started.stdin
            assert started.stdout
            print(*words, file=started.stdin, flush=True)
            status, ran = started.stdout.readline().split()
            return int(status), float(ran)

        yield run
        started.stdin.close()
