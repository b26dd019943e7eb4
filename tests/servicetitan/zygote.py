"""``python -m tests.servicetitan.zygote ENV_FILE``: syncs in forked children, so that a kill costs no start-up.

Each line on standard input is a number of seconds: one sync begins, and is killed when they are over. What is printed
is its exit status (a negative signal where it was killed) and the seconds that it ran.
"""

import sys
from datetime import UTC, datetime
from functools import partial

import pipelines.servicetitan.load.pipeline  # noqa: F401 (a sync imports it late; the children need not)
from pipelines.servicetitan.sync import load
from pipelines.settings import load_settings
from tests.forks import killed_after
from tests.servicetitan.syncs import HASTY

PACKAGE_ROWS = 40


def main(env_file: str) -> None:
    settings = load_settings(env_file)
    print("ready", flush=True)
    sync = partial(load, settings, clock=lambda: datetime.now(UTC), retry=HASTY, package_rows=PACKAGE_ROWS)
    for line in sys.stdin:
        print(*killed_after(sync, float(line)), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
