"""``python -m tests.states.zygote WAREHOUSE WORK_DIR``: derivations in forked children, see `tests.forks`.

Each line on standard input is a moment, and the seconds after which the derivation for it is killed.
"""

import sys
from datetime import datetime
from functools import partial
from pathlib import Path

import dbt.cli.main  # noqa: F401 (a derivation imports it late; the children need not)

from pipelines.derivation.dbt import project_manifest
from pipelines.derivation.derive import derive
from tests.forks import killed_after


def main(warehouse: Path, work_dir: Path) -> None:
    project_manifest(warehouse, work_dir)
    print("ready", flush=True)
    for line in sys.stdin:
        as_of, seconds = line.split()
        work = partial(derive, warehouse, datetime.fromisoformat(as_of), work_dir=work_dir, tests=False)
        print(*killed_after(work, float(seconds)), flush=True)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
