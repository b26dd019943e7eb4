"""The simulator in a process of its own: ``python -m tests.simulator.alone --customers 100``; steer it by `control`.

Once it serves, it prints one line of JSON: ``url`` and ``environment`` (the product's variables).
"""

import argparse
from pathlib import Path

from tests.simulator.clock import ManualClock, OffsetClock
from tests.simulator.environment import environment
from tests.simulator.office.history import seed_history
from tests.simulator.server import serve_until_a_signal
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.world import START, World


def main() -> None:
    parser = argparse.ArgumentParser(description="Serve the stand-in ServiceTitan until a signal, an hour at most.")
    parser.add_argument("--customers", type=int, default=0, help="with history, per tenant")
    parser.add_argument("--years", type=float, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument(
        "--real-time", action="store_true", help="the clock runs; otherwise it stands until it is moved"
    )
    parser.add_argument("--data-dir", type=Path, default=Path("data"), help="what the environment says of DATA_DIR")
    options = parser.parse_args()
    simulator = ServiceTitan(World(clock=OffsetClock() if options.real_time else ManualClock(START)))
    seed_history(simulator.world, options.customers, options.years, options.seed)

    def announced(url: str) -> dict[str, object]:
        return {"url": url, "environment": environment(simulator, url, options.data_dir)}

    serve_until_a_signal(simulator.app, options.port, announced)


if __name__ == "__main__":
    main()
