"""The way through every state, with everything real but the outside world: ServiceTitan's stand-in, the
commands that an operator runs, the warehouse, the outbox, and a receiver that verifies what it gets."""

from collections.abc import Callable
from datetime import timedelta
from itertools import zip_longest
from typing import Any

import duckdb
import jsonschema
import orjson
import pytest
from click.testing import CliRunner, Result

from orchestration.cli.main import main
from pipelines.flow_builder import event
from pipelines.settings import Settings
from tests.simulator.clock import OffsetClock
from tests.simulator.flow_builder.receiver import Receiver
from tests.simulator.world import Company, World

Run = Callable[..., Result]
Step = tuple[float, Callable[[], Any]]


@pytest.fixture
def world() -> World:
    """In real time, so that what happens is fresh."""
    return World(clock=OffsetClock())


@pytest.fixture
def run(env: dict[str, str], settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Run:
    """One command of ``servicetitan-flow``; its exit status must be 0."""
    monkeypatch.setenv("DAGSTER_HOME", str(settings.data_dir / "dagster"))
    for name, value in env.items():
        monkeypatch.setenv(name, value)

    def invoke(*arguments: str) -> Result:
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == 0, result.output
        return result

    return invoke


def steps(socal: Company, customer: int) -> list[Step]:
    """What happens at the company, and the state that it must lead to."""
    made: dict[str, int] = {}

    def remember(name: str, verb: Callable[..., int], *arguments: Any, **fields: Any) -> Callable[[], None]:
        return lambda: made.update({name: verb(*arguments, **fields)})

    return [
        (1.0, lambda: socal.add_lead(customer)),
        (2.0, remember("visit", socal.book_job, customer, "sales")),
        (2.5, lambda: socal.cancel_job(made["visit"])),
        (2.0, remember("visit", socal.book_job, customer, "sales")),
        (3.0, lambda: made.update(estimate=socal.create_estimate(job_id=made["visit"]))),
        (4.0, lambda: socal.sell(made["estimate"])),
        (5.0, remember("install", socal.book_job, customer, "install")),
        (5.5, lambda: socal.cancel_job(made["install"])),
        (5.0, remember("install", socal.book_job, customer, "install")),
        (6.0, lambda: socal.complete_job(made["install"])),
    ]


@pytest.mark.parametrize("starts", [pytest.param((0,), marks=pytest.mark.prove), (0, 3, 5, 8)], ids=str)
def test_flow_builder_hears_once_of_each_change_on_the_way_through_every_state(
    world: World, settings: Settings, receiver: Receiver, run: Run, starts: tuple[int, ...]
) -> None:
    """One customer goes the whole way; or several share it, each from where the last sync before finds them."""
    customers = [world["socal"].add_customer("Ada Moss") for _ in starts]
    ways = [steps(world["socal"], customer) for customer in customers]
    for way, start in zip(ways, starts, strict=True):
        for _, happens in way[:start]:
            happens()
    first = run("sync").output
    assert "0 sent" in first
    assert "baseline taken" in first
    parts = [way[start:end] for way, start, end in zip(ways, starts, (*starts[1:], None), strict=True)]
    with duckdb.connect(settings.analytics, read_only=True) as analyst:
        opened = states(analyst)
        for together in zip_longest(*parts):
            for _, happens in filter(None, together):
                happens()
            assert "baseline" not in run("sync").output
            run("deliver")
        run("sync", "--as-of", (world.now() + timedelta(hours=3)).isoformat())
        run("deliver")
        later = world.now() + timedelta(days=90, hours=1)
        run("sync", "--as-of", later.isoformat())
        run("deliver")
        assert states(analyst) == opened, "the analyst keeps the copy that was opened"

    told = [one.body["data"] for one in receiver.received]
    assert all(one.verified for one in receiver.received)
    for customer, way, start, part in zip(customers, ways, starts, parts, strict=True):
        of_this = [data for data in told if data["customer_id"] == customer]
        led = [state for state, _ in part]
        assert [data["to_state"] for data in of_this] == [*led, 0.0]
        assert [data["from_state"] for data in of_this] == [way[start - 1][0] if start else 0.0, *led]
        assert of_this[-1]["flow_name"] is None
    assert len({data["transition_id"] for data in told}) == len(told)
    assert {data["to_state"] for data in told if data["superseded"]} <= {2.5, 3.0, 5.5}, "what had not settled yet"
    booked = next(data for data in told if data["to_state"] == 2.0)
    assert booked["flow_name"] == "What to Expect"
    assert booked["customer"]["name"] == "Ada Moss"
    for one in receiver.received:
        jsonschema.validate(one.body, event.schema())

    with duckdb.connect(settings.analytics, read_only=True) as analyst:
        assert states(analyst) == [(0.0, "Contact Record")] * len(starts)
    told = [data for data in told if data["customer_id"] == customers[0]]
    shown = orjson.loads(run("customer", "socal", str(customers[0]), "--json").output)
    assert [one["status"] for one in shown["deliveries"]] == ["delivered"] * len(told)
    assert [one["position"] for one in shown["transitions"]] == [*range(1, len(told) + 1)]
    with duckdb.connect(settings.analytics) as con:
        con.execute("alter table marts.customer_state_transitions drop column position")
        con.execute("alter table marts.customer_events drop column position")
    older = orjson.loads(run("customer", "socal", str(customers[0]), "--json").output)
    assert older["transitions"] == [one | {"position": None} for one in shown["transitions"]], "of an earlier release"


def states(analyst: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
    query = "select current_state::double, current_state_name from marts.customer_servicetitan_state"
    return analyst.execute(query).fetchall()
