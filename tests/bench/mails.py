"""How many mails are wrong, and how many are missing: ``python -m tests.bench.mails [--households N] [--days D]``.

Two companies of N households each live through D days; their records are derived, enqueued and delivered by the
product, and three Flow Builders hear the same messages: a naive one, one that heeds what ends, and one that asks the
gate. Each mail is judged at its moment by the records, see `tests.simulator.flow_builder.judge`. ``--show`` prints
examples.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from tests.mails.measured import Measurement, line_in
from tests.mails.recording import Recorder, Recording, Syncs
from tests.mails.table import missing_of, table, wrong
from tests.simulator.world import START, World


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--households", type=int, default=600, help="of each of two companies")
    parser.add_argument("--days", type=int, default=120)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=0, help="so many wrong and missing ones of each manner")
    parser.add_argument("--record", type=Path, help="keeps the messages in this file")
    parser.add_argument("--replay", type=Path, help="judges the messages of this file instead of new ones")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        line = line_for(asked, Path(folder))
        measured = Measurement(line, asked.households, asked.days, asked.seed)
        measured.run(progress(measured))
        print(*table(measured, 2 * asked.households), sep="\n")
        for manner, ear in measured.ears.items():
            for verdict in wrong(ear)[: asked.show]:
                print(manner, *verdict.causes, verdict.mail, sep="; ")
            for wish in missing_of(measured, ear)[: asked.show]:
                print(manner, "missing", wish, sep="; ")


def line_for(asked: argparse.Namespace, folder: Path) -> Callable[[World], Syncs]:
    if asked.replay:
        return lambda world: Recording(world, asked.replay)
    line = line_in(folder, folder / "dbt")
    if asked.record:
        return lambda world: Recorder(line(world), asked.record)
    return line


def progress(measured: Measurement) -> Callable[[datetime], None]:
    """Says how far it is, once in ten days."""
    begun, days = time.perf_counter(), set[int]()

    def said(at: datetime) -> None:
        day = (at - START).days
        if day % 10 == 0 and day not in days:
            days.add(day)
            took = time.perf_counter() - begun
            print(f"day {day}: {measured.line.derivations} derivations, {took:.0f} s", file=sys.stderr, flush=True)

    return said


if __name__ == "__main__":
    main()
