"""SIGKILL in the middle: a process of its own is killed while ServiceTitan works on its call, and started again."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.actions.conftest import Api
from tests.actions.test_leads import LEAD, end_of
from tests.actions.test_writes import ADA, BOOKING
from tests.actions.test_writes import LEAD as API_LEAD
from tests.simulator.clock import OffsetClock
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.world import Company, World

ROOT = Path(__file__).parents[2]
PATIENCE = 30.0  # seconds
Started = Callable[[], "Process"]


class Process:
    def __init__(self, env: dict[str, str], log: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.log = log
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [Path(sys.executable).with_name("servicetitan-flow"), "serve", "--port", str(port)],
                env=os.environ | env,
                cwd=ROOT,
                stdout=output,
                stderr=output,
            )
        self.api = Api(f"http://127.0.0.1:{port}")

    def up(self) -> "Process":
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self.process.poll() is None:
            with suppress(httpx.TransportError):
                self.api.get("/actions")
                return self
            time.sleep(0.05)
        raise AssertionError(f"the API did not start: {self.log.read_text()}")

    def end(self, how: signal.Signals = signal.SIGKILL) -> int:
        self.process.send_signal(how)
        return self.process.wait(PATIENCE)


@pytest.fixture
def world() -> World:
    """In real time, as the process is."""
    return World(clock=OffsetClock())


@pytest.fixture
def start(env: dict[str, str], tmp_path: Path) -> Iterator[Started]:
    processes: list[Process] = []

    def started() -> Process:
        processes.append(Process(env, tmp_path / "serve.log"))
        return processes[-1].up()

    yield started
    for process in processes:
        if process.process.poll() is None:
            process.end()


def killed_at(
    start: Started, simulator: ServiceTitan, path: str, method: str, send: Callable[[Api], Any] = lambda _: None
) -> None:
    """While ServiceTitan has done the work of this call and is slow to answer."""
    simulator.log.clear()
    simulator.faults.order("slow", path, method=method, seconds=2)
    process = start()
    with suppress(httpx.TransportError):
        send(process.api)
    deadline = time.monotonic() + PATIENCE
    while not any(call.status for call in simulator.log.of(path, method)):
        assert time.monotonic() < deadline, f"{method} {path} was not called"
        time.sleep(0.01)
    process.end()


def impatient(path: str, body: dict[str, Any], key: str) -> Callable[[Api], Any]:
    """Sends and does not wait for the answer."""
    return lambda api: api.post(path, json=body, headers={"idempotency-key": key}, timeout=0.3)


def test_a_customer_is_created_once_whenever_the_api_is_killed(
    start: Started, simulator: ServiceTitan, socal: Company
) -> None:
    send = impatient("/customers", ADA, "key")
    killed_at(start, simulator, "/customers", "GET", send)
    killed_at(start, simulator, "/customers", "POST", send)
    api = start().api
    created = api.write("/customers", ADA, "key")
    assert (created.status_code, created.json()["created"]) == (201, True)
    assert [customer["id"] for customer in socal.records("customers")] == [created.json()["customer"]["id"]]
    assert api.write("/customers", ADA, "key").headers["idempotent-replayed"] == "true"


def test_leads_and_bookings_are_created_once_too(start: Started, simulator: ServiceTitan, socal: Company) -> None:
    killed_at(start, simulator, "/leads", "POST", impatient("/leads", API_LEAD, "lead"))
    killed_at(start, simulator, "/bookings", "POST", impatient("/bookings", BOOKING, "booking"))
    api = start().api
    assert api.write("/leads", API_LEAD, "lead").status_code == 201
    assert api.write("/bookings", BOOKING, "booking").status_code == 201
    assert [len(socal.records(table)) for table in ("leads", "bookings")] == [1, 1]


def test_an_inbound_lead_goes_on_after_every_kill(start: Started, simulator: ServiceTitan, socal: Company) -> None:
    taken: list[httpx.Response] = []
    send = lambda api: taken.append(api.post("/webhooks/leads", json=LEAD))  # noqa: E731
    killed_at(start, simulator, "/customers", "GET", send)
    killed_at(start, simulator, "/customers", "POST")
    killed_at(start, simulator, "/leads", "POST")
    process = start()
    assert end_of(process.api, taken[0])["status"] == "done"
    assert [len(socal.records(table)) for table in ("customers", "locations", "leads")] == [1, 1, 1]
    log = process.log.read_text().lower()
    for secret in ("ada", "5552823", "555-2823", "simulator-token", "cs1.", "traceback"):
        assert secret not in log


def test_a_write_that_hangs_does_not_hold_up_the_end(start: Started, simulator: ServiceTitan, socal: Company) -> None:
    simulator.faults.order("slow", "/leads", method="POST", seconds=60)
    process = start()
    with suppress(httpx.TransportError):
        impatient("/leads", API_LEAD, "lead")(process.api)
    process.end(signal.SIGINT)
    assert start().api.write("/leads", API_LEAD, "lead").status_code == 201
    assert len(socal.records("leads")) == len(simulator.log.of("/leads", "POST")) == 1


def test_a_second_instance_on_the_same_data_is_refused(start: Started, env: dict[str, str], tmp_path: Path) -> None:
    first = start()
    second = Process(env, tmp_path / "second.log")
    assert second.process.wait(PATIENCE) == 1
    assert "another actions API serves" in second.log.read_text()
    assert first.end(signal.SIGTERM) == -signal.SIGTERM
    assert "Finished server process" in first.log.read_text()
