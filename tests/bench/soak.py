"""Whether memory stays what it is: ``python -m tests.bench.soak [--ticks N]``, by hand, a quarter of an hour.

So many idle syncs, and as many looks of every sensor, in one process; in the product each sync has a process of its
own, and the sensors share one that lives for months.
"""

import argparse
import gc
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import dagster as dg
import psutil
from click.testing import CliRunner

from orchestration.cli.main import main as servicetitan_flow
from tests.simulator.environment import environment
from tests.simulator.office.history import seed_history
from tests.simulator.server import run_server
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.world import World

CUSTOMERS = 50  # per tenant
TIMES_TOLD = 10


def repeat(name: str, ticks: int, tick: Callable[[], None]) -> None:
    """Prints the process's memory on the way."""
    print(name)
    for number in range(1, ticks + 1):
        tick()
        if number % max(1, ticks // TIMES_TOLD) == 0:
            gc.collect()
            print(f"  after {number:>5}: {psutil.Process().memory_info().rss / 2**20:6.0f} MB", flush=True)


def soak(ticks: int) -> None:
    world = World()
    seed_history(world, customers=CUSTOMERS)
    simulator = ServiceTitan(world)
    with run_server(simulator.app) as url, tempfile.TemporaryDirectory() as folder:
        os.environ.update(environment(simulator, url, Path(folder), f"{url}/trigger"))
        os.environ["DAGSTER_HOME"] = f"{folder}/dagster"

        def sync() -> None:
            result = CliRunner().invoke(servicetitan_flow, ["sync"])
            assert result.exit_code == 0, result.output
            simulator.log.clear()

        sync()
        from orchestration.definitions import definitions

        sensors = definitions().sensors or []
        cursors: dict[str, str | None] = {}
        with dg.DagsterInstance.get() as instance:

            def look() -> None:
                for sensor in sensors:
                    assert isinstance(sensor, dg.SensorDefinition)
                    context = dg.build_sensor_context(instance=instance, cursor=cursors.get(sensor.name))
                    cursors[sensor.name] = sensor.evaluate_tick(context).cursor
                simulator.log.clear()

            repeat("looks of the sensors", ticks, look)
        repeat("idle syncs", ticks, sync)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ticks", type=int, default=500)
    soak(parser.parse_args().ticks)


if __name__ == "__main__":
    main()
