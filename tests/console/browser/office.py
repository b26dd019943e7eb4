"""Two offices with years behind them and a morning's news, beside them a hostile one: synced, told and served."""

import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import orjson
import pytest
from click.testing import CliRunner
from cryptography.fernet import Fernet
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from orchestration.cli.main import main
from pipelines.flow_builder.deliver import deliver
from pipelines.operations import open_operations
from pipelines.server import Server, app
from pipelines.settings import Settings, load_settings
from tests.actions.conftest import PREFIX, READ, WRITE, served
from tests.console.browser.past import ODD, PHONE, VALLEY, hostile_past, lay_rules, news, rehearse
from tests.console.browser.texts import WHO, hostile
from tests.console.office import Runs
from tests.console.office import served as dagster
from tests.console.visitor import HASH
from tests.simulator.clock import OffsetClock
from tests.simulator.environment import ACTIONS_TOKEN, environment
from tests.simulator.office.history import seed_history
from tests.simulator.office.trades import OFFICES
from tests.simulator.server import run_server
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.world import Company, World

CUSTOMERS = 30  # per office
HOLD_ABOVE = 8
USERS = f"olivia:operator+socal+dfw:{HASH},otto:operator:{HASH},victor:viewer:{HASH},{WHO}:operator:{HASH}"
TOKEN = ACTIONS_TOKEN.partition(":")[2]
FULL = (422, '{"error": "this contact belongs to another workspace"}')


@dataclass
class FlowBuilder:
    """Takes every message, but for those of whom ``answers`` has another answer (by the customer's id)."""

    answers: dict[int, tuple[int, str]] = field(default_factory=dict)
    received: list[str] = field(default_factory=list)

    async def take(self, request: Request) -> Response:
        body = orjson.loads(await request.body())
        self.received.append(request.headers["webhook-id"])
        status, words = self.answers.get(body["data"]["customer_id"], (200, '{"ok": true}'))
        return PlainTextResponse(words, status)


@dataclass
class Office:
    """``url``: of the console; ``routes``: all paths of its pages. ``refused``: the customer of socal whose message is
    dead; ``twins``: two of socal with one phone number; ``mallory``: odd's customer;
    ``lead``: one that may be either twin's."""

    url: str
    routes: Sequence[str]
    settings: Settings
    world: World
    simulator: ServiceTitan
    flow_builder: FlowBuilder
    runs: Runs
    refused: int
    twins: tuple[int, int]
    mallory: int
    lead: str = ""

    @property
    def batch(self) -> str:
        [(batch,)] = self.ask("select distinct batch from deliveries where status = 'held'")
        return str(batch)

    def ask(self, query: str, *values: Any) -> list[Any]:
        with open_operations(self.settings.operations) as con:
            return con.execute(query, values).fetchall()

    def deliver(self) -> None:
        """In a thread: Playwright's loop runs in the test's."""
        with ThreadPoolExecutor(1) as thread:
            thread.submit(deliver, self.settings, self.world.now).result()

    def send_lead(self, **fields: Any) -> str:
        """As a web form does; its id here, once it waits for a person."""
        headers = {"authorization": f"Bearer {TOKEN}", "idempotency-key": str(uuid4())}
        lead = {"summary": "Wants a new roof", "campaign_id": 3301, "call_reason_id": 7} | fields
        with httpx.Client(base_url=self.url + PREFIX, headers=headers, trust_env=False) as api:
            answer = api.post("/webhooks/leads", json=lead)
            assert answer.is_success, answer.text
            lead_id = str(answer.json()["id"])
        for _ in range(600):
            [(status,)] = self.ask("select status from inbound_leads where id = ?", lead_id)
            if status == "needs_review":
                return lead_id
            time.sleep(0.05)
        raise AssertionError(status)


@contextmanager
def open_office(folder: Path, parsed_project: Path) -> Iterator[Office]:
    world = World(OFFICES, OffsetClock())
    journeys = seed_history(world, CUSTOMERS)
    for profile in (ODD, VALLEY):
        world.companies[profile.tenant_id] = Company(profile, world.now, world.lock)
    simulator, flow_builder, runs, data = ServiceTitan(world), FlowBuilder(), Runs(), folder / "data"
    endpoint = Starlette(routes=[Route("/trigger", flow_builder.take, methods=["POST"])])
    shutil.copytree(parsed_project, data / "dbt")
    with ExitStack() as stack:
        servers = (run_server(simulator.app), run_server(endpoint), dagster(runs))
        servicetitan, trigger, graphql = map(stack.enter_context, servers)
        known = environment(simulator, servicetitan, data, f"{trigger}/trigger")
        env = {name: value for name, value in known.items() if "__VALLEY__" not in name} | {
            "DAGSTER_HOME": str(data / "dagster"),
            "DAGSTER_URL": graphql,
            "ALERT_URLS": "json://127.0.0.1:9",
            "CONSOLE_USERS": USERS,
            "SECRETS_KEY": Fernet.generate_key().decode(),
            "FLOW_BUILDER_HOLD_ABOVE": str(HOLD_ABOVE),
        }
        settings = loaded(folder, env)
        lay_rules(settings, world)
        twins = (world["socal"].add_customer("Ruth Maple", **PHONE), world["socal"].add_customer("Owen Maple", **PHONE))
        mallory = hostile_past(world)
        sync(env)
        refused = news(world, journeys)
        world["odd"].book_job(mallory, "sales")
        flow_builder.answers = {refused: FULL, mallory: (422, hostile("answer"))}
        sync(env)
        deliver(settings, world.now)
        rehearse(settings, world, journeys)
        both = app(settings, world.now, read=READ, write=WRITE, pauses=(0.0, 0.05))
        url = stack.enter_context(served(both))
        office = Office(url, routes(both), settings, world, simulator, flow_builder, runs, refused, twins, mallory)
        office.lead = office.send_lead(tenant="socal", name="R. Maple", **PHONE)
        yield office


def routes(both: ASGIApp) -> list[str]:
    assert isinstance(both, Server)
    assert isinstance(both.console, FastAPI)
    return [
        str(one.path)
        for one in iter_route_contexts(both.console.routes)
        if isinstance(one.original_route, APIRoute) and "GET" in (one.original_route.methods or ())
    ]


def loaded(folder: Path, env: Mapping[str, str]) -> Settings:
    file = folder / ".env"
    file.write_text("".join(f"{name}={value}\n" for name, value in env.items()))
    with pytest.MonkeyPatch.context() as variables:
        for name in os.environ:
            if name.startswith(("SERVICETITAN_", "FLOW_BUILDER_", "ACTIONS_", "DATA_DIR", "SECRETS_KEY")):
                variables.delenv(name)
        return load_settings(file)


def sync(env: Mapping[str, str]) -> None:
    with pytest.MonkeyPatch.context() as variables:
        for name, value in env.items():
            variables.setenv(name, value)
        done = CliRunner().invoke(main, ["sync"])
    assert done.exit_code == 0, done.output
