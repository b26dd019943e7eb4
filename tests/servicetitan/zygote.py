"""``python -m tests.servicetitan.zygote ENV_FILE``: syncs in forked children, so that a kill costs no start-up.

Each line on standard input is a number of seconds: one sync begins, and is killed when they are over. What is printed
is its exit status (a negative signal where it was killed) and the seconds that it ran.
"""

import os
import signal
import sys
import time
from datetime import UTC, datetime

import pipelines.servicetitan.load.pipeline  # noqa: F401 (a sync imports it late; the children need not)
from pipelines.servicetitan.sync import load
from pipelines.settings import Settings, load_settings
from tests.servicetitan.syncs import HASTY

PACKAGE_ROWS = 40


def main(env_file: str) -> None:
    settings = load_settings(env_file)
    print("ready", flush=True)
    for line in sys.stdin:
        print(*run(settings, float(line)), flush=True)


def run(settings: Settings, seconds: float) -> tuple[int, float]:
    begun = time.monotonic()
    child = os.fork()
    if child == 0:
        load(settings, clock=lambda: datetime.now(UTC), retry=HASTY, package_rows=PACKAGE_ROWS)
        os._exit(0)
    while time.monotonic() < begun + seconds:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status), time.monotonic() - begun
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), seconds


if __name__ == "__main__":
    main(sys.argv[1])
