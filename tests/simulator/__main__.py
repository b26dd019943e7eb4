"""The demo: the stand-in world, the actions API and Dagster's UI together, on fresh data."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from random import Random

from argon2 import PasswordHasher
from cryptography.fernet import Fernet

from orchestration.cli.processes import LAST_WORDS, PATIENCE, command, first_to_end, heed_signals, running
from tests.simulator.clock import OffsetClock
from tests.simulator.environment import ACTIONS_TOKEN, SIGNING_SECRET, environment
from tests.simulator.flow_builder.api import ActionsApi
from tests.simulator.flow_builder.contacts import Contact
from tests.simulator.flow_builder.inbox import gate_at
from tests.simulator.flow_builder.pages import studio_routes
from tests.simulator.flow_builder.receiver import Receiver
from tests.simulator.flow_builder.studio import Places, Studio
from tests.simulator.office.going_on import live_stories
from tests.simulator.office.history import live, seed_history
from tests.simulator.office.trades import DFW_OFFICE, OFFICES
from tests.simulator.server import run_server
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.world import World

PORTS = {"DAGSTER_PORT": 3000, "ACTIONS_PORT": 8400, "SIMULATOR_PORT": 8401, "RECEIVER_PORT": 8402}
CUSTOMERS = 150  # per tenant
CONSOLE_USER, CONSOLE_PASSWORD = "demo", "demo-console"
TEST_CUSTOMER, TEST_EMAIL = "Tina Test", "tina.tour@mail.example.net"
# Whoever tries the console connects it.
DENVER = replace(DFW_OFFICE, tenant_id=2093847561, name="denver", first_id=52_000_000_001)
ROOT = Path(__file__).parents[2]
MARK = ".demo"  # a folder with this file is the demo's own, and may be emptied


def main() -> None:
    heed_signals()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    ports = {name: port(name, usual) for name, usual in PORTS.items()}
    data = fresh_folder(Path(os.environ.get("DATA_DIR", ROOT / "data" / "demo")).absolute())
    with ExitStack() as stack:
        world = World([*OFFICES, DENVER], OffsetClock())
        journeys = seed_history(world, customers=CUSTOMERS)
        simulator = ServiceTitan(world)
        studio = flow_builder(world, ports)
        shell = {"studio": studio}
        receiver = Receiver([SIGNING_SECRET], None, studio, studio_routes(studio), shell)
        url = stack.enter_context(run_server(simulator.app, ports["SIMULATOR_PORT"]))
        trigger = stack.enter_context(run_server(receiver.app, ports["RECEIVER_PORT"]))
        connected = environment(simulator, url, data, f"{trigger}/trigger", without=DENVER.name)
        env = os.environ | connected | product(data, ports)
        addresses = ("--port", str(ports["DAGSTER_PORT"]), "--actions-port", str(ports["ACTIONS_PORT"]))
        print(f"two tenants, {2 * CUSTOMERS} customers; the first sync takes their history in, and sends nothing")
        subprocess.run(command("servicetitan-flow", "sync"), env=env, check=True)
        up = {"up": command("servicetitan-flow", "up", *addresses)}
        started = stack.enter_context(running(up, env, patience=PATIENCE + 2 * LAST_WORDS))
        random, lives = Random(1), in_turn(live(world, journeys), live_stories(world))
        stack.enter_context(again_and_again("life", lambda: next(lives), lambda: random.uniform(1, 2)))
        stack.enter_context(again_and_again("mails", studio.collect, lambda: 1))
        print(welcome(ports), flush=True)
        if first_to_end(started):
            raise SystemExit("the product ended by itself; what it said stands above")
        print("\nending", flush=True)


def port(name: str, usual: int) -> int:
    """The one that was asked for; else the usual one, or any that is free."""
    if name in os.environ:
        return int(os.environ[name])
    for candidate in (usual, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", candidate))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise SystemExit(f"no port is free for {name}")


def fresh_folder(data: Path) -> Path:
    if data.exists() and any(data.iterdir()) and not (data / MARK).exists():
        raise SystemExit(f"DATA_DIR: {data} holds something that is not the demo's; name an empty folder")
    shutil.rmtree(data, ignore_errors=True)
    (data / "dagster").mkdir(parents=True)
    shutil.copy(ROOT / "orchestration" / "dagster.yaml", data / "dagster")
    (data / MARK).touch()
    return data


def flow_builder(world: World, ports: Mapping[str, int]) -> Studio:
    """With a contact who is a customer of socal; whoever takes the tour links the two."""
    actions, token = local(ports["ACTIONS_PORT"]), ACTIONS_TOKEN.partition(":")[2]
    places = Places(f"{actions}/console", local(ports["DAGSTER_PORT"]), local(ports["SIMULATOR_PORT"]))
    studio = Studio(ActionsApi(actions, token), gate_at(actions, token), [one.name for one in OFFICES], places)
    studio.contacts.add(Contact(TEST_CUSTOMER, TEST_EMAIL))
    world["socal"].add_customer(TEST_CUSTOMER, email=TEST_EMAIL)
    return studio


def local(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def product(data: Path, ports: Mapping[str, int]) -> dict[str, str]:
    return {
        "DAGSTER_HOME": str(data / "dagster"),
        "DAGSTER_URL": f"http://127.0.0.1:{ports['DAGSTER_PORT']}",
        "CONSOLE_USERS": f"{CONSOLE_USER}:operator:{PasswordHasher().hash(CONSOLE_PASSWORD)}",
        "SECRETS_KEY": Fernet.generate_key().decode(),
        "SYNC_CRON": "* * * * *",
        "PYTHONUNBUFFERED": "1",
    }


def in_turn(*steps: Iterator[str]) -> Iterator[str]:
    for one in cycle(steps):
        yield next(one)


@contextmanager
def again_and_again(name: str, act: Callable[[], object], pause: Callable[[], float]) -> Iterator[None]:
    """Some customer takes a step every second or two; the mails that are due leave."""
    over = threading.Event()

    def run() -> None:
        while not over.wait(pause()):
            act()

    thread = threading.Thread(target=run, daemon=True, name=name)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(5)


def welcome(ports: Mapping[str, int]) -> str:
    flow_builder = local(ports["RECEIVER_PORT"])
    further = {
        "what Flow Builder received": flow_builder,
        "what customers get": f"{flow_builder}/mails",
        "console": f"{local(ports['ACTIONS_PORT'])}/console  (name {CONSOLE_USER}, password {CONSOLE_PASSWORD})",
        "Dagster": local(ports["DAGSTER_PORT"]),
        "actions API": f"{local(ports['ACTIONS_PORT'])}/docs",
        "ServiceTitan": local(ports["SIMULATOR_PORT"]),
    }
    return "\n".join(
        [
            "",
            f"  Begin here, the whole story in two minutes:  {flow_builder}/tour",
            "",
            *(f"  {name:<27} {address}" for name, address in further.items()),
            "",
            "  Dagster needs half a minute to start; then a change is posted within a minute. Ctrl-C ends everything.",
        ]
    )


if __name__ == "__main__":
    main()
