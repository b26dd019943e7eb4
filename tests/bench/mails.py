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

from tests.mails.line import Line
from tests.mails.measured import Listener, Measurement
from tests.mails.recording import Recorder, Recording, Syncs
from tests.mails.source import Source
from tests.mails.table import table, wrong
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
        measured = Measurement(listeners_for(asked, Path(folder)), asked.households, asked.days, asked.seed)
        measured.run(progress())
        print(*table(measured, 2 * asked.households), sep="\n")
        for ear in measured.ears:
            for verdict in wrong(ear)[: asked.show]:
                print(ear.manner, *verdict.causes, verdict.mail, sep="; ")
            for wish in measured.missing(ear)[: asked.show]:
                print(ear.manner, "missing", wish, sep="; ")


def listeners_for(asked: argparse.Namespace, folder: Path) -> Callable[[World], dict[str, Listener]]:
    def line(world: World) -> Syncs:
        if asked.replay:
            return Recording(asked.replay)
        product = Line(Source(world, folder, folder / "dbt"), folder)
        return Recorder(product, asked.record) if asked.record else product

    return lambda world: {"product": Listener.of(line(world))}


def progress() -> Callable[[datetime], None]:
    """Says how far it is, once in ten days."""
    begun, days = time.perf_counter(), set[int]()

    def said(at: datetime) -> None:
        day = (at - START).days
        if day % 10 == 0 and day not in days:
            days.add(day)
            took = time.perf_counter() - begun
            print(f"day {day}, after {took:.0f} s", file=sys.stderr, flush=True)

    return said


if __name__ == "__main__":
    main()
