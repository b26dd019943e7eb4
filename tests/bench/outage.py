"""What an outage costs, for each trouble and length: ``python -m tests.bench.outage``."""

import argparse
import tempfile
from pathlib import Path

from tests.flow_builder.line import Line
from tests.flow_builder.outage import TROUBLES, Played, play
from tests.simulator.environment import SIGNING_SECRET
from tests.simulator.flow_builder.receiver import Receiver
from tests.simulator.server import run_server

COLUMNS = (
    "| trouble | hours | attempts | per hour | gaps, s | delivered | expired | dead | in order | all there after |"
)


def played(name: str, hours: float) -> Played:
    receiver = Receiver([SIGNING_SECRET])
    with run_server(receiver.app) as url, tempfile.TemporaryDirectory() as directory:
        receiver.url = url
        line = Line(Path(directory), flow_builder_trigger_url=f"{url}/trigger")
        receiver.clock = lambda: line.now
        return play(line, receiver, TROUBLES[name], hours)


def row(name: str, hours: float) -> str:
    one = played(name, hours)
    gaps = one.gaps()
    shown = ", ".join(f"{gap:.0f}" for gap in gaps[:6])
    count = {status: sum(n for (s, _), n in one.statuses.items() if s == status) for status in ("delivered", "dead")}
    expired = one.statuses.get(("not_sent", "expired"), 0)
    rate = len(one.begun) / hours
    return (
        f"| {name} | {hours:.0f} | {len(one.begun)} | {rate:.1f} | {shown} … {max(gaps):.0f} | {count['delivered']}"
        f" | {expired} | {count['dead']} | {one.in_order} | {one.came_after} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--hours", type=float, nargs="+", default=[1, 20, 72])
    parser.add_argument("--trouble", nargs="+", default=[*TROUBLES])
    asked = parser.parse_args()
    print(COLUMNS, "|---" * 10 + "|", sep="\n")
    for name in asked.trouble:
        for hours in asked.hours:
            print(row(name, hours), flush=True)


if __name__ == "__main__":
    main()
