"""What the README tells Flow Builder's developer, run as it stands: real messages, a real gate."""

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pipelines.actions.app import app
from pipelines.flow_builder import switches
from pipelines.flow_builder.dispatcher import Delivered
from pipelines.tenants import directory
from tests.actions.conftest import PREFIX, served
from tests.flow_builder.household import Household
from tests.flow_builder.line import VALIDATOR, Line
from tests.flow_builder.stored import Stored
from tests.simulator.environment import SIGNING_SECRET
from tests.simulator.server import run_server

README = (Path(__file__).parents[2] / "README.md").read_text()
DAY = timedelta(days=1)


def block(language: str, holding: str) -> str:
    found = re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
    return next(str(one) for one in found if holding in one)


@contextmanager
def receiving(flows: Any) -> Iterator[str]:
    """Flow Builder's door, with the example behind it."""

    async def take(request: Request) -> Response:
        try:
            flows.receive(await request.body(), dict(request.headers))
        except WebhookVerificationError:
            return Response(status_code=401)
        return Response()

    with run_server(Starlette(routes=[Route("/trigger", take, methods=["POST"])])) as url:
        yield f"{url}/trigger"


@pytest.fixture
def line(line: Line) -> Line:
    """Its clock begins with the machine's, to which signed times are held."""
    line.configure(actions_tokens="flow-builder:token:ro")
    line.now = datetime.now(UTC)
    return line


def test_the_example_stops_what_has_ended_starts_nothing_twice_and_asks_before_each_mail(
    line: Line, tmp_path: Path
) -> None:
    example: dict[str, Any] = {}
    exec(block("python", "class Flows"), example)
    with served(app(line.settings, lambda: line.now)) as api:
        flows = example["Flows"](tmp_path / "flows.sqlite", SIGNING_SECRET, api + PREFIX, "token")
        with closing(flows.store), flows.gate, receiving(flows) as trigger_url:
            line.configure(flow_builder_trigger_url=trigger_url)
            goes_as_it_should(line, flows)


def goes_as_it_should(line: Line, flows: Any) -> None:
    def running() -> list[str]:
        return [flow_name for (flow_name,) in flows.store.execute("select flow_name from runs order by flow_name")]

    def told() -> None:
        line.sync(after=timedelta(seconds=1))
        assert line.deliver() == Delivered(delivered=1)

    lead = line.marts.enters(1.0, occurred_at=line.now, job_id=None, event_id="lead:1:created")
    told()
    assert running() == ["Email Followup"]
    assert flows.facts_for_mail(lead)["to_state_name"] == "Lead"

    line.ask("update deliveries set status = 'pending'")  # as after a crash between post and note
    flows.store.execute("delete from runs")  # by the end of the flow
    assert line.deliver() == Delivered(delivered=1)
    assert running() == [], "a repeat starts nothing"

    line.marts.job(5552)
    line.marts.appointment(777, line.now + 2 * DAY, job_id=5552)
    booked = line.marts.enters(2.0, occurred_at=line.now, job_id=5552)
    flows.store.execute("insert into runs values (?, 'Email Followup')", [lead])
    told()
    assert running() == ["What to Expect"], "the message ended the run before"
    assert flows.facts_for_mail(lead) is None

    socal = directory.all(line.settings)
    switches.turn(line.settings.operations, socal, "pause", reason="a trial", by="ada", now=line.now)
    assert flows.facts_for_mail(booked) is None
    assert running() == ["What to Expect"], "to be asked again"
    switches.turn(line.settings.operations, socal, "resume", reason="a trial", by="ada", now=line.now)
    assert flows.facts_for_mail(booked)["appointment"]["id"] == 777

    line.marts.edit("appointments", 777, status="Canceled")
    line.sync(after=timedelta(seconds=1))
    assert flows.facts_for_mail(booked) is None
    assert running() == [], "the visit is called off"


def test_what_is_forged_is_not_taken(line: Line, tmp_path: Path) -> None:
    example: dict[str, Any] = {}
    exec(block("python", "class Flows"), example)
    forger = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
    flows = example["Flows"](tmp_path / "flows.sqlite", forger, "http://127.0.0.1:1", "token")
    with closing(flows.store), flows.gate, receiving(flows) as trigger_url:
        line.configure(flow_builder_trigger_url=trigger_url)
        line.marts.enters(1.0, occurred_at=line.now, job_id=None)
        line.sync(after=timedelta(seconds=1))
        line.deliver()
        assert flows.store.execute("select count(*) from seen").fetchone() == (0,)


@pytest.fixture
def flows(tmp_path: Path) -> Iterator[Any]:
    """The example, with no gate to ask."""
    example: dict[str, Any] = {}
    exec(block("python", "class Flows"), example)
    flows = example["Flows"](tmp_path / "flows.sqlite", SIGNING_SECRET, "http://127.0.0.1:1", "token")
    with closing(flows.store), flows.gate:
        yield flows


def take(flows: Any, webhook_id: str, message: dict[str, Any]) -> None:
    body, now = json.dumps(message), datetime.now(UTC)
    signature = Webhook(SIGNING_SECRET).sign(webhook_id, now, body)
    stamp = str(int(now.timestamp()))
    flows.receive(body, {"webhook-id": webhook_id, "webhook-timestamp": stamp, "webhook-signature": signature})


def test_the_example_takes_the_messages_of_many_customers_at_once(flows: Any) -> None:
    shown = json.loads(block("json", "servicetitan.customer_state.changed"))

    def told(number: int) -> None:
        data = shown["data"] | {"transition_id": f"t{number}", "ends": [{"transition_id": f"e{number}"}]}
        take(flows, f"t{number}", shown | {"data": data})

    with ThreadPoolExecutor(8) as customers:
        list(customers.map(told, range(200)))
    assert flows.store.execute("select count(*) from runs").fetchone() == (200,)
    assert flows.store.execute("select count(*) from seen").fetchone() == (200,)


def test_the_example_starts_nothing_for_a_test_or_for_a_type_that_it_does_not_know(flows: Any) -> None:
    shown = json.loads(block("json", "servicetitan.customer_state.changed"))
    take(flows, "a", shown | {"data": shown["data"] | {"test": True}})
    take(flows, "b", {"type": "servicetitan.weather.changed", "timestamp": shown["timestamp"], "data": {}})
    assert flows.store.execute("select count(*) from runs").fetchone() == (0,)


def test_the_message_in_the_readme_has_the_form_of_a_real_one(tmp_path: Path) -> None:
    shown = json.loads(block("json", "servicetitan.customer_state.changed"))
    assert VALIDATOR.is_valid(shown), [*VALIDATOR.iter_errors(shown)]
    home = Household()
    stored = Stored(tmp_path, home)
    facts = {"job_number": "1", "estimate_id": None, "location_name": "Home"}
    booked = home.books(1, 3 * DAY, **facts)
    stored.go_on()
    answer = stored.ask(booked)
    assert answer is not None
    assert answer.data is not None

    def form(part: Any) -> Any:
        return {name: form(value) for name, value in part.items()} if isinstance(part, dict) else None

    assert form(answer.data) == form(shown["data"])
